#include "engine/tensor_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/dequantize.h"

namespace greta {

namespace {

// Calls visit(weight) for every weight, in order.
template <typename Visit>
bool for_each_weight(DType type, const uint8_t* data, uint64_t rows, uint64_t cols, const std::function<bool()>& keep_going, Visit&& visit) {
  std::vector<float> row(cols);
  const uint64_t stride = row_bytes(type, cols);
  for (uint64_t r = 0; r < rows; ++r) {
    if (!keep_going()) return false;
    ops::dequantize(type, data + r * stride, cols, row.data());
    for (const float weight : row) visit(weight);
  }
  return true;
}

}  // namespace

Status tensor_statistics(DType type, const uint8_t* data, uint64_t rows, uint64_t cols, uint32_t bins, const std::function<bool()>& keep_going,
                         TensorStatistics* statistics) {
  const Status cancelled{StatusCode::cancelled, "The statistics were cancelled."};
  TensorStatistics& s = *statistics;
  s = {};
  double low = std::numeric_limits<double>::infinity(), high = -low, sum = 0, squares = 0;
  uint64_t finite = 0;
  const bool counted = for_each_weight(type, data, rows, cols, keep_going, [&](float weight) {
    ++s.count;
    if (std::isnan(weight)) {
      ++s.nan_count;
    } else if (std::isinf(weight)) {
      ++(weight > 0 ? s.positive_infinity_count : s.negative_infinity_count);
    } else {
      const double value = weight;
      ++finite;
      s.zero_count += weight == 0;
      low = std::min(low, value);
      high = std::max(high, value);
      sum += value;
      squares += value * value;
    }
  });
  if (!counted) return cancelled;
  if (finite == 0) return {};
  s.min = low;
  s.max = high;
  s.mean = sum / static_cast<double>(finite);
  s.rms = std::sqrt(squares / static_cast<double>(finite));
  s.absmax = std::max(std::abs(low), std::abs(high));
  if (bins == 0) return {};
  s.histogram.assign(bins, 0);
  const double scale = high > low ? bins / (high - low) : 0;
  const bool binned = for_each_weight(type, data, rows, cols, keep_going, [&](float weight) {
    if (!std::isfinite(weight)) return;
    ++s.histogram[std::min<uint64_t>(bins - 1, static_cast<uint64_t>((weight - low) * scale))];
  });
  return binned ? Status{} : cancelled;
}

}  // namespace greta
