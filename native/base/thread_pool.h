// A fixed set of threads for short parallel regions. Workers spin briefly between regions (a decode step has hundreds), then
// sleep in the kernel. Nothing is allocated after construction.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

namespace greta {

class ThreadPool {
 public:
  // thread_count includes the calling thread; it is at least 1.
  explicit ThreadPool(uint32_t thread_count);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  uint32_t thread_count() const { return worker_count_ + 1; }

  // Runs task(context, thread_index) once on every thread, the caller being thread 0, and returns when all are done.
  // One region at a time; regions do not nest.
  void run(void (*task)(void* context, uint32_t thread_index), void* context);

  // Calls body(begin, end, thread_index) for consecutive pieces of [0, count) of at most `grain` items until all are taken.
  // Which thread takes which piece varies; results must not depend on it. Small counts run on the caller alone.
  template <typename Body>
  void for_ranges(uint64_t count, uint64_t grain, Body&& body) {
    if (grain == 0) grain = 1;
    if (worker_count_ == 0 || count <= grain) {
      if (count != 0) body(uint64_t{0}, count, 0u);
      return;
    }
    struct Region {
      Body* body;
      uint64_t count, grain;
      std::atomic<uint64_t> next;
    } region{&body, count, grain, {0}};
    run(
        [](void* context, uint32_t thread_index) {
          auto* shared = static_cast<Region*>(context);
          while (true) {
            const uint64_t begin = shared->next.fetch_add(shared->grain, std::memory_order_relaxed);
            if (begin >= shared->count) return;
            const uint64_t end = begin + shared->grain < shared->count ? begin + shared->grain : shared->count;
            (*shared->body)(begin, end, thread_index);
          }
        },
        &region);
  }

 private:
  void work(uint32_t thread_index);

  uint32_t worker_count_;
  std::unique_ptr<std::thread[]> workers_;
  void (*task_)(void*, uint32_t) = nullptr;
  void* context_ = nullptr;
  // Own cache lines: the caller writes one, the workers the other.
  alignas(64) std::atomic<uint32_t> generation_{0};
  alignas(64) std::atomic<uint32_t> running_{0};
  alignas(64) std::atomic<bool> stopping_{false};
};

}  // namespace greta
