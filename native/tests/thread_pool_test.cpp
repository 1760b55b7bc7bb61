#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "base/thread_pool.h"

using namespace greta;

TEST_CASE("every piece of a region is done once, by whoever comes, and the region ends when all are done") {
  for (const uint32_t threads : {1u, 2u, 3u, 7u}) {
    ThreadPool pool(threads);
    CHECK(pool.thread_count() == threads);
    for (const uint64_t count : {0u, 1u, 2u, 63u, 64u, 1009u}) {
      for (const uint64_t grain : {0u, 1u, 5u, 2000u}) {
        std::vector<uint32_t> done(count, 0);  // not atomic: the end of the region must make the writes of the others visible
        std::atomic<bool> in_range{true};
        pool.for_ranges(count, grain, [&](uint64_t begin, uint64_t end, uint32_t thread_index) {
          if (begin >= end || end > count || (threads > 1 && end - begin > (grain == 0 ? 1 : grain)) || thread_index >= threads) in_range = false;
          for (uint64_t i = begin; i < end; ++i) ++done[i];
        });
        CHECK(in_range.load());
        bool once = true;
        for (const uint32_t times : done) once = once && times == 1;
        CHECK(once);
      }
    }
  }
}

TEST_CASE("regions follow one another, at once and after the workers fell asleep") {
  ThreadPool pool(4);
  uint64_t sum = 0;
  for (uint64_t region = 0; region < 20'000; ++region) {
    std::atomic<uint64_t> here{0};
    pool.for_ranges(8, 1, [&](uint64_t begin, uint64_t end, uint32_t) { here.fetch_add(end - begin, std::memory_order_relaxed); });
    sum += here.load(std::memory_order_relaxed);
    if (region % 4'000 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));  // so that they sleep: nothing is awaited by it
  }
  CHECK(sum == 8 * 20'000);
}

TEST_CASE("both threads of a pool come to work when there is enough of it") {
  ThreadPool pool(2);
  std::atomic<uint32_t> met{0};
  // Each piece waits until the other one has begun too: this ends only when two threads are inside one region.
  pool.for_ranges(2, 1, [&](uint64_t, uint64_t, uint32_t) {
    met.fetch_add(1);
    while (met.load() < 2) std::this_thread::yield();
  });
  CHECK(met.load() == 2);
}
