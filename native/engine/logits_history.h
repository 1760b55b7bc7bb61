// Full logits rows of recent positions, within a byte budget. forward() writes straight into it, so keeping a row costs no
// copy; a reader on another thread copies one out under the lock.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "base/aligned_buffer.h"

namespace greta {

class LogitsHistory {
 public:
  // Allocates `rows` x `vocabulary_size` f32. positions: those the KV cache holds.
  [[nodiscard]] bool allocate(uint32_t rows, uint32_t vocabulary_size, uint32_t positions);
  uint32_t row_capacity() const { return rows_; }

  // Engine thread: room for `count` (<= row_capacity) rows that lie together; what was there is forgotten.
  float* claim(uint32_t count);
  // Engine thread: row `index` of the last claim() now holds the logits computed at `position`.
  void assign(uint32_t index, uint32_t position);
  // Forgets the rows of positions >= `length`.
  void rewind(uint32_t length);

  // Any thread: copies the row of `position`, or returns false when it is not (or no longer) kept.
  bool copy(uint32_t position, float* destination) const;
  bool has(uint32_t position) const;

 private:
  static constexpr int32_t kNone = -1;

  mutable std::mutex mutex_;
  AlignedBuffer<float> values_;
  std::vector<int32_t> row_of_position_, position_of_row_;
  uint32_t rows_ = 0, vocabulary_size_ = 0, next_ = 0, claimed_ = 0;
  uint32_t end_ = 0;  // no position from here on has a row
};

}  // namespace greta
