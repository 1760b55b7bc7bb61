// The gated activation of llama's feed-forward block (Shazeer 2020, arXiv:2002.05202).
#pragma once

#include <cstdint>

namespace greta::ops {

// y[i] = gate[i] / (1 + exp(-gate[i])) * up[i], i < count. f64 inside, rounded once. y may alias either input.
// gate = -inf gives NaN (-inf / inf), as the formula says.
void swiglu(const float* gate, const float* up, uint64_t count, float* y);

// y[i] = a[i] + b[i]: the residual connection. y may alias either input.
void add(const float* a, const float* b, uint64_t count, float* y);

}  // namespace greta::ops
