// Fibers and scheduler of the SIMT emulator. Never compiled with -fsanitize=thread; AddressSanitizer builds may instrument it.
#include <execinfo.h>
#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "gpu/emulator/device.h"

#if defined(__SANITIZE_ADDRESS__)
#define GX_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(__x86_64__)
// Saves the callee-saved registers on the current stack, swaps stacks, restores: the whole of a fiber switch.
extern "C" void gx_switch_stack(void** from, void* to);
asm(".text\n.globl gx_switch_stack\n.hidden gx_switch_stack\n.type gx_switch_stack,@function\ngx_switch_stack:\n"
    " pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n movq %rsp,(%rdi)\n movq %rsi,%rsp\n"
    " popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n ret\n.size gx_switch_stack,.-gx_switch_stack\n");
struct Context {
  void* stack_pointer;
};
static void switch_context(Context& from, Context& to) { gx_switch_stack(&from.stack_pointer, to.stack_pointer); }
#else
#include <ucontext.h>
struct Context {
  ucontext_t context;
};
static void switch_context(Context& from, Context& to) { swapcontext(&from.context, &to.context); }
#endif

namespace emulator {
LaneIds* ids;
namespace {
enum class State : uint8_t { ready, waiting, done };
struct Wave;
struct Block;
struct Lane {
  LaneIds lane_ids;
  Context context;
  State state;
  Scope scope;
  const char* what;
  Location location;
  void* argument;
  Body body;
  Wave* wave;
  char* stack;
  void* fake_stack = nullptr;
  int next;
};
struct Wave {
  int size, arrived, done, first, spins;
  Block* block;
  bool at_barrier;
  std::vector<Lane*> lanes;
};
struct Block {
  std::vector<Wave> waves;
  std::vector<Lane*> lanes;
  std::map<const void*, std::pair<void*, size_t>> arrays;
  size_t used = 0;
  char *arena = nullptr, *dynamic = nullptr;
};
constexpr size_t kStackBytes = 128 << 10;
constexpr size_t kLdsBytes = GX_EMULATOR_WAVE == 64 ? 64 << 10 : 227 << 10;
const int kOrder = std::getenv("GRETA_EMULATOR_ORDER") ? std::atoi(std::getenv("GRETA_EMULATOR_ORDER")) : 0;
Lane* current;
Context scheduler;
void* scheduler_fake_stack;
const void* scheduler_stack;
size_t scheduler_stack_bytes;
GridConfig config{1, 1, 0};
void (*call)(void*);
void* call_argument;
uint64_t spins;
uint32_t random_state = 1;
char* pool;
size_t pool_lanes;

uint32_t random_number() { return random_state = random_state * 1664525u + 1013904223u, random_state >> 8; }

void resume(Lane* lane) {  // null = the scheduler
  Lane* self = current;
  current = lane;
  if (lane) ids = &lane->lane_ids;
#if defined(GX_ASAN)
  __sanitizer_start_switch_fiber(self ? &self->fake_stack : &scheduler_fake_stack, lane ? lane->stack : scheduler_stack,
                                 lane ? kStackBytes : scheduler_stack_bytes);
#endif
  switch_context(self ? self->context : scheduler, lane ? lane->context : scheduler);
#if defined(GX_ASAN)
  __sanitizer_finish_switch_fiber(self ? self->fake_stack : scheduler_fake_stack, nullptr, nullptr);
#endif
}

[[noreturn]] void fail(Block* block, const char* why) {
  std::fprintf(stderr, "\nemulator: block (%u,%u,%u): %s\n", ids->block.x, ids->block.y, ids->block.z, why);
  std::map<std::string, std::vector<int>> groups;
  for (Lane* lane : block->lanes) {
    char text[300];
    if (lane->state == State::waiting)
      std::snprintf(text, sizeof text, "%s at %s:%u", lane->what, lane->location.file_name(), lane->location.line());
    else
      std::snprintf(text, sizeof text, lane->state == State::done ? "exited" : "running");
    groups[text].push_back(lane->lane_ids.wave * GX_EMULATOR_WAVE + lane->lane_ids.lane);
  }
  for (auto& [text, threads] : groups)
    std::fprintf(stderr, "  %zu threads (%d..%d): %s\n", threads.size(), threads.front(), threads.back(), text.c_str());
  std::abort();
}
uint32_t block_id(const Lane* lane) {
  const LaneIds& l = lane->lane_ids;
  return l.block.x + l.grid_size.x * (l.block.y + l.grid_size.y * l.block.z);
}
bool same_place(const Lane* a, const Lane* b) {
  return a->scope == b->scope && a->location.line() == b->location.line() && a->location.column() == b->location.column() &&
         std::strcmp(a->what, b->what) == 0;
}
Lane* next_ready(Lane* lane) {
  for (int i = lane->next;; i = lane->wave->lanes[i]->next) {
    Lane* candidate = lane->wave->lanes[i];
    if (candidate->state == State::ready) return candidate;
    if (candidate == lane) return nullptr;
  }
}
// Every live lane of the wave waits: run the collective, or leave the wave at its barrier.
void complete(Wave* wave) {
  Lane* first = nullptr;
  for (Lane* lane : wave->lanes) {
    if (lane->state != State::waiting) continue;
    if (!first)
      first = lane;
    else if (!same_place(first, lane))
      fail(wave->block, "divergent collective: lanes of one wave wait at different places");
  }
  if (wave->done) fail(wave->block, "collective reached after some lanes of the wave exited");
  if (first->scope == Scope::block) {
    wave->at_barrier = true;
    return;
  }
  if (wave->size < GX_EMULATOR_WAVE && first->what[0] == 'm') fail(wave->block, "matrix instruction in a partial wave");
  void* arguments[64] = {};
  for (Lane* lane : wave->lanes) arguments[lane->lane_ids.lane] = lane->argument;
  Participants participants{arguments, GX_EMULATOR_WAVE};
  first->body(participants);
  for (Lane* lane : wave->lanes) lane->state = State::ready;
  if (!std::strcmp(first->what, "wave_sync")) race::wave_barrier(block_id(first), first->lane_ids.wave);
  wave->arrived = 0;
}
void park() {
  Wave* wave = current->wave;
  Lane* self = current;
  if (Lane* other = next_ready(self)) return resume(other);
  if (!wave->arrived) return resume(nullptr);
  complete(wave);
  if (wave->at_barrier)
    resume(nullptr);
  else if (self->state != State::ready)
    resume(next_ready(self));
}
void fiber_main() {
#if defined(GX_ASAN)
  __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
  for (;;) {
    call(call_argument);
    current->state = State::done;
    current->wave->done++;
    park();
  }
}
void start_fiber(Lane* lane) {
#if defined(__x86_64__)
  // Stack tops are staggered: at a page-multiple stride all of them would share one L1 set.
  const size_t index = static_cast<size_t>(lane->stack - pool) / (kStackBytes + 4096);
  void** top = reinterpret_cast<void**>(lane->stack + kStackBytes - index % 64 * 192 % 4096) - 1;
  *top = nullptr;
  *--top = reinterpret_cast<void*>(fiber_main);
  top -= 6;
  std::fill(top, top + 6, nullptr);
  lane->context.stack_pointer = top;
#else
  getcontext(&lane->context.context);
  lane->context.context.uc_stack.ss_sp = lane->stack;
  lane->context.context.uc_stack.ss_size = kStackBytes;
  lane->context.context.uc_link = nullptr;
  makecontext(&lane->context.context, fiber_main, 0);
#endif
}
char* map_memory(size_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) std::perror("emulator: mmap"), std::abort();
  return static_cast<char*>(p);
}
std::vector<int> lane_order(int count) {
  std::vector<int> order(count);
  for (int i = 0; i < count; i++) order[i] = kOrder == 1 ? count - 1 - i : i;
  if (kOrder > 1)
    for (int i = count - 1; i > 0; i--) std::swap(order[i], order[random_number() % (i + 1)]);
  return order;
}
// Readies the lanes of one block; they start when the scheduler resumes them.
void set_up_block(Block& block, std::vector<Lane>& lanes, size_t index) {
  const int threads = block.lanes.size(), waves = block.waves.size();
  const dim3 g = config.grid, b = config.block;
  for (int w = 0; w < waves; w++) {
    Wave& wave = block.waves[w];
    wave.size = std::min(GX_EMULATOR_WAVE, threads - w * GX_EMULATOR_WAVE);
    wave.arrived = wave.done = wave.spins = 0;
    wave.block = &block;
    wave.at_barrier = false;
    wave.lanes.clear();
    const std::vector<int> order = lane_order(wave.size);
    for (int i = 0; i < wave.size; i++) {
      const unsigned t = w * GX_EMULATOR_WAVE + i;
      Lane& lane = lanes[t];
      lane.state = State::ready;
      lane.wave = &wave;
      lane.lane_ids = {dim3(t % b.x, t / b.x % b.y, t / (b.x * b.y)), dim3(index % g.x, index / g.x % g.y, index / (size_t{g.x} * g.y)), b, g, i, w};
      wave.lanes.push_back(&lane);
      block.lanes[t] = &lane;
    }
    for (int i = 0; i < wave.size; i++) wave.lanes[order[i]]->next = order[(i + 1) % wave.size];
    wave.first = order[0];
  }
}
void release_barrier(Block& block) {
  Lane* first = nullptr;
  for (Lane* lane : block.lanes) {
    if (lane->state != State::waiting) continue;
    if (!first)
      first = lane;
    else if (!same_place(first, lane))
      fail(&block, "divergent barrier: waves wait at different barriers");
  }
  for (Wave& wave : block.waves)
    if (wave.done == wave.size) fail(&block, "barrier reached after some waves exited");
  race::block_barrier(block_id(first));
  for (Wave& wave : block.waves) wave.at_barrier = false, wave.arrived = 0;
  for (Lane* lane : block.lanes) lane->state = State::ready;
}
void run_block(Block& block) {
  for (;;) {
    bool moved = false, all_at_barrier = true, any = false;
    for (int w : lane_order(block.waves.size())) {
      Wave& wave = block.waves[w];
      if (wave.done == wave.size || wave.at_barrier) continue;
      moved = true;
      Lane* lane = wave.lanes[wave.first];
      resume(lane->state == State::ready ? lane : next_ready(lane));
    }
    for (Wave& wave : block.waves) {
      if (wave.done == wave.size) continue;
      any = true;
      if (!wave.at_barrier) all_at_barrier = false;
    }
    if (!any) return;
    if (all_at_barrier)
      release_barrier(block);
    else if (!moved)
      fail(&block, "dead lock");
  }
}
}  // namespace

