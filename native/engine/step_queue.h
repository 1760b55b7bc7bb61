// Steps on their way from the inference thread to whoever reads them: a bounded ring of rows. One producer, one consumer.
//
// Back-pressure: when the ring is full the producer waits for room, because a lost step would be a lie in every view that
// counts steps. The wait ends with the request (cancel, close) or after kReceiverPatience, and it is counted. Memory stays
// bounded, the receiver's stall delays only its own generation, and nothing is dropped.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "backend/backend.h"
#include "engine/logits_summary.h"

namespace greta {

inline constexpr std::chrono::seconds kReceiverPatience{60};

enum class StepPhase : uint8_t { prompt = 0, generated = 1 };

struct StepRow {
  int32_t position = 0, input_id = -1, id = -1;
  int32_t rank = -1;
  float chosen_logit, log_probability, sampler_log_probability, log_sum_exp, entropy, margin;
  uint32_t logit_nan_count = 0;
  float step_milliseconds = 0;
  double end_milliseconds = 0;
  StepPhase phase = StepPhase::prompt;
  bool speculated = false, row_kept = false;
};

// What a row carries besides StepRow. Widths are per row; 0 = not carried.
struct StepLayout {
  uint32_t candidates = 0;     // ids i32 and logits f32
  uint32_t blocks = 0;         // f32 milliseconds
  uint32_t stats = 0;          // TraceStats
  uint32_t hashes = 0;         // u64
  uint32_t capture_width = 0;  // f32
  uint32_t logits_width = 0;   // f32

  uint64_t row_bytes() const {
    return sizeof(StepRow) + uint64_t{candidates} * 8 + uint64_t{blocks} * 4 + uint64_t{stats} * sizeof(TraceStats) + uint64_t{hashes} * 8 +
           (uint64_t{capture_width} + logits_width) * 4;
  }
};

// The columns of some rows, ready to be copied out; valid inside the callback of drain() only.
struct StepSpan {
  const StepRow* rows;
  uint32_t count;
  const int32_t* candidate_ids;
  const float* candidate_logits;
  const float* block_milliseconds;
  const TraceStats* stats;
  const uint64_t* hashes;
  const float* captures;
  const float* logits;
};

// Where the producer writes the parts of one row; null = not carried.
struct StepSlot {
  StepRow* row;
  int32_t* candidate_ids;
  float* candidate_logits;
  float* block_milliseconds;
  TraceStats* stats;
  uint64_t* hashes;
  float* captures;
  float* logits;
};

class StepQueue {
 public:
  enum class Push { done, closed, receiver_gone };

  // Empties the ring and gives it a layout with room for `rows` rows; allocates only when it needs more than it ever had.
  void configure(const StepLayout& layout, uint32_t rows);
  const StepLayout& layout() const { return layout_; }
  uint32_t capacity() const { return capacity_; }

  // Producer: waits for a free row. The slot is this row's until publish().
  Push begin(StepSlot* slot);
  void publish();

  // Any thread: begin() fails from now on until the next configure().
  void close();

  // Consumer: hands over at most `limit` published rows that lie together, as (span); returns how many. 0 = empty.
  template <typename Take>
  uint32_t drain(uint32_t limit, Take&& take) {
    StepSpan taken{};
    {
      const std::lock_guard lock(mutex_);
      if (written_ == read_ || limit == 0) return 0;
      const uint32_t first = static_cast<uint32_t>(read_ % capacity_);
      taken = span(first, std::min({static_cast<uint32_t>(written_ - read_), capacity_ - first, limit}));
      draining_ = true;
    }
    // Outside the lock: the producer goes on, in other rows, while these are copied.
    take(taken);
    {
      const std::lock_guard lock(mutex_);
      read_ += taken.count;
      draining_ = false;
    }
    room_.notify_all();
    return taken.count;
  }
  uint32_t pending() const;

  uint64_t wait_count() const {
    const std::lock_guard lock(mutex_);
    return wait_count_;
  }

 private:
  StepSpan span(uint32_t first, uint32_t count) const;

  mutable std::mutex mutex_;
  std::condition_variable room_;
  StepLayout layout_;
  uint32_t capacity_ = 0;
  uint64_t written_ = 0, read_ = 0, wait_count_ = 0;
  bool closed_ = false;
  bool draining_ = false;  // the consumer is copying: configure() waits
  std::vector<StepRow> rows_;
  std::vector<int32_t> candidate_ids_;
  std::vector<float> candidate_logits_, block_milliseconds_, captures_, logits_;
  std::vector<TraceStats> stats_;
  std::vector<uint64_t> hashes_;
};

}  // namespace greta
