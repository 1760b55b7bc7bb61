// What one evaluated position reports: the columns of its row in the step queue.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/run.h"

namespace greta {

namespace {

constexpr float kNotComputed = std::numeric_limits<float>::quiet_NaN();

}  // namespace

Status Run::emit(uint32_t position, int32_t id, const float* row, uint32_t staged, StepPhase phase, double step_milliseconds, bool speculated) {
  StepSlot slot{};
  switch (engine_.steps_.begin(&slot)) {
    case StepQueue::Push::done:
      break;
    case StepQueue::Push::closed:
      return {StatusCode::cancelled, "The session was closed."};
    case StepQueue::Push::receiver_gone:
      return {StatusCode::internal,
              "Nobody took the events of this request for " + std::to_string(kReceiverPatience.count()) + " seconds: it was ended."};
  }
  StepRow& out = *slot.row;
  out = StepRow{};
  out.position = static_cast<int32_t>(position);
  out.input_id = sequence_[position];
  out.id = id;
  out.phase = phase;
  out.speculated = speculated;
  out.step_milliseconds = static_cast<float>(step_milliseconds);
  out.end_milliseconds = elapsed();
  if (phase == StepPhase::generated) token_milliseconds_ = out.end_milliseconds;
  fill_distribution(row, id, slot);
  out.row_kept = row != nullptr && engine_.history_.has(position);

  const StepLayout& layout = engine_.steps_.layout();
  if (slot.block_milliseconds != nullptr) {
    const uint32_t outside = layout.blocks - kTimedBlockCount;
    double accounted = 0;
    for (uint32_t i = 0; i < layout.blocks; ++i) {
      const double each = static_cast<double>(engine_.block_nanoseconds_[i]) * 1e-6 / forward_count_;
      slot.block_milliseconds[i] = static_cast<float>(each);
      accounted += each;
    }
    slot.block_milliseconds[outside + static_cast<uint32_t>(TimedBlock::sampling)] = static_cast<float>(sampling_milliseconds_);
    const double gap = step_milliseconds - accounted - sampling_milliseconds_;
    slot.block_milliseconds[outside + static_cast<uint32_t>(TimedBlock::host_gap)] = static_cast<float>(std::max(0.0, gap));
  }
  if (slot.stats != nullptr) {
    const TraceStats* from = engine_.stats_staging_.data() + static_cast<size_t>(staged) * layout.stats;
    std::memcpy(slot.stats, from, layout.stats * sizeof(TraceStats));
    for (uint32_t i = 0; i < layout.stats; ++i) outcome_.nan_count += from[i].nan_count;
  } else {
    outcome_.nan_count += out.logit_nan_count;
  }
  if (slot.hashes != nullptr)
    std::memcpy(slot.hashes, engine_.hashes_staging_.data() + static_cast<size_t>(staged) * layout.hashes, layout.hashes * sizeof(uint64_t));
  float* captured = slot.captures;
  for (size_t i = 0; i < captures_.size(); ++i) {
    const uint32_t width = captures_[i].width;
    std::memcpy(captured, capture_staging_[i].data() + static_cast<size_t>(staged) * width, width * sizeof(float));
    captured += width;
  }
  if (slot.logits != nullptr) std::memcpy(slot.logits, row, layout.logits_width * sizeof(float));
  engine_.steps_.publish();
  wake_();
  return {};
}

// A row that no token can be chosen from (all NaN, say) is reported all the same, then the failure: its statistics are the ones
// that show where the trouble began. It is no generated row: no token comes of it.
Status Run::emit_unchosen(const Status& failure, uint32_t position, const float* row, uint32_t staged, double step_milliseconds) {
  GRETA_RETURN_IF_ERROR(emit(position, -1, row, staged, StepPhase::prompt, step_milliseconds));
  return failure;
}

void Run::fill_distribution(const float* row, int32_t id, const StepSlot& slot) {
  StepRow& out = *slot.row;
  const uint32_t candidates = engine_.steps_.layout().candidates;
  const bool summarised = row != nullptr && request_.candidates > 0;
  out.chosen_logit = row != nullptr && id >= 0 ? row[id] : kNotComputed;
  out.sampler_log_probability = row != nullptr && request_.kind == RunKind::generate && out.phase == StepPhase::generated
                                    ? static_cast<float>(sampled_.log_probability)
                                    : kNotComputed;
  out.log_sum_exp = summarised ? static_cast<float>(summary_.log_sum_exp) : kNotComputed;
  out.entropy = summarised ? static_cast<float>(summary_.entropy) : kNotComputed;
  out.margin = summarised ? summary_.margin : kNotComputed;
  out.logit_nan_count = summarised ? summary_.nan_count : 0;
  out.log_probability = summarised && id >= 0 ? static_cast<float>(static_cast<double>(row[id]) - summary_.log_sum_exp) : kNotComputed;
  out.rank = summarised && id >= 0 ? static_cast<int32_t>(rank_of_logit(row, engine_.model().vocab_size, static_cast<uint32_t>(id))) : -1;
  const uint32_t filled = summarised ? summary_.candidate_count : 0;
  for (uint32_t i = 0; i < candidates; ++i) {
    slot.candidate_ids[i] = i < filled ? summary_.candidate_ids[i] : -1;
    slot.candidate_logits[i] = i < filled ? summary_.candidate_logits[i] : kNotComputed;
  }
}

}  // namespace greta
