#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "engine/engine_thread.h"
#include "engine/file_mapping.h"
#include "engine/logits_history.h"
#include "engine/step_queue.h"

using namespace greta;

TEST_CASE("steps arrive complete and in order, however the two threads meet") {
  StepQueue queue;
  StepLayout layout;
  layout.candidates = 3;
  layout.stats = 5;
  layout.hashes = 5;
  queue.configure(layout, 7);
  constexpr int32_t kSteps = 5000;
  std::thread producer([&] {
    for (int32_t step = 0; step < kSteps; ++step) {
      StepSlot slot;
      REQUIRE(queue.begin(&slot) == StepQueue::Push::done);
      slot.row->position = step;
      for (int i = 0; i < 3; ++i) slot.candidate_ids[i] = step * 3 + i;
      for (int i = 0; i < 5; ++i) {
        slot.stats[i].rms = static_cast<float>(step);
        slot.hashes[i] = static_cast<uint64_t>(step) << i;
      }
      queue.publish();
    }
  });
  int32_t next = 0;
  bool whole = true;
  while (next < kSteps) {
    queue.drain(4, [&](const StepSpan& span) {
      for (uint32_t row = 0; row < span.count; ++row, ++next) {
        whole &= span.rows[row].position == next && span.candidate_ids[row * 3 + 2] == next * 3 + 2;
        whole &= span.stats[row * 5 + 4].rms == static_cast<float>(next) && span.hashes[row * 5 + 4] == static_cast<uint64_t>(next) << 4;
        whole &= span.captures == nullptr && span.logits == nullptr;
      }
    });
  }
  producer.join();
  CHECK(whole);
  CHECK(queue.pending() == 0);
}

TEST_CASE("a full queue waits, counts the wait, and closing ends it") {
  StepQueue queue;
  queue.configure({}, 2);
  StepSlot slot;
  for (int i = 0; i < 2; ++i) {
    REQUIRE(queue.begin(&slot) == StepQueue::Push::done);
    queue.publish();
  }
  std::atomic<bool> ended{false};
  StepQueue::Push result{};
  std::thread producer([&] {
    StepSlot blocked;
    result = queue.begin(&blocked);
    ended = true;
  });
  while (queue.wait_count() == 0) std::this_thread::yield();
  CHECK(!ended);
  queue.close();
  producer.join();
  CHECK(result == StepQueue::Push::closed);
  queue.configure({}, 2);
  CHECK(queue.begin(&slot) == StepQueue::Push::done);
}

TEST_CASE("the logits history keeps the latest rows within its budget") {
  LogitsHistory history;
  REQUIRE(history.allocate(4, 3, 10));
  for (uint32_t position = 0; position < 6; ++position) {
    float* row = history.claim(1);
    for (uint32_t i = 0; i < 3; ++i) row[i] = static_cast<float>(position * 10 + i);
    history.assign(0, position);
  }
  float row[3];
  CHECK(!history.copy(0, row));
  CHECK(!history.copy(1, row));
  for (uint32_t position = 2; position < 6; ++position) {
    REQUIRE(history.copy(position, row));
    CHECK(row[2] == static_cast<float>(position * 10 + 2));
  }
  CHECK(!history.copy(99, row));

  history.rewind(4);
  CHECK(history.has(3));
  CHECK(!history.has(4));

  // A batch lies together; rows of it that are not assigned are not kept.
  float* batch = history.claim(3);
  for (uint32_t i = 0; i < 9; ++i) batch[i] = static_cast<float>(i);
  history.assign(0, 4);
  history.assign(1, 5);
  REQUIRE(history.copy(5, row));
  CHECK(row[0] == 3);
  CHECK(!history.has(6));
  // The same position again replaces the older row.
  history.claim(1)[0] = 77;
  history.assign(0, 5);
  REQUIRE(history.copy(5, row));
  CHECK(row[0] == 77);
}

TEST_CASE("the history can be read while it is written") {
  LogitsHistory history;
  REQUIRE(history.allocate(8, 64, 1000));
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (uint32_t position = 0; position < 1000; ++position) {
      float* row = history.claim(1);
      for (uint32_t i = 0; i < 64; ++i) row[i] = static_cast<float>(position);
      history.assign(0, position);
    }
    done = true;
  });
  bool whole = true;
  float row[64];
  for (uint32_t position = 0; !done; position = (position + 1) % 1000)
    if (history.copy(position, row))
      for (const float value : row) whole &= value == static_cast<float>(position);
  writer.join();
  CHECK(whole);
}

TEST_CASE("an engine thread runs its tasks in order and finishes them before it ends") {
  std::vector<int> order;
  {
    EngineThread thread;
    for (int i = 0; i < 100; ++i) thread.post([&order, i] { order.push_back(i); });
  }
  REQUIRE(order.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(order[i] == i);
}

TEST_CASE("a mapped file that shrinks is reported, not fatal") {
  char path[] = "/tmp/greta-mapping-XXXXXX";
  const int file = mkstemp(path);
  REQUIRE(file >= 0);
  const std::vector<uint8_t> bytes(3 * 65536, 42);
  REQUIRE(write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));

  std::unique_ptr<FileMapping> mapping;
  CHECK(FileMapping::open(path, bytes.size() + 1, &mapping).code() == StatusCode::io_error);
  CHECK(FileMapping::open("/nowhere/at/all", 1, &mapping).code() == StatusCode::io_error);
  REQUIRE(FileMapping::open(path, bytes.size(), &mapping).ok());
  CHECK(mapping->prefault(0, bytes.size()).ok());
  CHECK(mapping->data()[100000] == 42);
  CHECK(mapping->check_intact().ok());

  REQUIRE(ftruncate(file, 4096) == 0);
  CHECK(mapping->data()[100] == 42);
  CHECK(mapping->check_intact().ok());
  CHECK(mapping->data()[150000] == 0);  // zeros stand in
  CHECK(mapping->check_intact().code() == StatusCode::io_error);
  CHECK(mapping->check_intact().message().find("cut short") != std::string::npos);
  mapping.reset();
  close(file);
  std::remove(path);
}
