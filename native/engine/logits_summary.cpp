#include "engine/logits_summary.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace greta {

namespace {

// exp(-60) is 9e-27: even 10^6 such terms are below the last bit of a sum that holds the maximum's 1.
constexpr double kNegligibleBelowMaximum = -60.0;

// Keeps the best `wanted` of a stream of (id, logit) whose ids ascend, in order. Most values fail the first comparison.
struct BestOfRow {
  int32_t* ids;
  float* logits;
  uint32_t wanted;
  uint32_t count = 0;

  void offer(int32_t id, float logit) {
    if (count == wanted) {
      if (!(logit > logits[count - 1])) return;
      --count;
    }
    uint32_t slot = count++;
    for (; slot > 0 && logits[slot - 1] < logit; --slot) {
      logits[slot] = logits[slot - 1];
      ids[slot] = ids[slot - 1];
    }
    logits[slot] = logit;
    ids[slot] = id;
  }
};

}  // namespace

void summarise_logits(const float* row, uint32_t size, uint32_t wanted, LogitsSummary* summary) {
  *summary = LogitsSummary{};
  // Two are always kept: the margin needs them.
  int32_t pair_ids[2];
  float pair_logits[2];
  const bool own = wanted >= 2;
  BestOfRow best{own ? summary->candidate_ids : pair_ids, own ? summary->candidate_logits : pair_logits, own ? std::min(wanted, kMaxCandidates) : 2u};
  for (uint32_t id = 0; id < size; ++id) {
    const float logit = row[id];
    if (std::isnan(logit)) {
      ++summary->nan_count;
      continue;
    }
    best.offer(static_cast<int32_t>(id), logit);
  }
  summary->candidate_count = std::min(wanted, best.count);
  if (!own && wanted == 1 && best.count > 0) {
    summary->candidate_ids[0] = pair_ids[0];
    summary->candidate_logits[0] = pair_logits[0];
  }
  const float highest = best.count > 0 ? best.logits[0] : -std::numeric_limits<float>::infinity();
  if (best.count > 1 && best.logits[0] != best.logits[1]) summary->margin = best.logits[0] - best.logits[1];

  if (std::isinf(highest)) {
    // -Inf everywhere: no distribution. +Inf somewhere: uniform over those that are.
    summary->log_sum_exp = highest;
    const auto equals = std::count(row, row + size, highest);
    summary->entropy = highest > 0 ? std::log(static_cast<double>(equals)) : 0;
    return;
  }
  double sum = 0, weighted = 0;
  for (uint32_t id = 0; id < size; ++id) {
    const double below = static_cast<double>(row[id]) - highest;
    if (!(below > kNegligibleBelowMaximum)) continue;  // also NaN
    const double weight = std::exp(below);
    sum += weight;
    weighted += weight * below;
  }
  summary->log_sum_exp = highest + std::log(sum);
  summary->entropy = std::max(0.0, std::log(sum) - weighted / sum);
}

uint32_t rank_of_logit(const float* row, uint32_t size, uint32_t id) {
  const float chosen = row[id];
  uint32_t rank = 0;
  if (std::isnan(chosen)) {
    for (uint32_t other = 0; other < size; ++other) rank += !std::isnan(row[other]) || other < id;
    return rank;
  }
  for (uint32_t other = 0; other < id; ++other) rank += row[other] >= chosen;
  for (uint32_t other = id + 1; other < size; ++other) rank += row[other] > chosen;
  return rank;
}

}  // namespace greta
