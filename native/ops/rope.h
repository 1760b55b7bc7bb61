// Rotary position embedding (Su et al. 2021, arXiv:2104.09864), with YaRN's magnitude (Peng et al. 2023, arXiv:2309.00071).
#pragma once

#include <cstdint>

#include "base/weight_view.h"

namespace greta::ops {

// Rotates the first rope_dims dimensions of every head of one row in place:
//   (a, b) -> magnitude * (a cos - b sin, a sin + b cos), angle = position * inverse_frequencies[pair].
// Pair p is (2p, 2p+1) when interleaved, (p, p + rope_dims/2) when half_split. row: (heads, head_dim) f32.
// Angle, sine, cosine and the rotation are f64; the result is rounded once.
void rope(float* row, uint32_t heads, uint32_t head_dim, RopePairing pairing, uint32_t rope_dims, const double* inverse_frequencies, double magnitude,
          uint32_t position);

}  // namespace greta::ops
