// Rotation and the cache: rows in, rows out, for both cache types.
#include "gpu/kernels/attention_cache.h"

#include "gpu/kernels/packed_format.h"

namespace greta::gpu {
namespace {

GX_DEVICE uint64_t f32_offset(const AttentionShape& s, uint32_t kv_head, uint32_t position) {
  return (uint64_t{kv_head} * s.capacity + position) * s.head_dim;
}

// One wave: one head (q heads, then kv heads) of one token.
__global__ GX_BOUNDS(kBlockThreads, 1) void rotate_kernel(AttentionJob job) {
  GX_SHARED(float, scratch, [kWaves][kMaximumDim]);
  const AttentionShape& s = job.shape;
  note(job.progress);
  const uint32_t token = blockIdx.y, head = blockIdx.x * kWaves + gx::wave();
  const uint32_t position = (job.from_state ? job.state->position : job.first_position) + token;
  if (head >= s.heads + s.kv_heads) return;
  float* rotated = scratch[gx::wave()];
  const float* row = job.qkv + uint64_t{token} * job.qkv_stride;
  const bool is_q = head < s.heads;
  rotate_head(job, row + head * s.head_dim, is_q ? job.q_norm : job.k_norm, position, rotated);
  if (is_q) {
    const uint64_t at = uint64_t{token} * s.heads + head;
    for (uint32_t i = gx::lane(); i < s.padded_dim; i += GX_WAVE) {
      if (!job.rotated_f32) job.rotated[at * s.padded_dim + i] = i < s.head_dim ? gx::float_to_half(rotated[i]) : 0;
      if (i >= s.head_dim) continue;
      if (job.rotated_f32) job.rotated_f32[at * s.head_dim + i] = rotated[i];
      if (job.trace_q) job.trace_q[uint64_t{token} * job.trace_stride + head * s.head_dim + i] = rotated[i];
    }
    return;
  }
  const uint32_t kv_head = head - s.heads;
  const float* v_row = row + (s.heads + s.kv_heads + kv_head) * s.head_dim;
  if (job.cache.k) store_key(job, kv_head, position, rotated);
  for (uint32_t i = gx::lane(); i < s.head_dim; i += GX_WAVE) {
    if (job.cache.k) store_value(job, kv_head, position, i, v_row[i]);
    if (job.cache.k_f32) {
      job.cache.k_f32[f32_offset(s, kv_head, position) + i] = rotated[i];
      job.cache.v_f32[f32_offset(s, kv_head, position) + i] = v_row[i];
    }
    if (!job.trace_k) continue;
    job.trace_k[uint64_t{token} * job.trace_stride + kv_head * s.head_dim + i] = rotated[i];
    job.trace_v[uint64_t{token} * job.trace_stride + kv_head * s.head_dim + i] = v_row[i];
  }
}

// One block: one head of one token. Wave w takes keys w, w + 8, ... with a running softmax; the waves are merged in order.
__global__ GX_BOUNDS(kBlockThreads, 1) void attend_f32_kernel(AttentionJob job) {
  constexpr int kHeld = kMaximumDim / GX_WAVE;
  GX_SHARED(float, query, [kMaximumDim]);
  GX_SHARED(float, sums, [kWaves][kMaximumDim]);
  GX_SHARED(float, merges, [kWaves][2]);
  const AttentionShape& s = job.shape;
  note(job.progress);
  const uint32_t head = blockIdx.x, token = blockIdx.y, kv_head = head / (s.heads / s.kv_heads);
  const uint32_t position = (job.from_state ? job.state->position : job.first_position) + token;
  for (uint32_t i = threadIdx.x; i < s.head_dim; i += kBlockThreads) query[i] = job.rotated_f32[(uint64_t{token} * s.heads + head) * s.head_dim + i];
  __syncthreads();
  float maximum = kMinusInfinity, total = 0, held[kHeld];
#pragma unroll
  for (int j = 0; j < kHeld; j++) held[j] = 0;
  for (uint32_t key = gx::wave(); key <= position; key += kWaves) {
    const float* k = job.cache.k_f32 + f32_offset(s, kv_head, key);
    const float* v = job.cache.v_f32 + f32_offset(s, kv_head, key);
    float product = 0;
    for (uint32_t i = gx::lane(); i < s.head_dim; i += GX_WAVE) product = gx::multiply_add(query[i], k[i], product);
    const float score = gx::wave_sum(product) * s.scale_log2, next = fmaxf(maximum, score);
    const float keep = gx::exp2_fast(maximum - next), take = gx::exp2_fast(score - next);
    maximum = next;
    total = gx::multiply_add(total, keep, take);
#pragma unroll
    for (int j = 0; j < kHeld; j++) {
      const uint32_t i = gx::lane() + j * GX_WAVE;
      if (i < s.head_dim) held[j] = gx::multiply_add(v[i], take, held[j] * keep);
    }
  }
#pragma unroll
  for (int j = 0; j < kHeld; j++)
    if (gx::lane() + j * GX_WAVE < s.head_dim) sums[gx::wave()][gx::lane() + j * GX_WAVE] = held[j];
  if (gx::lane() == 0) merges[gx::wave()][0] = maximum, merges[gx::wave()][1] = total;
  __syncthreads();
  for (uint32_t i = threadIdx.x; i < s.head_dim; i += kBlockThreads) {
    float top = kMinusInfinity, weight = 0, sum = 0;
    for (uint32_t w = 0; w < kWaves && w <= position; w++) {
      const float next = fmaxf(top, merges[w][0]), keep = gx::exp2_fast(top - next), take = gx::exp2_fast(merges[w][0] - next);
      top = next;
      weight = gx::multiply_add(merges[w][1], take, weight * keep);
      sum = gx::multiply_add(sums[w][i], take, sum * keep);
    }
    const float value = sum / weight;
    const uint32_t at = head * s.head_dim + i;
    job.context[uint64_t{token} * job.context_stride + operand_position(at)] = gx::float_to_half(value);
    if (job.trace_context) job.trace_context[uint64_t{token} * job.trace_stride + at] = value;
  }
}

__global__ GX_BOUNDS(256, 1) void copy_cache_kernel(AttentionShape s, KvLayer cache, uint32_t begin, float* k, float* v, uint32_t write) {
  const uint32_t position = begin + blockIdx.y, i = blockIdx.x * blockDim.x + threadIdx.x, width = s.kv_heads * s.head_dim;
  if (i >= width) return;
  const uint32_t kv_head = i / s.head_dim, dim = i % s.head_dim;
  const uint64_t at = uint64_t{blockIdx.y} * width + i;
  if (cache.k_f32) {
    float& key = cache.k_f32[f32_offset(s, kv_head, position) + dim];
    float& value = cache.v_f32[f32_offset(s, kv_head, position) + dim];
    if (write)
      key = k[at], value = v[at];
    else
      k[at] = key, v[at] = value;
    return;
  }
  uint16_t& key = cache.k[key_offset(s, kv_head, position) + dim];
  uint16_t& value = cache.v[value_offset(s, kv_head, position, dim)];
  if (write) {
    key = gx::float_to_half(k[at]), value = gx::float_to_half(v[at]);
    if ((value & 0x7c00u) == 0x7c00u) atomicAdd(cache.nonfinite, 1u);
  } else {
    k[at] = gx::half_to_float(key), v[at] = gx::half_to_float(value);
  }
}

void copy_cache(const AttentionShape& shape, const KvLayer& cache, uint32_t begin, uint32_t positions, float* k, float* v, uint32_t write,
                gx::Stream stream) {
  gx::launch(copy_cache_kernel, dim3((shape.kv_heads * shape.head_dim + 255) / 256, positions), dim3(256), 0, stream, shape, cache, begin, k, v,
             write);
}

}  // namespace

void rotate_and_store(const AttentionJob& job, gx::Stream stream) {
  const uint32_t heads = job.shape.heads + job.shape.kv_heads;
  gx::launch(rotate_kernel, dim3((heads + kWaves - 1) / kWaves, job.tokens), dim3(kBlockThreads), 0, stream, job);
}
void attend_f32(const AttentionJob& job, gx::Stream stream) {
  gx::launch(attend_f32_kernel, dim3(job.shape.heads, job.tokens), dim3(kBlockThreads), 0, stream, job);
}
void read_cache(const AttentionShape& shape, const KvLayer& cache, uint32_t begin, uint32_t end, float* k, float* v, gx::Stream stream) {
  copy_cache(shape, cache, begin, end - begin, k, v, 0, stream);
}
void write_cache(const AttentionShape& shape, const KvLayer& cache, uint32_t begin, uint32_t positions, const float* k, const float* v,
                 gx::Stream stream) {
  copy_cache(shape, cache, begin, positions, const_cast<float*>(k), const_cast<float*>(v), 1, stream);
}

}  // namespace greta::gpu
