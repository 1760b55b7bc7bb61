// Device side of the cache: where a key and a value lie, rotation, storing. Shared by the attention kernels.
#pragma once

#include "gpu/kernels/attention.h"
#include "gpu/kernels/reduce.h"

namespace greta::gpu {

inline constexpr float kMinusInfinity = -INFINITY, kNotANumber = NAN;
inline constexpr uint32_t kMaximumDim = 256;

GX_DEVICE uint64_t key_offset(const AttentionShape& s, uint32_t kv_head, uint32_t position) {
  return (uint64_t{kv_head} * s.capacity + position) * s.padded_dim;
}
GX_DEVICE uint64_t value_offset(const AttentionShape& s, uint32_t kv_head, uint32_t position, uint32_t dim) {
  return ((uint64_t{kv_head} * (s.capacity / 32) + position / 32) * s.padded_dim + dim) * 32 + position % 32;
}

// One wave: optional per-head RMS norm, then RoPE (arXiv:2104.09864) of head_dim values at `source`; result in `scratch`.
GX_DEVICE void rotate_head(const AttentionJob& job, const float* source, const float* norm, uint32_t position, float* scratch) {
  const AttentionShape& s = job.shape;
  float scale = 1.0f;
  if (norm) {
    float sum = 0;
    for (uint32_t i = gx::lane(); i < s.head_dim; i += GX_WAVE) sum = gx::multiply_add(source[i], source[i], sum);
    scale = rsqrtf(gx::wave_sum(sum) / static_cast<float>(s.head_dim) + s.norm_epsilon);
  }
  const auto at = [&](uint32_t i) { return norm ? source[i] * scale * norm[i] : source[i]; };
  const uint32_t pairs = s.rope_dims / 2;
  const float* rotation = job.rotations + uint64_t{position - job.first_rotation} * s.rope_dims;
  for (uint32_t p = gx::lane(); p < pairs; p += GX_WAVE) {
    const uint32_t a = s.half_split ? p : 2 * p, b = s.half_split ? p + pairs : 2 * p + 1;
    const float cosine = rotation[2 * p], sine = rotation[2 * p + 1], x = at(a), y = at(b);
    scratch[a] = gx::multiply_add(x, cosine, -(y * sine));
    scratch[b] = gx::multiply_add(x, sine, y * cosine);
  }
  for (uint32_t i = s.rope_dims + gx::lane(); i < s.head_dim; i += GX_WAVE) scratch[i] = at(i);
  gx::wave_sync();
}

GX_DEVICE void store_key(const AttentionJob& job, uint32_t kv_head, uint32_t position, const float* rotated) {
  uint16_t* target = job.cache.k + key_offset(job.shape, kv_head, position);
  for (uint32_t i = gx::lane(); i < job.shape.head_dim; i += GX_WAVE) target[i] = gx::float_to_half(rotated[i]);
}
GX_DEVICE void store_value(const AttentionJob& job, uint32_t kv_head, uint32_t position, uint32_t dim, float value) {
  const uint16_t half = gx::float_to_half(value);
  job.cache.v[value_offset(job.shape, kv_head, position, dim)] = half;
  if ((half & 0x7c00u) == 0x7c00u) atomicAdd(job.cache.nonfinite, 1u);
}

}  // namespace greta::gpu