void rendezvous(Scope scope, const char* what, const Location& location, void* argument, Body body) {
  Lane* self = current;
  self->scope = scope;
  self->what = what;
  self->location = location;
  self->argument = argument;
  self->body = body;
  self->state = State::waiting;
  self->wave->arrived++;
  park();
}
void spin_yield() {
  if (++spins > 2000000) fail(current->wave->block, "spin loop never ends (dead lock?)");
  Wave* wave = current->wave;
  Lane* other = next_ready(current);
  if (other && other != current && ++wave->spins < wave->size) return resume(other);
  wave->spins = 0;
  resume(nullptr);
}
// 64 bytes of red zone around each array; filled with NaN patterns when the block first names it.
void* shared_array(const void* key, size_t bytes) {
  Block* block = current->wave->block;
  const auto found = block->arrays.find(key);
  if (found != block->arrays.end()) return found->second.first;
  size_t offset = 64;
  for (auto& entry : block->arrays) offset += (entry.second.second + 127) / 64 * 64;
  block->used += bytes;
  if (block->used + config.dynamic_bytes > kLdsBytes) fail(block, "block uses more LDS than the device has");
  void* array = block->arena + offset;
#if defined(GX_ASAN)
  ASAN_UNPOISON_MEMORY_REGION(array, bytes);
#endif
  std::memset(array, 0xff, bytes);
  block->arrays[key] = {array, bytes};
  return array;
}
void* shared_dynamic() { return current->wave->block->dynamic; }

