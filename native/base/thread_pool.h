// A fixed set of threads for short parallel regions. Workers spin briefly between regions (a decode step has hundreds), then
// sleep in the kernel. Nothing is allocated after construction.
//
// Nobody waits for a thread that has not begun: a worker joins a region while it is open, and the caller, when no piece is
// left, closes it and waits only for those that joined. On a machine that is busy with something else (a page being drawn on
// the same processors) a worker is often not running when a region begins; the caller then does the work alone.
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

  // Calls body(begin, end, thread_index) for consecutive pieces of [0, count) of at most `grain` items until all are taken;
  // the caller is thread 0. Which thread takes which piece varies; results must not depend on it. Small counts run on the
  // caller alone. One region at a time; regions do not nest.
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
  // Runs task(context, thread_index) on the caller and on every worker that comes before the caller is through.
  void run(void (*task)(void* context, uint32_t thread_index), void* context);
  void work(uint32_t thread_index);

  uint32_t worker_count_;
  std::unique_ptr<std::thread[]> workers_;
  void (*task_)(void*, uint32_t) = nullptr;
  void* context_ = nullptr;
  // The region: its number, whether workers may still join, how many are inside (kRegion, kOpen, kInside in the .cpp).
  alignas(64) std::atomic<uint32_t> state_{0};
  // Who sleeps in the kernel and has to be woken there.
  alignas(64) std::atomic<uint32_t> sleeping_workers_{0};
  std::atomic<uint32_t> caller_sleeps_{0};
  std::atomic<bool> stopping_{false};
};

}  // namespace greta
