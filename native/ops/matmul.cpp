#include "ops/matmul.h"

#include "ops/dequantize.h"

namespace greta::ops {

void matmul(const WeightView& weight, uint32_t head_dim, const float* x, uint32_t tokens, uint32_t row_begin, uint32_t row_end, float* row_scratch,
            float* y, uint64_t y_stride) {
  const uint32_t cols = weight.cols;
  for (uint32_t r = row_begin; r < row_end; ++r) {
    dequantize(weight.type, weight_row(weight, r, head_dim), cols, row_scratch);
    for (uint32_t t = 0; t < tokens; ++t) {
      const float* input = x + static_cast<uint64_t>(t) * cols;
      double sum = 0;
      for (uint32_t c = 0; c < cols; ++c) sum += static_cast<double>(row_scratch[c]) * input[c];
      y[t * y_stride + r] = static_cast<float>(sum);
    }
  }
}

}  // namespace greta::ops
