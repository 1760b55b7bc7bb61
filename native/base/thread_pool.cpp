#include "base/thread_pool.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace greta {
namespace {

// About 20-50 microseconds: longer than the gap between two regions of a decode step, shorter than anybody notices.
constexpr uint32_t kSpins = 2000;

void pause_briefly() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Returns once `value` differs from `old`.
void wait_while_equal(const std::atomic<uint32_t>& value, uint32_t old) {
  for (uint32_t i = 0; i < kSpins; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause_briefly();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadPool::ThreadPool(uint32_t thread_count) : worker_count_(thread_count > 1 ? thread_count - 1 : 0) {
  workers_ = std::make_unique<std::thread[]>(worker_count_);
  for (uint32_t i = 0; i < worker_count_; ++i) workers_[i] = std::thread([this, i] { work(i + 1); });
}

ThreadPool::~ThreadPool() {
  stopping_.store(true, std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  for (uint32_t i = 0; i < worker_count_; ++i) workers_[i].join();
}

void ThreadPool::run(void (*task)(void*, uint32_t), void* context) {
  if (worker_count_ == 0) return task(context, 0);
  task_ = task;
  context_ = context;
  running_.store(worker_count_, std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  task(context, 0);
  for (uint32_t left = running_.load(std::memory_order_acquire); left != 0; left = running_.load(std::memory_order_acquire))
    wait_while_equal(running_, left);
}

void ThreadPool::work(uint32_t thread_index) {
  uint32_t seen = 0;
  while (true) {
    wait_while_equal(generation_, seen);
    seen = generation_.load(std::memory_order_acquire);
    if (stopping_.load(std::memory_order_relaxed)) return;
    task_(context_, thread_index);
    if (running_.fetch_sub(1, std::memory_order_release) == 1) running_.notify_one();
  }
}

}  // namespace greta
