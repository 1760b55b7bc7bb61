// Stored weights to f32: the specification of all 13 tensor types. Every scale * quant product of these formats is exact in
// f32 (at most 24 significant bits), so only the final subtraction or addition rounds: a fused multiply-add and separate
// operations give the same bits, and every faster path must too.
#pragma once

#include <cstdint>

#include "base/dtype.h"

namespace greta::ops {

// Expands `count` weights that start at `source` (the first byte of a block). count is a whole number of blocks of `type`;
// output holds `count` f32. Block layouts and formulas: base/dtype.h and ggml's ggml-quants.c.
void dequantize(DType type, const void* source, uint64_t count, float* output);

// The 6-bit (scale, minimum) pair of group `group` (0..7) of Q4_K and Q5_K, from the block's 12 scale bytes.
struct ScaleMinimum {
  uint8_t scale, minimum;
};
constexpr ScaleMinimum unpack_scale_minimum(const uint8_t* scales, uint32_t group) {
  if (group < 4) return {static_cast<uint8_t>(scales[group] & 63), static_cast<uint8_t>(scales[group + 4] & 63)};
  return {static_cast<uint8_t>((scales[group + 4] & 15) | ((scales[group - 4] >> 6) << 4)),
          static_cast<uint8_t>((scales[group + 4] >> 4) | ((scales[group] >> 6) << 4))};
}

// The 6-bit scale of group `group` (0..15) of Q3_K, already less its bias: -32..31.
constexpr int unpack_q3_scale(const uint8_t* scales, uint32_t group) {
  const uint32_t low = group < 8 ? scales[group] & 15u : scales[group - 8] >> 4;
  const uint32_t high = (scales[8 + group % 4] >> (2 * (group / 4))) & 3u;
  return static_cast<int>(low | (high << 4)) - 32;
}

}  // namespace greta::ops
