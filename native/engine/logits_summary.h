// What a step reports about a raw logits row without copying it: its best candidates and the shape of its distribution.
#pragma once

#include <cstdint>

namespace greta {

inline constexpr uint32_t kMaxCandidates = 64;

struct LogitsSummary {
  double log_sum_exp = 0;  // ln sum exp(logit) over the values that are not NaN
  double entropy = 0;      // of softmax(row), nats
  float margin = 0;        // highest minus second highest; 0 when the vocabulary has one entry
  uint32_t nan_count = 0;
  uint32_t candidate_count = 0;  // min(asked, values that are not NaN)
  int32_t candidate_ids[kMaxCandidates];
  float candidate_logits[kMaxCandidates];  // descending, ties to the lowest id
};

// row: (size) f32. NaN counts as absent; +Inf takes all of the distribution, shared evenly among equals.
// `wanted` <= kMaxCandidates. With no value above -Inf: log_sum_exp = -Inf, entropy = 0.
void summarise_logits(const float* row, uint32_t size, uint32_t wanted, LogitsSummary* summary);

// How many values are higher than row[id], or equal with a lower id. NaN is below everything.
uint32_t rank_of_logit(const float* row, uint32_t size, uint32_t id);

}  // namespace greta
