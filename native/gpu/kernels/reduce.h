// Block reductions with one fixed order, and small functions whose bits every path must share.
#pragma once

#include "gpu/gx/gx.h"

namespace greta::gpu {

// Threads of every kernel whose reduction order is part of the arithmetic: eight waves.
inline constexpr int kWaves = 8;
inline constexpr int kBlockThreads = kWaves * GX_WAVE;

// Sum over a block of kBlockThreads; every thread calls it. `lds` holds kWaves floats.
GX_DEVICE float block_sum(float value, float* lds) {
  value = gx::wave_sum(value);
  if (gx::lane() == 0) lds[gx::wave()] = value;
  __syncthreads();
  float total = 0;
#pragma unroll
  for (int w = 0; w < kWaves; w++) total += lds[w];
  __syncthreads();
  return total;
}

// The values of a row of `columns` (a multiple of 4) that this thread holds, 4 at a time, in registers for rows of up to
// kHeldQuads * 4 * kBlockThreads; longer rows are read again.
inline constexpr int kHeldQuads = 4;
struct RowQuads {
  gx::U4 quads[kHeldQuads];
  GX_DEVICE void load(RowQuads& out, const float* row, uint32_t columns) {
#pragma unroll
    for (int n = 0; n < kHeldQuads; n++) {
      const uint32_t i = (threadIdx.x + n * kBlockThreads) * 4;
      out.quads[n] = i < columns ? gx::load16(row + i) : gx::U4{{0, 0, 0, 0}};
    }
  }
};
GX_DEVICE float add_squares(const gx::U4& v, float sum) {
#pragma unroll
  for (int j = 0; j < 4; j++) {
    const float x = gx::bits_as<float>(v.v[j]);
    sum = gx::multiply_add(x, x, sum);
  }
  return sum;
}
// 1 / sqrt(mean(x^2) + epsilon): RMSNorm, arXiv:1910.07467. `held` was loaded from `row`.
GX_DEVICE float inverse_rms(const RowQuads& held, const float* row, uint32_t columns, float epsilon, float* lds) {
  float sum = 0;
#pragma unroll
  for (int n = 0; n < kHeldQuads; n++) sum = add_squares(held.quads[n], sum);
  for (uint32_t i = (threadIdx.x + kHeldQuads * kBlockThreads) * 4; i < columns; i += kBlockThreads * 4) sum = add_squares(gx::load16(row + i), sum);
  sum = block_sum(sum, lds);
  return rsqrtf(sum / static_cast<float>(columns) + epsilon);
}

// silu(gate) * up, arXiv:2002.05202.
GX_DEVICE float silu_times(float gate, float up) {
  const float sigmoid_inverse = 1.0f + gx::exp2_fast(-gate * gx::kLog2E);
  return gate / sigmoid_inverse * up;
}

}  // namespace greta::gpu
