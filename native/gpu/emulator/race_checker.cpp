// Per-byte shadow with epochs. An access is ordered after an earlier one of the same launch when: same thread; same block and
// a barrier between; same wave and a wave_sync between; or another block whose release (fence, atomic) this thread acquired
// (atomic, fence; a barrier passes it on to the block). Keeps the last write and two readers of each byte.
#include "gpu/emulator/race_checker.h"

#include <dlfcn.h>
#include <sys/mman.h>

#include <map>
#include <vector>

#include "gpu/emulator/device.h"

namespace emulator::race {
namespace {
struct Access {
  uint64_t time;
  uint32_t launch, block, block_epoch, wave_epoch;
  uint16_t thread;
  uint8_t atomic, set;
};
struct Cell {
  Access write, reads[2];
};
struct Release {
  uint32_t block_epoch = 0;
  std::map<uint16_t, uint64_t> threads;
};
using Knowledge = std::map<uint32_t, Release>;  // what one thread, block or atomic has seen of other blocks
struct BlockState {
  uint32_t epoch = 0;
  std::vector<uint32_t> wave_epochs;
  Knowledge known;
  std::map<uint16_t, Knowledge> own, pending, fenced;
};
struct Region {
  Cell* shadow;
  size_t bytes;
  bool lds;
};
std::map<uintptr_t, Region> regions;
std::map<uint32_t, BlockState> blocks;
std::map<void*, Knowledge> releases;
uint64_t now = 1;
uint32_t launch_number;
bool in_kernel;
int report_count;
void* site;

void merge(Knowledge& into, const Knowledge& from) {
  for (auto& [block, release] : from) {
    Release& target = into[block];
    if (release.block_epoch > target.block_epoch) target.block_epoch = release.block_epoch;
    for (auto& [thread, time] : release.threads)
      if (time > target.threads[thread]) target.threads[thread] = time;
  }
}
bool seen(const Knowledge& knowledge, const Access& access) {
  const auto block = knowledge.find(access.block);
  if (block == knowledge.end()) return false;
  if (access.block_epoch < block->second.block_epoch) return true;
  const auto thread = block->second.threads.find(access.thread);
  return thread != block->second.threads.end() && access.time <= thread->second;
}
uint32_t block_id() { return ids->block.x + ids->grid_size.x * (ids->block.y + ids->grid_size.y * ids->block.z); }
uint16_t thread_id() { return static_cast<uint16_t>(ids->wave * GX_EMULATOR_WAVE + ids->lane); }

void report(const char* what, uintptr_t address, const Access& earlier, const Access& later) {
  if (report_count++ >= 5) return;
  Dl_info info{};
  const bool named = dladdr(site, &info) != 0;
  std::fprintf(stderr, "emulator: race: %s at %p: block %u thread %u after block %u thread %u, nothing orders them (%s+%#zx)\n", what,
               reinterpret_cast<void*>(address), later.block, later.thread, earlier.block, earlier.thread, named ? info.dli_fname : "?",
               named ? static_cast<size_t>(static_cast<char*>(site) - static_cast<char*>(info.dli_fbase)) : 0);
}

void access(void* pointer, size_t bytes, bool write, bool atomic) {
  if (!in_kernel || !ids) return;
  const auto address = reinterpret_cast<uintptr_t>(pointer);
  auto region = regions.upper_bound(address);
  if (region == regions.begin()) return;
  --region;
  if (address >= region->first + region->second.bytes) return;
  Cell* cell = region->second.shadow + (address - region->first);
  BlockState& block = blocks[block_id()];
  if (block.wave_epochs.size() <= static_cast<size_t>(ids->wave)) block.wave_epochs.resize(ids->wave + 1);
  const Access current{now++, launch_number, block_id(), block.epoch, block.wave_epochs[ids->wave], thread_id(), atomic, 1};
  const bool lds = region->second.lds;
  const auto ordered = [&](const Access& a) {
    if (!a.set || a.launch != launch_number || (lds && a.block != current.block)) return true;
    if (a.atomic && atomic) return true;
    if (a.block == current.block)
      return a.thread == current.thread || a.block_epoch < current.block_epoch ||
             (a.thread / GX_EMULATOR_WAVE == current.thread / GX_EMULATOR_WAVE && a.wave_epoch < current.wave_epoch);
    if (seen(block.known, a)) return true;
    const auto own = block.own.find(current.thread);
    return own != block.own.end() && seen(own->second, a);
  };
  for (size_t i = 0; i < bytes && address + i < region->first + region->second.bytes; i++, cell++) {
    if (!ordered(cell->write)) return report(write ? "write after write" : "read after write", address + i, cell->write, current);
    if (write) {
      for (const Access& read : cell->reads)
        if (!ordered(read)) return report("write after read", address + i, read, current);
      cell->write = current;
      cell->reads[0].set = cell->reads[1].set = 0;
    } else {
      Access& first = cell->reads[0];
      const bool replace = !first.set || first.launch != launch_number || first.thread == current.thread || first.block_epoch < current.block_epoch;
      (replace ? first : cell->reads[1]) = current;
    }
  }
}
__attribute__((destructor)) void at_exit() {
  if (report_count) {
    std::fprintf(stderr, "emulator: %d race reports\n", report_count);
    _Exit(66);
  }
}
}  // namespace

void region(void* pointer, size_t bytes, bool lds) {
  const auto old = regions.find(reinterpret_cast<uintptr_t>(pointer));
  if (old != regions.end()) {
    munmap(old->second.shadow, old->second.bytes * sizeof(Cell));
    regions.erase(old);
  }
  if (!bytes) return;
  void* shadow = mmap(nullptr, bytes * sizeof(Cell), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  regions[reinterpret_cast<uintptr_t>(pointer)] = {static_cast<Cell*>(shadow), bytes, lds};
}
void launch_begins() {
  launch_number++;
  blocks.clear();
  releases.clear();
  in_kernel = true;
}
void launch_ends() { in_kernel = false; }
void block_barrier(uint32_t id) {
  BlockState& block = blocks[id];
  block.epoch++;
  for (auto& [thread, knowledge] : block.own) merge(block.known, knowledge);
  block.own.clear();
}
void wave_barrier(uint32_t id, int wave) {
  auto& epochs = blocks[id].wave_epochs;
  if (epochs.size() <= static_cast<size_t>(wave)) epochs.resize(wave + 1);
  epochs[wave]++;
}
void fence() {
  BlockState& block = blocks[block_id()];
  const uint16_t thread = thread_id();
  if (block.pending.count(thread)) {
    merge(block.own[thread], block.pending[thread]);
    block.pending.erase(thread);
  }
  Knowledge& fenced = block.fenced[thread];
  fenced = block.known;
  if (block.own.count(thread)) merge(fenced, block.own[thread]);
  Release& release = fenced[block_id()];
  release.block_epoch = block.epoch;
  release.threads[thread] = now;
}
void note_atomic(void* pointer, int bytes, Atomic kind) {
  if (!ids) return;
  BlockState& block = blocks[block_id()];
  const uint16_t thread = thread_id();
  access(pointer, bytes, kind != Atomic::load, true);
  const Knowledge acquired = releases[pointer];
  merge(kind == Atomic::load ? block.own[thread] : block.pending[thread], acquired);
  if (kind == Atomic::update) {
    const auto fenced = block.fenced.find(thread);
    if (fenced != block.fenced.end()) merge(releases[pointer], fenced->second);
  }
}
int reports() { return report_count; }
}  // namespace emulator::race

namespace race = emulator::race;
#define GX_WATCH(N)                                                                                                                 \
  extern "C" void __tsan_read##N(void* p) { race::site = __builtin_return_address(0), race::access(p, N, false, false); }           \
  extern "C" void __tsan_write##N(void* p) { race::site = __builtin_return_address(0), race::access(p, N, true, false); }           \
  extern "C" void __tsan_unaligned_read##N(void* p) { race::site = __builtin_return_address(0), race::access(p, N, false, false); } \
  extern "C" void __tsan_unaligned_write##N(void* p) { race::site = __builtin_return_address(0), race::access(p, N, true, false); } \
  extern "C" void __tsan_volatile_read##N(void*) {}                                                                                 \
  extern "C" void __tsan_volatile_write##N(void*) {}
GX_WATCH(1)
GX_WATCH(2)
GX_WATCH(4)
GX_WATCH(8)
GX_WATCH(16)
extern "C" {
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
void __tsan_read_range(void* p, unsigned long n) { race::access(p, n, false, false); }
void __tsan_write_range(void* p, unsigned long n) { race::access(p, n, true, false); }
void* __tsan_memcpy(void* d, const void* s, unsigned long n) {
  race::access(const_cast<void*>(s), n, false, false);
  race::access(d, n, true, false);
  return std::memcpy(d, s, n);
}
void* __tsan_memset(void* d, int v, unsigned long n) {
  race::access(d, n, true, false);
  return std::memset(d, v, n);
}
void* __tsan_memmove(void* d, const void* s, unsigned long n) {
  race::access(const_cast<void*>(s), n, false, false);
  race::access(d, n, true, false);
  return std::memmove(d, s, n);
}
}
