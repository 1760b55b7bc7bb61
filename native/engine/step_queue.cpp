#include "engine/step_queue.h"

namespace greta {

void StepQueue::configure(const StepLayout& layout, uint32_t rows) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return !draining_; });
  layout_ = layout;
  capacity_ = rows;
  written_ = read_ = wait_count_ = 0;
  closed_ = false;
  const auto reserve = [rows](auto& column, uint32_t width) { column.resize(static_cast<size_t>(rows) * width); };
  reserve(rows_, 1);
  reserve(candidate_ids_, layout.candidates);
  reserve(candidate_logits_, layout.candidates);
  reserve(block_milliseconds_, layout.blocks);
  reserve(stats_, layout.stats);
  reserve(hashes_, layout.hashes);
  reserve(captures_, layout.capture_width);
  reserve(logits_, layout.logits_width);
}

StepQueue::Push StepQueue::begin(StepSlot* slot) {
  std::unique_lock lock(mutex_);
  if (written_ - read_ == capacity_ && !closed_) {
    ++wait_count_;
    if (!room_.wait_for(lock, kReceiverPatience, [this] { return closed_ || written_ - read_ < capacity_; })) return Push::receiver_gone;
  }
  if (closed_) return Push::closed;
  const StepSpan here = span(static_cast<uint32_t>(written_ % capacity_), 1);
  *slot = {const_cast<StepRow*>(here.rows),           const_cast<int32_t*>(here.candidate_ids),
           const_cast<float*>(here.candidate_logits), const_cast<float*>(here.block_milliseconds),
           const_cast<TraceStats*>(here.stats),       const_cast<uint64_t*>(here.hashes),
           const_cast<float*>(here.captures),         const_cast<float*>(here.logits)};
  return Push::done;
}

void StepQueue::publish() {
  const std::lock_guard lock(mutex_);
  ++written_;
}

void StepQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  room_.notify_all();
}

uint32_t StepQueue::pending() const {
  const std::lock_guard lock(mutex_);
  return static_cast<uint32_t>(written_ - read_);
}

StepSpan StepQueue::span(uint32_t first, uint32_t count) const {
  const auto at = [first](const auto& column, uint32_t width) { return width == 0 ? nullptr : column.data() + static_cast<size_t>(first) * width; };
  return {rows_.data() + first,
          count,
          at(candidate_ids_, layout_.candidates),
          at(candidate_logits_, layout_.candidates),
          at(block_milliseconds_, layout_.blocks),
          at(stats_, layout_.stats),
          at(hashes_, layout_.hashes),
          at(captures_, layout_.capture_width),
          at(logits_, layout_.logits_width)};
}

}  // namespace greta
