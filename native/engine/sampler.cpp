#include "engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "engine/random.h"

namespace greta {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Up to here a heap beats a selection over the whole set: nearly every value fails the first comparison.
constexpr uint32_t kHeapTopK = 1024;

Status out_of_range(const char* knob, const char* range, double found) {
  return {StatusCode::invalid_argument, std::string(knob) + " must be " + range + ", not " + std::to_string(found) + "."};
}

}  // namespace

Status check_sampler_settings(const SamplerSettings& settings, uint32_t vocabulary_size) {
  // Written so that NaN fails.
  const auto within = [](double value, double low, double high) { return value >= low && value <= high; };
  if (!within(settings.temperature, 0, 100)) return out_of_range("temperature", "in [0, 100]", settings.temperature);
  if (!within(settings.top_p, 0, 1) || settings.top_p == 0) return out_of_range("top-p", "in (0, 1]", settings.top_p);
  if (!within(settings.min_p, 0, 1)) return out_of_range("min-p", "in [0, 1]", settings.min_p);
  if (!within(settings.typical_p, 0, 1) || settings.typical_p == 0) return out_of_range("typical-p", "in (0, 1]", settings.typical_p);
  if (!within(settings.repeat_penalty, 0, 100) || settings.repeat_penalty == 0)
    return out_of_range("repeat penalty", "in (0, 100]", settings.repeat_penalty);
  if (!within(settings.frequency_penalty, -100, 100)) return out_of_range("frequency penalty", "in [-100, 100]", settings.frequency_penalty);
  if (!within(settings.presence_penalty, -100, 100)) return out_of_range("presence penalty", "in [-100, 100]", settings.presence_penalty);
  if (settings.penalty_window < -1) return out_of_range("penalty window", "-1 or more", settings.penalty_window);
  for (const LogitBias& entry : settings.logit_bias) {
    if (entry.id < 0 || static_cast<uint32_t>(entry.id) >= vocabulary_size)
      return {StatusCode::invalid_argument,
              "logit bias: token id " + std::to_string(entry.id) + " is not in [0, " + std::to_string(vocabulary_size) + ")."};
    if (std::isnan(entry.bias)) return {StatusCode::invalid_argument, "logit bias of token id " + std::to_string(entry.id) + " is not a number."};
  }
  return {};
}

Sampler::Sampler(uint32_t vocabulary_size)
    : vocabulary_size_(vocabulary_size),
      ids_(vocabulary_size),
      logits_(vocabulary_size),
      weights_(vocabulary_size),
      order_(vocabulary_size),
      counts_(vocabulary_size) {}

SampledToken Sampler::sample(const float* row, const SamplerSettings& settings, const int32_t* history, uint32_t history_length, uint64_t position) {
  fill(row);
  for (const SamplerStage stage : settings.order) {
    if (count_ == 0) return {};
    const bool drawing = settings.temperature > 0;
    switch (stage) {
      case SamplerStage::logit_bias:
        apply_bias(settings.logit_bias);
        break;
      case SamplerStage::penalties:
        apply_penalties(settings, history, history_length);
        break;
      case SamplerStage::temperature:
        if (drawing && settings.temperature != 1)
          for (uint32_t i = 0; i < count_; ++i) logits_[i] /= settings.temperature;
        break;
      case SamplerStage::top_k:
        if (drawing && settings.top_k > 0) keep_top_k(settings.top_k);
        break;
      case SamplerStage::typical:
        if (drawing && settings.typical_p < 1) keep_typical(settings.typical_p);
        break;
      case SamplerStage::top_p:
        if (drawing && settings.top_p < 1) keep_top_p(settings.top_p);
        break;
      case SamplerStage::min_p:
        if (drawing && settings.min_p > 0) keep_min_p(settings.min_p);
        break;
    }
  }
  if (count_ == 0) return {};
  return settings.temperature == 0 ? greedy() : draw(uniform_at(settings.seed, position));
}

// The whole vocabulary, less what cannot be chosen: NaN and -Inf.
void Sampler::fill(const float* row) {
  count_ = 0;
  for (uint32_t id = 0; id < vocabulary_size_; ++id) {
    ids_[count_] = static_cast<int32_t>(id);
    logits_[count_] = row[id];
    count_ += row[id] > -std::numeric_limits<float>::infinity();
  }
}

double* Sampler::logit_of(int32_t id) {
  const auto end = ids_.begin() + count_;
  // Without holes the id is its own index.
  if (static_cast<uint32_t>(id) < count_ && ids_[id] == id) return &logits_[id];
  const auto found = std::lower_bound(ids_.begin(), end, id);
  return found != end && *found == id ? &logits_[found - ids_.begin()] : nullptr;
}

void Sampler::apply_bias(const std::vector<LogitBias>& biases) {
  if (biases.empty()) return;
  for (const LogitBias& entry : biases)
    if (double* logit = logit_of(entry.id)) *logit += entry.bias;
  drop_impossible();
}

void Sampler::apply_penalties(const SamplerSettings& settings, const int32_t* history, uint32_t history_length) {
  if (!settings.has_penalties()) return;
  const uint32_t window = settings.penalty_window < 0 ? history_length : std::min(history_length, static_cast<uint32_t>(settings.penalty_window));
  const int32_t* recent = history + (history_length - window);
  for (uint32_t i = 0; i < window; ++i) ++counts_[recent[i]];
  for (uint32_t i = 0; i < window; ++i) {
    uint32_t& occurrences = counts_[recent[i]];
    if (occurrences == 0) continue;  // done at an earlier occurrence
    if (double* logit = logit_of(recent[i])) {
      *logit = *logit > 0 ? *logit / settings.repeat_penalty : *logit * settings.repeat_penalty;
      *logit -= occurrences * settings.frequency_penalty;
      *logit -= settings.presence_penalty;
    }
    occurrences = 0;
  }
}

