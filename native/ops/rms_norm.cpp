#include "ops/rms_norm.h"

#include <cmath>

namespace greta::ops {

void rms_norm(const float* x, const float* w, uint32_t rows, uint32_t cols, float epsilon, float* y) {
  for (uint32_t r = 0; r < rows; ++r) {
    const float* row = x + static_cast<uint64_t>(r) * cols;
    float* out = y + static_cast<uint64_t>(r) * cols;
    double sum = 0;
    for (uint32_t c = 0; c < cols; ++c) sum += static_cast<double>(row[c]) * row[c];
    const double scale = 1.0 / std::sqrt(sum / cols + static_cast<double>(epsilon));
    for (uint32_t c = 0; c < cols; ++c) out[c] = static_cast<float>(row[c] * scale * w[c]);
  }
}

}  // namespace greta::ops
