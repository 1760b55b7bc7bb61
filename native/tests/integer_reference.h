// Integer products (backend/cpu/integer_table.h) as their definition reads, one number at a time: what every instruction set's bits
// are compared with. Shares no code with the kernels: integers come from the specification's f32 weights with scales of one.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/half.h"
#include "base/weight_view.h"
#include "ops/dequantize.h"

namespace greta::testing {

struct IntegerWeights {
  uint32_t scale_columns;         // that share a scale: 32 or 256
  std::vector<int64_t> quants;    // a row's, times sub-block scales
  std::vector<int64_t> minimums;  // of every 32 columns; only with blocks of 256
  std::vector<float> scales;      // of every scale_columns columns
  std::vector<float> subtracted;  // times minimums (256), or a group's minimum itself (32)
};

inline IntegerWeights integer_row(DType type, const uint8_t* row, uint32_t cols) {
  const DTypeFacts& facts = *dtype_facts(type);
  const bool large = facts.block_weights == 256;
  const bool has_second = type == DType::q4_1 || type == DType::q5_1 || type == DType::q4_k || type == DType::q5_k;
  const size_t place = type == DType::q6_k ? offsetof(BlockQ6_K, d) : 0;
  std::vector<uint8_t> block(facts.block_bytes);
  std::vector<float> values(facts.block_weights);
  // The block's weights if its scale were `d` and its minimum (or the minimums' scale) `m`.
  const auto weights_with = [&](const uint8_t* stored, HalfBits d, HalfBits m) {
    std::copy_n(stored, block.size(), block.begin());
    std::memcpy(block.data() + place, &d, 2);
    if (has_second) std::memcpy(block.data() + place + 2, &m, 2);
    ops::dequantize(type, block.data(), facts.block_weights, values.data());
  };
  constexpr HalfBits kOne = 0x3c00;
  IntegerWeights result{facts.block_weights, {}, {}, {}, {}};
  for (uint32_t first = 0; first < cols; first += facts.block_weights) {
    const uint8_t* stored = row + static_cast<size_t>(first / facts.block_weights) * facts.block_bytes;
    HalfBits halves[2] = {};
    std::memcpy(halves, stored + place, has_second ? 4 : 2);
    result.scales.push_back(half_to_float(halves[0]));
    const float second = half_to_float(halves[1]);
    result.subtracted.push_back(large ? second : -second);
    weights_with(stored, kOne, 0);
    for (const float value : values) result.quants.push_back(static_cast<int64_t>(value));
    if (!large) continue;
    if (has_second) weights_with(stored, 0, kOne);
    for (uint32_t group = 0; group < 8; ++group) result.minimums.push_back(has_second ? -static_cast<int64_t>(values[group * 32]) : 0);
  }
  return result;
}

struct IntegerInput {
  uint32_t planes;                        // 1 or 2
  std::vector<int64_t> high, low;         // a column's, low only with two planes
  std::vector<float> scales, group_sums;  // of every 256 columns; of every 32
};

inline IntegerInput integer_input(const float* x, uint32_t cols, uint32_t planes) {
  IntegerInput result{planes, {}, {}, {}, {}};
  for (uint32_t first = 0; first < cols; first += 256) {
    const uint32_t end = std::min(cols, first + 256);
    float largest = 0;
    for (uint32_t c = first; c < end; ++c) largest = std::max(largest, std::fabs(x[c]));
    int exponent = -90;
    if (largest > 0 && std::frexp(largest, &exponent) > 1.0f - 0x1p-13f) ++exponent;
    exponent = std::max(exponent, -90);
    const int bits = planes == 1 ? 13 : 27;
    result.scales.push_back(std::ldexp(1.0f, exponent - bits));
    for (uint32_t c = first; c < end; ++c) {
      const auto quant = static_cast<int64_t>(std::nearbyint(std::ldexp(static_cast<double>(x[c]), bits - exponent)));
      const auto high = planes == 1 ? quant : static_cast<int64_t>(std::floor(static_cast<double>(quant) / 16384 + 0.5));
      result.high.push_back(high);
      result.low.push_back(planes == 1 ? 0 : quant - high * 16384);
    }
    for (uint32_t group = first; group < end; group += 32) {
      int64_t sum = 0;
      for (uint32_t c = group; c < std::min(end, group + 32); ++c) sum += planes == 1 ? result.high[c] : result.high[c] * 16384 + result.low[c];
      result.group_sums.push_back(static_cast<float>(static_cast<double>(sum) * static_cast<double>(result.scales.back())));
    }
  }
  return result;
}

inline float integer_product(const IntegerWeights& weights, const IntegerInput& input) {
  const auto joined = [&](int64_t high, int64_t low) {
    return input.planes == 1 ? static_cast<float>(high) : std::fma(static_cast<float>(high), 16384.0f, static_cast<float>(low));
  };
  const auto cols = static_cast<uint32_t>(input.high.size());
  float total = 0;
  for (uint32_t first = 0; first < cols; first += weights.scale_columns) {
    const uint32_t end = std::min(cols, first + weights.scale_columns), unit = first / weights.scale_columns;
    int64_t high = 0, low = 0;
    for (uint32_t c = first; c < end; ++c) {
      high += weights.quants[c] * input.high[c];
      low += weights.quants[c] * input.low[c];
    }
    const float scale = input.scales[first / 256];
    total = std::fma(joined(high, low), weights.scales[unit] * scale, total);
    if (weights.scale_columns == 32) {
      total = std::fma(-weights.subtracted[unit], input.group_sums[unit], total);
      continue;
    }
    high = low = 0;
    for (uint32_t c = first; c < end; ++c) {
      high += weights.minimums[c / 32] * input.high[c];
      low += weights.minimums[c / 32] * input.low[c];
    }
    total = std::fma(-joined(high, low), weights.subtracted[unit] * scale, total);
  }
  return total;
}

// (tokens, rows)
inline std::vector<float> integer_products(const WeightView& weight, const std::vector<float>& x, uint32_t planes) {
  std::vector<float> y(x.size() / weight.cols * weight.rows);
  for (uint32_t r = 0; r < weight.rows; ++r) {
    const IntegerWeights row =
        integer_row(weight.type, static_cast<const uint8_t*>(weight.data) + r * row_bytes(weight.type, weight.cols), weight.cols);
    for (size_t t = 0; t < x.size() / weight.cols; ++t)
      y[t * weight.rows + r] = integer_product(row, integer_input(x.data() + t * weight.cols, weight.cols, planes));
  }
  return y;
}

}  // namespace greta::testing
