// Root-mean-square normalisation (Zhang, Sennrich 2019, arXiv:1910.07467).
#pragma once

#include <cstdint>

namespace greta::ops {

// y[r,c] = x[r,c] * w[c] / sqrt(mean_c(x[r,c]^2) + epsilon)
// x, y: (rows, cols) row-major f32, may alias. w: (cols). Sums and the quotient in f64, y rounded once.
void rms_norm(const float* x, const float* w, uint32_t rows, uint32_t cols, float epsilon, float* y);

}  // namespace greta::ops
