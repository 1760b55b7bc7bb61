#include "gpu/kernels/attention.h"

#include "gpu/kernels/attention_cache.h"
#include "gpu/kernels/attention_tile.h"
#include "gpu/kernels/packed_format.h"
#include "gpu/kernels/reduce.h"

namespace greta::gpu {
namespace {

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

// Values that nobody may see are multiplied by a probability of 0, and 0 * NaN is NaN. Once a cache has held a NaN or an
// infinity, products take these halves as 0, and a result that may see one becomes NaN afterwards.
GX_DEVICE gx::U4 finite_halves(gx::U4 x) {
#pragma unroll
  for (int j = 0; j < 4; j++) x.v[j] &= ~((((x.v[j] & 0x7c007c00u) + 0x04000400u & 0x80008000u) >> 15) * 0xffffu);
  return x;
}
// Of the first `keys` keys of a chunk, does one have a NaN or an infinity in this dimension?
template <int Dim>
GX_DEVICE bool sees_nonfinite(const uint16_t* values, uint32_t dim, uint32_t keys) {
  bool found = false;
#pragma unroll 1
  for (uint32_t key = 0; key < keys; key++) found |= (values[(uint64_t{key / 32} * Dim + dim) * 32 + key % 32] & 0x7c00u) == 0x7c00u;
  return found;
}
GX_DEVICE uint32_t visible_keys(uint32_t position, uint32_t chunk) {
  const uint32_t first = chunk * kKeyChunk;
  return position < first ? 0 : position - first < kKeyChunk ? position - first + 1 : kKeyChunk;
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
  note(job.progress);
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
        store_value(job, kv_head, position, i, v_row[i]);
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
  const uint32_t careful = gx::load_relaxed(job.cache.nonfinite);
  // The values are needed two barriers later: ask for them now.
  constexpr int kDimTiles = Dim / AttentionTile::kDims, kDimRounds = kDimTiles / kWaves + 1, kBlocks = kKeyChunk / 32;
  const uint16_t* chunk_values = job.cache.v + value_offset(s, kv_head, chunk * kKeyChunk, 0);
  gx::U4 values[kDimRounds][kBlocks];
#pragma unroll
  for (int round = 0; round < kDimRounds; round++)
    if (gx::wave() + round * kWaves <= kDimTiles)
#pragma unroll
      for (int block = 0; block < kBlocks; block++) values[round][block] = value_operand<Dim>(chunk_values, block, gx::wave() + round * kWaves);
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
    if (careful)
#pragma unroll
      for (int block = 0; block < kBlocks; block++) values[round][block] = finite_halves(values[round][block]);
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
    if (careful && dim_tile < kDimTiles)
#pragma unroll
      for (int r = 0; r < gx::Mma::kAccumulators; r++)
        if (sees_nonfinite<Dim>(chunk_values, dim_tile * AttentionTile::kDims + AttentionTile::result_dim(r), visible_keys(position, chunk)))
          d.v[r] = kNotANumber;
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
// One wave: 16 consecutive tokens of one head, causal. Launched twice, as the cache may be one that has held a NaN: then
// the first instance leaves the work to the careful one, which does one tile of dimensions at a time, scores and all.
template <int Dim, bool Careful>
__global__ GX_BOUNDS(4 * GX_WAVE, 2) void attend_many_kernel(AttentionJob job) {
  constexpr int kDimTiles = Dim / AttentionTile::kDims, kBlocks = kKeyChunk / 32, kMyTiles = Careful ? 1 : kDimTiles, kPasses = kDimTiles / kMyTiles;
  const AttentionShape& s = job.shape;
  note(job.progress);
  // Long rows first: the last tokens have the most keys.
  const uint32_t tile_row = gridDim.x - 1 - blockIdx.x;
  const uint32_t first_token = (tile_row * 4 + gx::wave()) * 16, head = blockIdx.y, kv_head = head / (s.heads / s.kv_heads);
  if (first_token >= job.tokens || (gx::load_relaxed(job.cache.nonfinite) != 0) != Careful) return;
  gx::U4 query[AttentionTile::kQueryRows][Dim / 32];
#pragma unroll
  for (int i = 0; i < AttentionTile::kQueryRows; i++) {
    const uint32_t token = first_token + AttentionTile::my_query(i);
    const uint16_t* row = job.rotated + (uint64_t{token < job.tokens ? token : job.tokens - 1} * s.heads + head) * Dim + gx::Mma::quarter() * 8;
#pragma unroll
    for (int jj = 0; jj < Dim / 32; jj++) query[i][jj] = gx::load16(row + jj * 32);
  }
#pragma unroll 1
  for (int first_tile = 0; first_tile < kPasses; first_tile++) {
    gx::Mma::Accumulator total[kMyTiles];
    float maximum[AttentionTile::kQueryRows], sum[AttentionTile::kQueryRows];
#pragma unroll
    for (int t = 0; t < kMyTiles; t++) gx::Mma::clear(total[t]);
#pragma unroll
    for (int i = 0; i < AttentionTile::kQueryRows; i++) maximum[i] = kMinusInfinity, sum[i] = 0;

    const uint32_t last_token = first_token + 15 < job.tokens ? first_token + 15 : job.tokens - 1;
    const uint32_t chunks = (job.first_position + last_token) / kKeyChunk + 1;
    for (uint32_t chunk = 0; chunk < chunks; chunk++) {
      gx::Mma::Accumulator score[kBlocks][AttentionTile::kTilesPerBlock];
      float chunk_maximum[AttentionTile::kQueryRows];
      const uint16_t* chunk_values = job.cache.v + value_offset(s, kv_head, chunk * kKeyChunk, 0);
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
      for (int t = kMyTiles; t >= 0; t--) {
        const int dim_tile = t == kMyTiles ? kDimTiles : first_tile + t;
        gx::Mma::Accumulator d;
        gx::Mma::clear(d);
#pragma unroll
        for (int block = 0; block < kBlocks; block++) {
          gx::U4 operand = value_operand<Dim>(chunk_values, block, dim_tile);
          if constexpr (Careful) operand = finite_halves(operand);
#pragma unroll
          for (int step = 0; step < 2; step++) {
            const uint32_t other[2] = {operand.v[2 * step], operand.v[2 * step + 1]};
            AttentionTile::multiply_add(d, p[block][step], other);
          }
        }
        if (Careful && t < kMyTiles)
#pragma unroll
          for (int r = 0; r < gx::Mma::kAccumulators; r++) {
            const uint32_t position = job.first_position + first_token + AttentionTile::result_query(r);
            if (sees_nonfinite<Dim>(chunk_values, dim_tile * AttentionTile::kDims + AttentionTile::result_dim(r), visible_keys(position, chunk)))
              d.v[r] = kNotANumber;
          }
        if (t == kMyTiles) {
#pragma unroll
          for (int i = 0; i < AttentionTile::kQueryRows; i++) sum[i] = merge_sum(merge[i], sum[i], d.v[2 * i]);
        } else {
#pragma unroll
          for (int r = 0; r < gx::Mma::kAccumulators; r++) total[t].v[r] = merge_sum(merge[AttentionTile::query_row(r)], total[t].v[r], d.v[r]);
        }
      }
    }
#pragma unroll
    for (int t = 0; t < kMyTiles; t++)
#pragma unroll
      for (int r = 0; r < gx::Mma::kAccumulators; r++) {
        const uint32_t token = first_token + AttentionTile::result_query(r),
                       dim = (first_tile + t) * AttentionTile::kDims + AttentionTile::result_dim(r);
        if (token >= job.tokens || dim >= s.head_dim) continue;
        const float value = total[t].v[r] / sum[AttentionTile::query_row(r)];
        job.context[uint64_t{token} * job.context_stride + operand_position(head * s.head_dim + dim)] = gx::float_to_half(value);
        if (job.trace_context) job.trace_context[uint64_t{token} * job.trace_stride + head * s.head_dim + dim] = value;
      }
  }
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
void attend_many(const AttentionJob& job, gx::Stream stream) {
  for_dim(job.shape.padded_dim, [&]<int Dim>() {
    const dim3 grid((job.tokens + 63) / 64, job.shape.heads);
    gx::launch(attend_many_kernel<Dim, false>, grid, dim3(4 * GX_WAVE), 0, stream, job);
    gx::launch(attend_many_kernel<Dim, true>, grid, dim3(4 * GX_WAVE), 0, stream, job);
  });
}

}  // namespace greta::gpu