// The k highest, ties to the lowest id.
void Sampler::keep_top_k(uint32_t k) {
  if (k >= count_) return;
  const auto better = [this](uint32_t a, uint32_t b) { return logits_[a] > logits_[b] || (logits_[a] == logits_[b] && a < b); };
  if (k <= kHeapTopK) {
    // A heap with the worst kept member on top. Indices ascend, so an equal newcomer never displaces it.
    for (uint32_t i = 0; i < k; ++i) order_[i] = i;
    std::make_heap(order_.begin(), order_.begin() + k, better);
    for (uint32_t i = k; i < count_; ++i) {
      if (!(logits_[i] > logits_[order_[0]])) continue;
      std::pop_heap(order_.begin(), order_.begin() + k, better);
      order_[k - 1] = i;
      std::push_heap(order_.begin(), order_.begin() + k, better);
    }
  } else {
    for (uint32_t i = 0; i < count_; ++i) order_[i] = i;
    std::nth_element(order_.begin(), order_.begin() + k, order_.begin() + count_, better);
  }
  compact(k);
}

// The shortest prefix, most probable first (ties to the lowest id), whose probability reaches `mass`.
void Sampler::keep_top_p(double mass) {
  const double highest = maximum();
  const double target = mass * compute_weights(highest);
  // Sorting 152k entries to keep 20 is the cost of a naive nucleus: look at ever wider neighbourhoods of the maximum.
  for (const double depth : {4.0, 8.0, 16.0, kInfinity}) {
    const double floor = std::exp(-depth);
    uint32_t near = 0;
    for (uint32_t i = 0; i < count_; ++i) {
      order_[near] = i;
      near += weights_[i] >= floor;
    }
    std::sort(order_.begin(), order_.begin() + near,
              [this](uint32_t a, uint32_t b) { return weights_[a] > weights_[b] || (weights_[a] == weights_[b] && a < b); });
    double cumulative = 0;
    for (uint32_t kept = 0; kept < near; ++kept) {
      cumulative += weights_[order_[kept]];
      if (cumulative >= target) return compact(kept + 1);
    }
  }
}

// Locally typical sampling, arXiv:2202.00666: the tokens whose surprisal is nearest the entropy, until they hold `mass`.
void Sampler::keep_typical(double mass) {
  const double highest = maximum();
  const double total = compute_weights(highest);
  // surprisal_i = ln total + (highest - logit_i), so the entropy needs no logarithm of its own. An infinite maximum has distance 0.
  const auto below = [&](uint32_t i) { return logits_[i] == highest ? 0.0 : highest - logits_[i]; };
  double mean_below = 0;
  for (uint32_t i = 0; i < count_; ++i)
    if (weights_[i] > 0) mean_below += weights_[i] * below(i);
  mean_below /= total;
  const auto distance = [&](uint32_t i) { return std::abs(below(i) - mean_below); };
  for (const double reach : {0.5, 2.0, 8.0, kInfinity}) {
    uint32_t near = 0;
    for (uint32_t i = 0; i < count_; ++i) {
      order_[near] = i;
      near += distance(i) <= reach;
    }
    std::sort(order_.begin(), order_.begin() + near, [&](uint32_t a, uint32_t b) {
      const double left = distance(a), right = distance(b);
      return left < right || (left == right && a < b);
    });
    double cumulative = 0;
    for (uint32_t kept = 0; kept < near; ++kept) {
      cumulative += weights_[order_[kept]];
      if (cumulative >= mass * total) return compact(kept + 1);
    }
  }
}

void Sampler::keep_min_p(double share) {
  const double floor = maximum() + std::log(share);
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    ids_[kept] = ids_[i];
    logits_[kept] = logits_[i];
    kept += logits_[i] >= floor;
  }
  count_ = kept;
}

SampledToken Sampler::greedy() const {
  uint32_t best = 0;
  for (uint32_t i = 1; i < count_; ++i)
    if (logits_[i] > logits_[best]) best = i;
  return {ids_[best], 0, count_};
}

// Inverse transform over the survivors in ascending id: no sort, and the order is a fact of the vocabulary.
SampledToken Sampler::draw(double uniform) {
  const double highest = maximum();
  const double total = compute_weights(highest);
  const double threshold = uniform * total;
  double cumulative = 0;
  uint32_t chosen = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    if (weights_[i] == 0) continue;
    chosen = i;
    cumulative += weights_[i];
    if (cumulative > threshold) break;
  }
  return {ids_[chosen], std::log(weights_[chosen] / total), count_};
}

double Sampler::maximum() const { return *std::max_element(logits_.begin(), logits_.begin() + count_); }

// weights_[i] = exp(logit - highest); where +Inf is present it takes everything. Returns their sum, in id order.
double Sampler::compute_weights(double highest) {
  double total = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    weights_[i] = logits_[i] == highest ? 1.0 : std::exp(logits_[i] - highest);
    total += weights_[i];
  }
  return total;
}

void Sampler::compact(uint32_t kept) {
  std::sort(order_.begin(), order_.begin() + kept);
  for (uint32_t i = 0; i < kept; ++i) {
    ids_[i] = ids_[order_[i]];
    logits_[i] = logits_[order_[i]];
  }
  count_ = kept;
}

void Sampler::drop_impossible() {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    ids_[kept] = ids_[i];
    logits_[kept] = logits_[i];
    kept += logits_[i] > -kInfinity;
  }
  count_ = kept;
}

}  // namespace greta
