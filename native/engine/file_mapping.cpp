#include "engine/file_mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22  // Linux 5.14
#endif

namespace greta {

namespace {

// The handler may run on any thread at any instruction: it reads this table with atomics only.
struct GuardedRange {
  std::atomic<uintptr_t> begin{0}, end{0};  // begin 0 = free
  std::atomic<uint32_t> faulted{0};
};
constexpr int kMaxGuardedRanges = 1024;
GuardedRange guarded_ranges[kMaxGuardedRanges];
struct sigaction previous_action;
uintptr_t page_bytes = 4096;

void on_bus_error(int signal, siginfo_t* info, void* context) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(info->si_addr);
  for (GuardedRange& range : guarded_ranges) {
    const uintptr_t begin = range.begin.load(std::memory_order_acquire);
    if (begin == 0 || address < begin || address >= range.end.load(std::memory_order_acquire)) continue;
    range.faulted.store(1, std::memory_order_release);
    void* page = reinterpret_cast<void*>(address & ~(page_bytes - 1));
    if (mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) return;
  }
  // Not ours: what would have happened without us.
  if (previous_action.sa_flags & SA_SIGINFO && previous_action.sa_sigaction != nullptr) return previous_action.sa_sigaction(signal, info, context);
  if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN && previous_action.sa_handler != nullptr)
    return previous_action.sa_handler(signal);
  sigaction(SIGBUS, &previous_action, nullptr);  // the access repeats and the default action ends the process
}

void install_guard() {
  static std::once_flag once;
  std::call_once(once, [] {
    page_bytes = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    struct sigaction action = {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &previous_action);
  });
}

Status system_error(const std::string& path, const char* what) {
  return {StatusCode::io_error, path + ": " + what + ": " + std::strerror(errno) + "."};
}

}  // namespace

Status FileMapping::open(const std::string& path, uint64_t expected_bytes, std::unique_ptr<FileMapping>* mapping) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_error(path, "cannot be opened");
  struct stat facts = {};
  if (fstat(descriptor, &facts) != 0) {
    const Status status = system_error(path, "cannot be examined");
    ::close(descriptor);
    return status;
  }
  const uint64_t found_bytes = static_cast<uint64_t>(facts.st_size);
  if (!S_ISREG(facts.st_mode) || found_bytes < expected_bytes || found_bytes == 0) {
    ::close(descriptor);
    return {StatusCode::io_error, path + ": expected " + std::to_string(expected_bytes) + " bytes as when it was opened, found " +
                                      std::to_string(found_bytes) + "; the file changed."};
  }
  void* data = mmap(nullptr, expected_bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  const Status failed = data == MAP_FAILED ? system_error(path, "cannot be mapped") : Status{};
  ::close(descriptor);
  if (!failed.ok()) return failed;
  mapping->reset(new FileMapping(path, static_cast<const uint8_t*>(data), expected_bytes));
  if ((*mapping)->guard_slot_ < 0) return {StatusCode::unsupported, "More than " + std::to_string(kMaxGuardedRanges) + " model files are open."};
  return {};
}

FileMapping::FileMapping(std::string path, const uint8_t* data, uint64_t size) : path_(std::move(path)), data_(data), size_(size) {
  install_guard();
  static std::mutex registering;
  const std::lock_guard lock(registering);
  for (int slot = 0; slot < kMaxGuardedRanges && guard_slot_ < 0; ++slot) {
    GuardedRange& range = guarded_ranges[slot];
    if (range.begin.load() != 0) continue;
    const uintptr_t begin = reinterpret_cast<uintptr_t>(data);
    range.faulted.store(0);
    range.end.store(begin + (size + page_bytes - 1) / page_bytes * page_bytes);
    range.begin.store(begin, std::memory_order_release);
    guard_slot_ = slot;
  }
}

FileMapping::~FileMapping() {
  if (guard_slot_ >= 0) guarded_ranges[guard_slot_].begin.store(0, std::memory_order_release);
  munmap(const_cast<uint8_t*>(data_), size_);
}

Status FileMapping::prefault(uint64_t offset, uint64_t bytes) const {
  const uint64_t begin = offset / page_bytes * page_bytes;
  const uint64_t end = std::min(size_, offset + bytes);
  if (end <= begin) return {};
  if (madvise(const_cast<uint8_t*>(data_) + begin, end - begin, MADV_POPULATE_READ) == 0) return {};
  if (errno == EFAULT || errno == EIO) return shrank();
  // An older kernel: reading ahead is all there is, and later page faults do the rest.
  madvise(const_cast<uint8_t*>(data_) + begin, end - begin, MADV_WILLNEED);
  return {};
}

Status FileMapping::check_intact() const { return guarded_ranges[guard_slot_].faulted.load(std::memory_order_acquire) != 0 ? shrank() : Status{}; }

Status FileMapping::shrank() const {
  return {StatusCode::io_error, path_ + ": the file was cut short or could not be read while it was in use (it had " + std::to_string(size_) +
                                    " bytes); nothing computed from it can be trusted, load it again."};
}

}  // namespace greta
