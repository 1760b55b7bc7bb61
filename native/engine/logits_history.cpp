#include "engine/logits_history.h"

#include <algorithm>
#include <cstring>

namespace greta {

bool LogitsHistory::allocate(uint32_t rows, uint32_t vocabulary_size, uint32_t positions) {
  const std::lock_guard lock(mutex_);
  rows_ = rows;
  vocabulary_size_ = vocabulary_size;
  if (!values_.allocate(static_cast<uint64_t>(rows) * vocabulary_size)) return false;
  row_of_position_.assign(positions, kNone);
  position_of_row_.assign(rows, kNone);
  next_ = claimed_ = end_ = 0;
  return true;
}

float* LogitsHistory::claim(uint32_t count) {
  const std::lock_guard lock(mutex_);
  if (next_ + count > rows_) next_ = 0;
  claimed_ = next_;
  for (uint32_t row = claimed_; row < claimed_ + count; ++row) {
    if (position_of_row_[row] != kNone) row_of_position_[position_of_row_[row]] = kNone;
    position_of_row_[row] = kNone;
  }
  next_ = claimed_ + count;
  return values_.data() + static_cast<size_t>(claimed_) * vocabulary_size_;
}

void LogitsHistory::assign(uint32_t index, uint32_t position) {
  const std::lock_guard lock(mutex_);
  const int32_t row = static_cast<int32_t>(claimed_ + index);
  const int32_t before = row_of_position_[position];
  if (before != kNone) position_of_row_[before] = kNone;
  row_of_position_[position] = row;
  position_of_row_[row] = static_cast<int32_t>(position);
  end_ = std::max(end_, position + 1);
}

void LogitsHistory::rewind(uint32_t length) {
  const std::lock_guard lock(mutex_);
  for (uint32_t position = length; position < end_; ++position) {
    if (row_of_position_[position] == kNone) continue;
    position_of_row_[row_of_position_[position]] = kNone;
    row_of_position_[position] = kNone;
  }
  end_ = std::min(end_, length);
}

bool LogitsHistory::copy(uint32_t position, float* destination) const {
  const std::lock_guard lock(mutex_);
  if (position >= row_of_position_.size() || row_of_position_[position] == kNone) return false;
  const float* row = values_.data() + static_cast<size_t>(row_of_position_[position]) * vocabulary_size_;
  std::memcpy(destination, row, static_cast<size_t>(vocabulary_size_) * sizeof(float));
  return true;
}

bool LogitsHistory::has(uint32_t position) const {
  const std::lock_guard lock(mutex_);
  return position < row_of_position_.size() && row_of_position_[position] != kNone;
}

}  // namespace greta
