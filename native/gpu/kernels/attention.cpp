#include "gpu/kernels/attention.h"

#include "gpu/kernels/attention_tile.h"
#include "gpu/kernels/packed_format.h"
#include "gpu/kernels/reduce.h"

namespace greta::gpu {
namespace {

constexpr float kMinusInfinity = -INFINITY;
constexpr uint32_t kMaximumDim = 256;

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
  const float* rotation = job.rotations + uint64_t{position} * s.rope_dims;
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

// Score and value operands straight from the cache; every key read is inside the capacity.
template <int Dim>
GX_DEVICE void score_tile(const uint16_t* keys, int tile, const gx::U4 (&query)[AttentionTile::kQueryRows][Dim / 32], gx::Mma::Accumulator& d) {
  const uint16_t* key = keys + uint64_t(AttentionTile::my_key(tile)) * Dim + gx::Mma::quarter() * 8;
  gx::U4 k[Dim / 32];
#pragma unroll
  for (int jj = 0; jj < Dim / 32; jj++) k[jj] = gx::load16(key + jj * 32);
  gx::Mma::clear(d);
#pragma unroll
  for (int jj = 0; jj < Dim / 32; jj++)
#pragma unroll
    for (int s = 0; s < 2; s++) {
      uint32_t q[AttentionTile::kQueryRows][2];
#pragma unroll
      for (int i = 0; i < AttentionTile::kQueryRows; i++) q[i][0] = query[i][jj].v[2 * s], q[i][1] = query[i][jj].v[2 * s + 1];
      const uint32_t other[2] = {k[jj].v[2 * s], k[jj].v[2 * s + 1]};
      AttentionTile::multiply_add(d, q, other);
    }
}
// dim_tile == Dim / kDims multiplies with ones: the sum of the probabilities, by the same chain.
template <int Dim>
GX_DEVICE gx::U4 value_operand(const uint16_t* values, int block, int dim_tile) {
  if (dim_tile == Dim / AttentionTile::kDims) return gx::U4{{0x3c003c00u, 0x3c003c00u, 0x3c003c00u, 0x3c003c00u}};
  return gx::load16(values + (uint64_t(block) * Dim + dim_tile * AttentionTile::kDims + AttentionTile::my_dim()) * 32 + gx::Mma::quarter() * 8);
}

// ---- one token. Grid (chunks, kv heads, groups of 16 query heads), eight waves. The last block of a group merges.
template <int Dim>
__global__ GX_BOUNDS(kBlockThreads, 2) void attend_one_kernel(AttentionJob job) {
  constexpr int kQueryStride = Dim + 8, kScoreStride = kKeyChunk + 4, kProbabilityStride = kKeyChunk + 8;
  GX_SHARED(uint16_t, queries, [16 * kQueryStride]);
  GX_SHARED(float, scores, [16 * kScoreStride]);
  GX_SHARED(uint16_t, probabilities, [16 * kProbabilityStride]);
  GX_SHARED(float, scratch, [kWaves][Dim]);
  GX_SHARED(float, maxima, [16]);
  GX_SHARED(uint32_t, last, [1]);
  const AttentionShape& s = job.shape;
  gx::let_successor_start();
  gx::wait_for_predecessor();
  const uint32_t position = job.state->position, chunk = blockIdx.x, kv_head = blockIdx.y;
  const uint32_t active_chunks = position / kKeyChunk + 1;
  if (chunk >= active_chunks) return;
  const uint32_t group = s.heads / s.kv_heads, first_head = kv_head * group + blockIdx.z * 16;
  const uint32_t count = group - blockIdx.z * 16 < 16 ? group - blockIdx.z * 16 : 16;
  const bool owner = chunk + 1 == active_chunks;
  const float* k_row = job.qkv + s.heads * s.head_dim + kv_head * s.head_dim;
  const float* v_row = k_row + s.kv_heads * s.head_dim;

  for (uint32_t i = threadIdx.x; i < 16 * kQueryStride; i += kBlockThreads) queries[i] = 0;
  __syncthreads();
  for (uint32_t vector = gx::wave(); vector < count + (owner ? 1 : 0); vector += kWaves) {
    float* rotated = scratch[gx::wave()];
    if (vector < count) {
      rotate_head(job, job.qkv + (first_head + vector) * s.head_dim, job.q_norm, position, rotated);
      for (uint32_t i = gx::lane(); i < s.head_dim; i += GX_WAVE) {
        queries[vector * kQueryStride + i] = gx::float_to_half(rotated[i]);
        if (job.trace_q && owner) job.trace_q[(first_head + vector) * s.head_dim + i] = rotated[i];
      }
    } else {
      rotate_head(job, k_row, job.k_norm, position, rotated);
      store_key(job, kv_head, position, rotated);
      for (uint32_t i = gx::lane(); i < s.head_dim; i += GX_WAVE) {
        job.cache.v[value_offset(s, kv_head, position, i)] = gx::float_to_half(v_row[i]);
        if (job.trace_k) job.trace_k[kv_head * s.head_dim + i] = rotated[i], job.trace_v[kv_head * s.head_dim + i] = v_row[i];
      }
    }
    gx::wave_sync();
  }
  __syncthreads();

  gx::U4 query[AttentionTile::kQueryRows][Dim / 32];
#pragma unroll
  for (int i = 0; i < AttentionTile::kQueryRows; i++)
#pragma unroll
    for (int jj = 0; jj < Dim / 32; jj++)
      query[i][jj] = gx::load16(queries + AttentionTile::my_query(i) * kQueryStride + jj * 32 + gx::Mma::quarter() * 8);
  // The values are needed two barriers later: ask for them now.
  constexpr int kDimTiles = Dim / AttentionTile::kDims, kDimRounds = kDimTiles / kWaves + 1, kBlocks = kKeyChunk / 32;
  gx::U4 values[kDimRounds][kBlocks];
#pragma unroll
  for (int round = 0; round < kDimRounds; round++)
    if (gx::wave() + round * kWaves <= kDimTiles)
#pragma unroll
      for (int block = 0; block < kBlocks; block++)
        values[round][block] = value_operand<Dim>(job.cache.v + value_offset(s, kv_head, chunk * kKeyChunk, 0), block, gx::wave() + round * kWaves);
  constexpr int kScoreTiles = kKeyChunk / AttentionTile::kKeys, kScoreRounds = kScoreTiles / kWaves;
#pragma unroll
  for (int round = 0; round < kScoreRounds; round++) {
    const int tile = gx::wave() * kScoreRounds + round, block = tile / AttentionTile::kTilesPerBlock, in_block = tile % AttentionTile::kTilesPerBlock;
    gx::Mma::Accumulator d;
    score_tile<Dim>(job.cache.k + key_offset(s, kv_head, chunk * kKeyChunk + block * 32), in_block, query, d);
#pragma unroll
    for (int r = 0; r < gx::Mma::kAccumulators; r++) {
      const int key = block * 32 + AttentionTile::result_key(in_block, r);
      scores[AttentionTile::result_query(r) * kScoreStride + key] = chunk * kKeyChunk + key <= position ? d.v[r] * s.scale_log2 : kMinusInfinity;
    }
  }
  __syncthreads();
  for (uint32_t row = gx::wave(); row < 16; row += kWaves) {
    float maximum = kMinusInfinity;
    for (uint32_t key = gx::lane(); key < kKeyChunk; key += GX_WAVE) maximum = fmaxf(maximum, scores[row * kScoreStride + key]);
    maximum = gx::wave_max(maximum);
    for (uint32_t key = gx::lane(); key < kKeyChunk; key += GX_WAVE)
      probabilities[row * kProbabilityStride + key] = gx::float_to_half(gx::exp2_fast(scores[row * kScoreStride + key] - maximum));
    if (gx::lane() == 0) maxima[row] = maximum;
  }
  __syncthreads();

  const uint32_t partial_stride = s.padded_dim + 4, capacity_chunks = s.capacity / kKeyChunk;
  const auto partial_row = [&](uint32_t head, uint32_t c) { return job.partial + (uint64_t{head} * capacity_chunks + c) * partial_stride; };
#pragma unroll
  for (int round = 0; round < kDimRounds; round++) {
    const int dim_tile = gx::wave() + round * kWaves;
    if (dim_tile > kDimTiles) break;
    gx::Mma::Accumulator d;
    gx::Mma::clear(d);
#pragma unroll
    for (int block = 0; block < kBlocks; block++) {
      gx::U4 p[AttentionTile::kQueryRows];
#pragma unroll
      for (int i = 0; i < AttentionTile::kQueryRows; i++)
        p[i] = gx::load16(probabilities + AttentionTile::my_query(i) * kProbabilityStride + block * 32 + gx::Mma::quarter() * 8);
#pragma unroll
      for (int step = 0; step < 2; step++) {
        uint32_t rows[AttentionTile::kQueryRows][2];
#pragma unroll
        for (int i = 0; i < AttentionTile::kQueryRows; i++) rows[i][0] = p[i].v[2 * step], rows[i][1] = p[i].v[2 * step + 1];
        const uint32_t other[2] = {values[round][block].v[2 * step], values[round][block].v[2 * step + 1]};
        AttentionTile::multiply_add(d, rows, other);
      }
    }
#pragma unroll
    for (int r = 0; r < gx::Mma::kAccumulators; r++) {
      const uint32_t row = AttentionTile::result_query(r), dim = dim_tile * AttentionTile::kDims + AttentionTile::result_dim(r);
      if (row >= count) continue;
      if (dim_tile < kDimTiles)
        partial_row(first_head + row, chunk)[dim] = d.v[r];
      else if (AttentionTile::result_dim(r) == 0)
        partial_row(first_head + row, chunk)[s.padded_dim] = d.v[r];
    }
  }
  if (threadIdx.x < count) partial_row(first_head + threadIdx.x, chunk)[s.padded_dim + 1] = maxima[threadIdx.x];

  __syncthreads();
  if (threadIdx.x == 0) {
    uint32_t* counter = job.arrivals + kv_head * gridDim.z + blockIdx.z;
    __threadfence();
    const uint32_t arrived = atomicAdd(counter, 1u);
    __threadfence();
    last[0] = arrived + 1 == active_chunks;
    if (last[0]) *counter = 0;
  }
  __syncthreads();
  if (!last[0]) return;
  for (uint32_t index = threadIdx.x; index < count * s.head_dim; index += kBlockThreads) {
    const uint32_t head = first_head + index / s.head_dim, dim = index % s.head_dim;
    float maximum = kMinusInfinity, total = 0, sum = 0;
#pragma unroll 4
    for (uint32_t c = 0; c < active_chunks; c++) {
      const float* row = partial_row(head, c);
      const Merge merge = merge_chunk(maximum, row[s.padded_dim + 1]);
      maximum = merge.maximum;
      sum = merge_sum(merge, sum, row[s.padded_dim]);
      total = merge_sum(merge, total, row[dim]);
    }
    const float value = total / sum;
    job.context[operand_position(head * s.head_dim + dim)] = gx::float_to_half(value);
    if (job.trace_context) job.trace_context[head * s.head_dim + dim] = value;
  }
}

// ---- many tokens
// One wave: one head (q heads, then kv heads) of one token.
__global__ GX_BOUNDS(kBlockThreads, 1) void rotate_kernel(AttentionJob job) {
  GX_SHARED(float, scratch, [kWaves][kMaximumDim]);
  const AttentionShape& s = job.shape;
  const uint32_t token = blockIdx.y, head = blockIdx.x * kWaves + gx::wave(), position = job.first_position + token;
  if (head >= s.heads + s.kv_heads) return;
  float* rotated = scratch[gx::wave()];
  const float* row = job.qkv + uint64_t{token} * job.qkv_stride;
  const bool is_q = head < s.heads;
  rotate_head(job, row + head * s.head_dim, is_q ? job.q_norm : job.k_norm, position, rotated);
  if (is_q) {
    uint16_t* target = job.rotated + (uint64_t{token} * s.heads + head) * s.padded_dim;
    for (uint32_t i = gx::lane(); i < s.padded_dim; i += GX_WAVE) {
      target[i] = i < s.head_dim ? gx::float_to_half(rotated[i]) : 0;
      if (job.trace_q && i < s.head_dim) job.trace_q[uint64_t{token} * job.trace_stride + head * s.head_dim + i] = rotated[i];
    }
    return;
  }
  const uint32_t kv_head = head - s.heads;
  const float* v_row = row + (s.heads + s.kv_heads + kv_head) * s.head_dim;
  if (job.cache.k) store_key(job, kv_head, position, rotated);
  for (uint32_t i = gx::lane(); i < s.head_dim; i += GX_WAVE) {
    if (job.cache.k) job.cache.v[value_offset(s, kv_head, position, i)] = gx::float_to_half(v_row[i]);
    if (!job.trace_k) continue;
    job.trace_k[uint64_t{token} * job.trace_stride + kv_head * s.head_dim + i] = rotated[i];
    job.trace_v[uint64_t{token} * job.trace_stride + kv_head * s.head_dim + i] = v_row[i];
  }
}

// One wave: 16 consecutive tokens of one head, causal.
template <int Dim>
__global__ GX_BOUNDS(4 * GX_WAVE, 2) void attend_many_kernel(AttentionJob job) {
  constexpr int kDimTiles = Dim / AttentionTile::kDims, kBlocks = kKeyChunk / 32;
  const AttentionShape& s = job.shape;
  // Long rows first: the last tokens have the most keys.
  const uint32_t tile_row = gridDim.x - 1 - blockIdx.x;
  const uint32_t first_token = (tile_row * 4 + gx::wave()) * 16, head = blockIdx.y, kv_head = head / (s.heads / s.kv_heads);
  if (first_token >= job.tokens) return;
  gx::U4 query[AttentionTile::kQueryRows][Dim / 32];
#pragma unroll
  for (int i = 0; i < AttentionTile::kQueryRows; i++) {
    const uint32_t token = first_token + AttentionTile::my_query(i);
    const uint16_t* row = job.rotated + (uint64_t{token < job.tokens ? token : job.tokens - 1} * s.heads + head) * Dim + gx::Mma::quarter() * 8;
#pragma unroll
    for (int jj = 0; jj < Dim / 32; jj++) query[i][jj] = gx::load16(row + jj * 32);
  }
  gx::Mma::Accumulator total[kDimTiles];
  float maximum[AttentionTile::kQueryRows], sum[AttentionTile::kQueryRows];
#pragma unroll
  for (int t = 0; t < kDimTiles; t++) gx::Mma::clear(total[t]);
#pragma unroll
  for (int i = 0; i < AttentionTile::kQueryRows; i++) maximum[i] = kMinusInfinity, sum[i] = 0;

  const uint32_t last_token = first_token + 15 < job.tokens ? first_token + 15 : job.tokens - 1;
  const uint32_t chunks = (job.first_position + last_token) / kKeyChunk + 1;
  for (uint32_t chunk = 0; chunk < chunks; chunk++) {
    gx::Mma::Accumulator score[kBlocks][AttentionTile::kTilesPerBlock];
    float chunk_maximum[AttentionTile::kQueryRows];
#pragma unroll
    for (int i = 0; i < AttentionTile::kQueryRows; i++) chunk_maximum[i] = kMinusInfinity;
#pragma unroll
    for (int block = 0; block < kBlocks; block++)
#pragma unroll
      for (int tile = 0; tile < AttentionTile::kTilesPerBlock; tile++) {
        gx::Mma::Accumulator& d = score[block][tile];
        score_tile<Dim>(job.cache.k + key_offset(s, kv_head, chunk * kKeyChunk + block * 32), tile, query, d);
#pragma unroll
        for (int r = 0; r < gx::Mma::kAccumulators; r++) {
          const uint32_t key = chunk * kKeyChunk + block * 32 + AttentionTile::result_key(tile, r);
          const uint32_t position = job.first_position + first_token + AttentionTile::result_query(r);
          d.v[r] = key <= position ? d.v[r] * s.scale_log2 : kMinusInfinity;
          float& m = chunk_maximum[AttentionTile::query_row(r)];
          m = fmaxf(m, d.v[r]);
        }
      }
    Merge merge[AttentionTile::kQueryRows];
    float subtract[AttentionTile::kQueryRows];
#pragma unroll
    for (int i = 0; i < AttentionTile::kQueryRows; i++) {
      float m = chunk_maximum[i];
#pragma unroll
      for (int mask = AttentionTile::kReduceFrom; mask <= AttentionTile::kReduceTo; mask *= 2) m = fmaxf(m, gx::shuffle_xor(m, mask));
      // A row that sees no key of this chunk gives exact zeros: the merge leaves it as it was.
      subtract[i] = m == kMinusInfinity ? 0.0f : m;
      merge[i] = merge_chunk(maximum[i], m);
      maximum[i] = merge[i].maximum;
    }
    // Probabilities as operands: [block][step][query row][two words], keys 8*quarter + 4*step + e.
    uint32_t p[kBlocks][2][AttentionTile::kQueryRows][2];
#pragma unroll
    for (int block = 0; block < kBlocks; block++)
#pragma unroll
      for (int step = 0; step < 2; step++)
#pragma unroll
        for (int i = 0; i < AttentionTile::kQueryRows; i++)
#pragma unroll
          for (int word = 0; word < 2; word++) {
#if GX_ISA_AMD
            const gx::Mma::Accumulator& d = score[block][step];
            const int r = 2 * word;
#else
            const gx::Mma::Accumulator& d = score[block][2 * step + word];
            const int r = 2 * i;
#endif
            p[block][step][i][word] = gx::floats_to_halves(gx::exp2_fast(d.v[r] - subtract[i]), gx::exp2_fast(d.v[r + 1] - subtract[i]));
          }
#pragma unroll
    for (int dim_tile = kDimTiles; dim_tile >= 0; dim_tile--) {
      gx::Mma::Accumulator d;
      gx::Mma::clear(d);
#pragma unroll
      for (int block = 0; block < kBlocks; block++) {
        const gx::U4 operand = value_operand<Dim>(job.cache.v + value_offset(s, kv_head, chunk * kKeyChunk, 0), block, dim_tile);
#pragma unroll
        for (int step = 0; step < 2; step++) {
          const uint32_t other[2] = {operand.v[2 * step], operand.v[2 * step + 1]};
          AttentionTile::multiply_add(d, p[block][step], other);
        }
      }
      if (dim_tile == kDimTiles) {
#pragma unroll
        for (int i = 0; i < AttentionTile::kQueryRows; i++) sum[i] = merge_sum(merge[i], sum[i], d.v[2 * i]);
      } else {
#pragma unroll
        for (int r = 0; r < gx::Mma::kAccumulators; r++)
          total[dim_tile].v[r] = merge_sum(merge[AttentionTile::query_row(r)], total[dim_tile].v[r], d.v[r]);
      }
    }
  }
#pragma unroll
  for (int t = 0; t < kDimTiles; t++)
#pragma unroll
    for (int r = 0; r < gx::Mma::kAccumulators; r++) {
      const uint32_t token = first_token + AttentionTile::result_query(r), dim = t * AttentionTile::kDims + AttentionTile::result_dim(r);
      if (token >= job.tokens || dim >= s.head_dim) continue;
      const float value = total[t].v[r] / sum[AttentionTile::query_row(r)];
      job.context[uint64_t{token} * job.context_stride + operand_position(head * s.head_dim + dim)] = gx::float_to_half(value);
      if (job.trace_context) job.trace_context[uint64_t{token} * job.trace_stride + head * s.head_dim + dim] = value;
    }
}

__global__ GX_BOUNDS(256, 1) void copy_cache_kernel(AttentionShape s, KvLayer cache, uint32_t begin, float* k, float* v, uint32_t write) {
  const uint32_t position = begin + blockIdx.y, i = blockIdx.x * blockDim.x + threadIdx.x, width = s.kv_heads * s.head_dim;
  if (i >= width) return;
  const uint32_t kv_head = i / s.head_dim, dim = i % s.head_dim;
  uint16_t& key = cache.k[key_offset(s, kv_head, position) + dim];
  uint16_t& value = cache.v[value_offset(s, kv_head, position, dim)];
  const uint64_t at = uint64_t{blockIdx.y} * width + i;
  if (write)
    key = gx::float_to_half(k[at]), value = gx::float_to_half(v[at]);
  else
    k[at] = gx::half_to_float(key), v[at] = gx::half_to_float(value);
}

template <class Launch>
void for_dim(uint32_t padded_dim, Launch launch) {
  switch (padded_dim) {
    case 32:
      return launch.template operator()<32>();
    case 64:
      return launch.template operator()<64>();
    case 96:
      return launch.template operator()<96>();
    case 128:
      return launch.template operator()<128>();
    case 256:
      return launch.template operator()<256>();
    default:
      return;  // the plan refuses others
  }
}

}  // namespace

void attend_one(const AttentionJob& job, gx::Stream stream) {
  const uint32_t groups = (job.shape.heads / job.shape.kv_heads + 15) / 16;
  for_dim(job.shape.padded_dim, [&]<int Dim>() {
    gx::launch_overlapped(attend_one_kernel<Dim>, dim3(job.chunks, job.shape.kv_heads, groups), dim3(kBlockThreads), 0, stream, job);
  });
}
void rotate_and_store(const AttentionJob& job, gx::Stream stream) {
  const uint32_t heads = job.shape.heads + job.shape.kv_heads;
  gx::launch(rotate_kernel, dim3((heads + kWaves - 1) / kWaves, job.tokens), dim3(kBlockThreads), 0, stream, job);
}
void attend_many(const AttentionJob& job, gx::Stream stream) {
  for_dim(job.shape.padded_dim,
          [&]<int Dim>() { gx::launch(attend_many_kernel<Dim>, dim3((job.tokens + 63) / 64, job.shape.heads), dim3(4 * GX_WAVE), 0, stream, job); });
}
void read_cache(const AttentionShape& shape, const KvLayer& cache, uint32_t begin, uint32_t end, float* k, float* v, gx::Stream stream) {
  gx::launch(copy_cache_kernel, dim3((shape.kv_heads * shape.head_dim + 255) / 256, end - begin), dim3(256), 0, stream, shape, cache, begin, k, v,
             0u);
}
void write_cache(const AttentionShape& shape, const KvLayer& cache, const float* k, const float* v, uint32_t positions, gx::Stream stream) {
  gx::launch(copy_cache_kernel, dim3((shape.kv_heads * shape.head_dim + 255) / 256, positions), dim3(256), 0, stream, shape, cache, 0u,
             const_cast<float*>(k), const_cast<float*>(v), 1u);
}

}  // namespace greta::gpu
