#include "base/thread_pool.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#endif

namespace greta {
namespace {

// About 20-50 microseconds: longer than the gap between two regions of a decode step, shorter than anybody notices.
constexpr uint32_t kSpins = 2000;

// Fields of ThreadPool::state_.
constexpr uint32_t kInside = 0x7ff;  // workers inside the region; a pool has at most 1,024 threads
constexpr uint32_t kOpen = 0x800;
constexpr uint32_t kRegion = 0x1000;  // counts regions from here up, and wraps
constexpr uint32_t region_of(uint32_t state) { return state & ~(kRegion - 1); }

// Who waits; a wake names whom it is for.
enum Waiter : uint32_t { kWorker = 1, kCaller = 2 };

void pause_briefly() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// The kernel's futex itself, not std::atomic::wait: GCC's library calls sched_yield before it sleeps, and on a busy machine
// each yield gives the processor away for a whole time slice (decode was 4 times slower beside one other busy process).
void sleep_while_equal(std::atomic<uint32_t>& value, uint32_t old, Waiter waiter) {
#if defined(__linux__)
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&value), FUTEX_WAIT_BITSET_PRIVATE, old, nullptr, nullptr, waiter);
#else
  (void)waiter;
  value.wait(old, std::memory_order_acquire);
#endif
}

void wake(std::atomic<uint32_t>& value, Waiter waiter) {
#if defined(__linux__)
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&value), FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, nullptr, nullptr, waiter);
#else
  (void)waiter;
  value.notify_all();
#endif
}

// Returns once `value` differs from `old`, or a little earlier. `sleepers` counts those whom the other side has to wake.
void wait_while_equal(std::atomic<uint32_t>& value, uint32_t old, Waiter waiter, std::atomic<uint32_t>& sleepers) {
  for (uint32_t i = 0; i < kSpins; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause_briefly();
  }
  // Either the other side sees this count, or the kernel sees its new value: both orders are sequentially consistent.
  sleepers.fetch_add(1, std::memory_order_seq_cst);
  sleep_while_equal(value, old, waiter);
  sleepers.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace

ThreadPool::ThreadPool(uint32_t thread_count) : worker_count_(thread_count > 1 ? thread_count - 1 : 0) {
  if (worker_count_ > kInside) worker_count_ = kInside;
  workers_ = std::make_unique<std::thread[]>(worker_count_);
  for (uint32_t i = 0; i < worker_count_; ++i) workers_[i] = std::thread([this, i] { work(i + 1); });
}

ThreadPool::~ThreadPool() {
  stopping_.store(true, std::memory_order_relaxed);
  state_.fetch_add(kRegion, std::memory_order_seq_cst);
  wake(state_, kWorker);
  for (uint32_t i = 0; i < worker_count_; ++i) workers_[i].join();
}

void ThreadPool::run(void (*task)(void*, uint32_t), void* context) {
  // Nobody is inside and nobody can join: these are the caller's alone until the region opens.
  task_ = task;
  context_ = context;
  state_.store((region_of(state_.load(std::memory_order_relaxed)) + kRegion) | kOpen, std::memory_order_seq_cst);
  if (sleeping_workers_.load(std::memory_order_seq_cst) > 0) wake(state_, kWorker);
  task(context, 0);
  uint32_t state = state_.fetch_and(~kOpen, std::memory_order_acq_rel) & ~kOpen;
  while ((state & kInside) != 0) {
    wait_while_equal(state_, state, kCaller, caller_sleeps_);
    state = state_.load(std::memory_order_acquire);
  }
}

void ThreadPool::work(uint32_t thread_index) {
  uint32_t seen = region_of(0);
  while (true) {
    uint32_t state = state_.load(std::memory_order_acquire);
    if (stopping_.load(std::memory_order_relaxed)) return;
    if (region_of(state) == seen) {
      wait_while_equal(state_, state, kWorker, sleeping_workers_);
      continue;
    }
    if ((state & kOpen) == 0) {
      seen = region_of(state);
      continue;
    }
    if (!state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel, std::memory_order_relaxed)) continue;
    seen = region_of(state);
    task_(context_, thread_index);
    // Alone and closed: the caller waits for this one.
    const uint32_t left = state_.fetch_sub(1, std::memory_order_seq_cst) - 1;
    if ((left & (kInside | kOpen)) == 0 && caller_sleeps_.load(std::memory_order_seq_cst) > 0) wake(state_, kCaller);
  }
}

}  // namespace greta
