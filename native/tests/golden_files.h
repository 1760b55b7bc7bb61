// Test code only: the independent float64 results in ../shared/golden.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace greta::testing {

struct GoldenStatistics {
  uint32_t trace_index;
  double min, max, mean, rms;  // over all prompt positions
};

struct GoldenRun {
  std::vector<int32_t> prompt_ids, greedy_ids;
  std::vector<GoldenStatistics> statistics;
  std::vector<float> logits;  // (prompt positions, vocab)
};

// `stem` is a path without ".json" / ".logits.npy". False when a file is absent.
bool read_golden(const std::string& stem, uint32_t layer_count, GoldenRun* run);

// sum (a-b)^2 / sum b^2, b being the truth.
double normalized_error(const float* a, const float* b, uint64_t count);

}  // namespace greta::testing
