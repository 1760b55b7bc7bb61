// Chooses a token from a raw logits row. The stages and their definitions are spelled out, slowly, in
// src/shared/sampling/reference.ts; this one gives the same ids and is fast on vocabularies of 152k.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"

namespace greta {

enum class SamplerStage : uint32_t { logit_bias, penalties, temperature, top_k, typical, top_p, min_p };
inline constexpr uint32_t kSamplerStageCount = 7;

struct LogitBias {
  int32_t id;
  float bias;
};

// The neutral value of a knob switches its stage off; ranges are checked by check_sampler_settings().
struct SamplerSettings {
  double temperature = 0;  // 0 = greedy
  uint32_t top_k = 0;      // 0 = all
  double top_p = 1;
  double min_p = 0;
  double typical_p = 1;
  double repeat_penalty = 1;
  double frequency_penalty = 0;
  double presence_penalty = 0;
  int32_t penalty_window = 0;  // last tokens that the penalties look at; -1 = all
  uint64_t seed = 0;
  std::vector<LogitBias> logit_bias;
  std::vector<SamplerStage> order = {SamplerStage::logit_bias, SamplerStage::penalties, SamplerStage::temperature, SamplerStage::top_k,
                                     SamplerStage::typical,    SamplerStage::top_p,     SamplerStage::min_p};

  bool has_penalties() const { return penalty_window != 0 && (repeat_penalty != 1 || frequency_penalty != 0 || presence_penalty != 0); }
  // Nothing but the highest raw logit decides.
  bool plain_greedy() const { return temperature == 0 && !has_penalties() && logit_bias.empty(); }
};

// invalid_argument naming the knob, its range and the value found.
Status check_sampler_settings(const SamplerSettings& settings, uint32_t vocabulary_size);

struct SampledToken {
  int32_t id = -1;              // -1: no value above -Inf was left to choose from
  double log_probability = 0;   // of the draw, after all stages; 0 when greedy
  uint32_t survivor_count = 0;  // tokens that could have been drawn
};

class Sampler {
 public:
  // Allocates its scratch once, scratch_bytes() of it; sample() allocates nothing.
  explicit Sampler(uint32_t vocabulary_size);

  static uint64_t scratch_bytes(uint32_t vocabulary_size) { return uint64_t{vocabulary_size} * (2 * sizeof(double) + 3 * sizeof(uint32_t)); }

  // row: (vocabulary) raw logits, not changed. history: the sequence so far (prompt included), whose end the penalties
  // look at. position: where the chosen token goes; it keys the random number.
  SampledToken sample(const float* row, const SamplerSettings& settings, const int32_t* history, uint32_t history_length, uint64_t position);

  // After sample() with temperature > 0: the ids that could have been drawn, ascending, and their final logits.
  const int32_t* survivor_ids() const { return ids_.data(); }
  const double* survivor_logits() const { return logits_.data(); }
  uint32_t survivor_count() const { return count_; }

 private:
  void fill(const float* row);
  void apply_bias(const std::vector<LogitBias>& biases);
  void apply_penalties(const SamplerSettings& settings, const int32_t* history, uint32_t history_length);
  void keep_top_k(uint32_t k);
  void keep_top_p(double mass);
  void keep_typical(double mass);
  void keep_min_p(double share);
  SampledToken greedy() const;
  SampledToken draw(double uniform);

  double* logit_of(int32_t id);
  double maximum() const;
  double compute_weights(double highest);
  // Keeps the members order_[0, kept) points at.
  void compact(uint32_t kept);
  void drop_impossible();

  const uint32_t vocabulary_size_;
  // The current set: ids ascend, the first count_ entries of each column are valid.
  std::vector<int32_t> ids_;
  std::vector<double> logits_, weights_;
  std::vector<uint32_t> order_;   // indices into the set: scratch of the stages that sort a part of it
  std::vector<uint32_t> counts_;  // by id: occurrences in the penalty window; all zero between calls
  uint32_t count_ = 0;
};

}  // namespace greta
