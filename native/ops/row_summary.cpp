#include "ops/row_summary.h"

#include <bit>
#include <cmath>

namespace greta::ops {

TraceStats row_statistics(const float* row, uint32_t width) {
  TraceStats stats{};
  double sum = 0, squares = 0;
  uint32_t finite = 0;
  for (uint32_t i = 0; i < width; ++i) {
    const float value = row[i];
    if (std::isnan(value)) {
      ++stats.nan_count;
    } else if (std::isinf(value)) {
      ++(value > 0 ? stats.positive_infinity_count : stats.negative_infinity_count);
    } else {
      if (value == 0) ++stats.zero_count;
      if (finite == 0 || value < stats.min) stats.min = value;
      if (finite == 0 || value > stats.max) stats.max = value;
      if (std::fabs(value) > stats.absmax) stats.absmax = std::fabs(value);
      sum += value;
      squares += static_cast<double>(value) * value;
      ++finite;
    }
  }
  if (finite != 0) {
    stats.mean = static_cast<float>(sum / finite);
    stats.rms = static_cast<float>(std::sqrt(squares / finite));
  }
  return stats;
}

uint64_t row_hash(const float* row, uint32_t width) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (uint32_t i = 0; i < width; ++i) hash = (hash ^ std::bit_cast<uint32_t>(row[i])) * 0x100000001b3u;
  return hash == 0 ? 1 : hash;
}

uint32_t argmax(const float* values, uint32_t count) {
  uint32_t best = 0;
  for (uint32_t i = 1; i < count; ++i)
    if (values[i] > values[best] || (std::isnan(values[best]) && !std::isnan(values[i]))) best = i;
  return best;
}

}  // namespace greta::ops