void run_grid(const GridConfig& grid_config, void (*grid_call)(void*), void* argument) {
  static std::mutex one_grid;  // two engines in one process share this device
  const std::lock_guard lock(one_grid);
  config = grid_config;
  call = grid_call;
  call_argument = argument;
  spins = 0;
  random_state = kOrder;
  const size_t threads = size_t{config.block.x} * config.block.y * config.block.z;
  const size_t block_count = size_t{config.grid.x} * config.grid.y * config.grid.z;
  if (threads == 0 || threads > 1024 || config.dynamic_bytes > kLdsBytes) {
    std::fprintf(stderr, "emulator: a block of %zu threads with %zu bytes of dynamic LDS cannot be launched\n", threads, config.dynamic_bytes);
    std::abort();
  }
#if defined(GX_ASAN)
  if (!scheduler_stack) {
    pthread_attr_t attributes;
    void* bottom;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &bottom, &scheduler_stack_bytes);
    scheduler_stack = bottom;
    pthread_attr_destroy(&attributes);
  }
#endif
  race::launch_begins();
  static std::vector<Lane> lanes;
  if (lanes.size() < threads) {
    if (pool) munmap(pool, pool_lanes * (kStackBytes + 4096));
    lanes = std::vector<Lane>(threads);
    pool_lanes = threads;
    pool = map_memory(pool_lanes * (kStackBytes + 4096));
    for (size_t i = 0; i < threads; i++) {
      char* guard = pool + i * (kStackBytes + 4096);
      mprotect(guard, 4096, PROT_NONE);
      lanes[i].stack = guard + 4096;
      start_fiber(&lanes[i]);
    }
  }
  const size_t arena_bytes = kLdsBytes * 2 + config.dynamic_bytes + 4096;
  static char* arena;
  static size_t arena_size;
  if (arena_size < arena_bytes) {
    if (arena) munmap(arena, arena_size);
    arena = map_memory(arena_size = arena_bytes);
  }
  race::region(arena, arena_bytes, true);
  Block block;
  block.lanes.resize(threads);
  block.waves.resize((threads + GX_EMULATOR_WAVE - 1) / GX_EMULATOR_WAVE);
  block.arena = arena;
  block.dynamic = arena + kLdsBytes * 2;
  for (size_t index = 0; index < block_count; index++) {
    block.arrays.clear();
    block.used = 0;
#if defined(GX_ASAN)
    ASAN_POISON_MEMORY_REGION(arena, arena_bytes);
    ASAN_UNPOISON_MEMORY_REGION(block.dynamic, config.dynamic_bytes);
#endif
    std::memset(block.dynamic, 0xff, config.dynamic_bytes);
    set_up_block(block, lanes, index);
    run_block(block);
  }
#if defined(GX_ASAN)
  ASAN_UNPOISON_MEMORY_REGION(arena, arena_bytes);
#endif
  race::region(arena, 0, true);
  race::launch_ends();
  ids = nullptr;
}
}  // namespace emulator
