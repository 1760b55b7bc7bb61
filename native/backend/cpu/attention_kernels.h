// Flash attention over a `Simd` type (Dao et al. 2022, arXiv:2205.14135), with chunks at fixed absolute positions: what a query
// gets depends on its own position only. In a chunk: scores with one key per lane, the chunk's own maximum, exponentials, their
// sum, and the weighted sum of values with one dimension per lane, keys ascending. Chunks are merged in order.
#pragma once

#include <cmath>
#include <cstdint>

#include "backend/cpu/kernel_table.h"
#include "backend/cpu/row_kernels.h"

namespace greta::cpu {
namespace {

inline constexpr uint32_t kQueryTile = 4;

// scores[q * kAttentionChunk + j] = scale * query q . key j for kQueries queries and kBlocks key blocks from `block`.
template <uint32_t kQueries, uint32_t kBlocks>
[[gnu::always_inline]] inline void score_tile(const AttentionChunk& chunk, uint32_t query, uint32_t block) {
  Simd::Floats sums[kQueries][kBlocks];
  for (auto& row : sums)
    for (auto& sum : row) sum = Simd::zero();
  const float* keys = chunk.keys + static_cast<uint64_t>(block) * chunk.head_dim * Simd::kLanes;
  const uint64_t block_floats = static_cast<uint64_t>(chunk.head_dim) * Simd::kLanes;
  for (uint32_t d = 0; d < chunk.head_dim; ++d) {
    Simd::Floats key[kBlocks];
    for (uint32_t b = 0; b < kBlocks; ++b) key[b] = Simd::load(keys + b * block_floats + d * Simd::kLanes);
    for (uint32_t q = 0; q < kQueries; ++q) {
      const Simd::Floats component = Simd::broadcast(chunk.queries[query + q][d]);
      for (uint32_t b = 0; b < kBlocks; ++b) sums[q][b] = Simd::fma(component, key[b], sums[q][b]);
    }
  }
  const Simd::Floats scale = Simd::broadcast(chunk.scale);
  for (uint32_t q = 0; q < kQueries; ++q)
    for (uint32_t b = 0; b < kBlocks; ++b) Simd::store(chunk.scores + q * kAttentionChunk + (block + b) * Simd::kLanes, Simd::mul(sums[q][b], scale));
}

template <uint32_t kQueries>
[[gnu::always_inline]] inline void score_queries(const AttentionChunk& chunk, uint32_t query, uint32_t key_count) {
  const uint32_t blocks = (key_count + Simd::kLanes - 1) / Simd::kLanes;
  uint32_t block = 0;
  for (; block + 2 <= blocks; block += 2) score_tile<kQueries, 2>(chunk, query, block);
  if (block < blocks) score_tile<kQueries, 1>(chunk, query, block);
}

// Turns the scores of one query into weights relative to the chunk's maximum, rescales the running state and returns what the
// chunk's own sums must be multiplied with.
inline float soften(const AttentionChunk& chunk, uint32_t query, float* scores, float* old_factor) {
  const uint32_t count = chunk.key_counts[query];
  const uint32_t padded = (count + Simd::kLanes - 1) / Simd::kLanes * Simd::kLanes;
  for (uint32_t j = count; j < padded; ++j) scores[j] = -INFINITY;
  Simd::Floats most = Simd::broadcast(-INFINITY);
  for (uint32_t j = 0; j < padded; j += Simd::kLanes) most = Simd::max(Simd::load(scores + j), most);
  const float chunk_maximum = Simd::largest(most);
  // All scores -inf (or NaN): weigh them as exp(score - 0), so that NaN stays NaN and nothing becomes NaN by inf - inf.
  const Simd::Floats base = Simd::broadcast(std::isinf(chunk_maximum) && chunk_maximum < 0 ? 0.0f : chunk_maximum);
  Simd::Floats sum = Simd::zero();
  for (uint32_t j = 0; j < padded; j += Simd::kLanes) {
    const Simd::Floats weights = exponential(Simd::sub(Simd::load(scores + j), base));
    Simd::store(scores + j, weights);
    sum = Simd::add(sum, weights);
  }
  const float old_maximum = chunk.maxima[query];
  const float maximum = chunk_maximum > old_maximum ? chunk_maximum : old_maximum;
  *old_factor = old_maximum == maximum ? 1.0f : std::exp(old_maximum - maximum);
  const float new_factor = chunk_maximum == maximum ? 1.0f : std::exp(chunk_maximum - maximum);
  chunk.maxima[query] = maximum;
  chunk.totals[query] = chunk.totals[query] * *old_factor + Simd::sum(sum) * new_factor;
  return new_factor;
}

// contexts[q][d..] = contexts * old_factor + new_factor * sum_j weight[q][j] * value[j][d..] for kVectors_ vectors of dimensions.
template <uint32_t kQueries, uint32_t kWidth>
[[gnu::always_inline]] inline void mix_tile(const AttentionChunk& chunk, uint32_t query, uint32_t d, uint32_t shared_keys, const float* old_factors,
                                            const float* new_factors) {
  Simd::Floats sums[kQueries][kWidth];
  for (auto& row : sums)
    for (auto& sum : row) sum = Simd::zero();
  const float* values = chunk.values + d;
  for (uint32_t j = 0; j < shared_keys; ++j) {
    Simd::Floats value[kWidth];
    for (uint32_t i = 0; i < kWidth; ++i) value[i] = Simd::load(values + static_cast<uint64_t>(j) * chunk.value_stride + i * Simd::kLanes);
    for (uint32_t q = 0; q < kQueries; ++q) {
      const Simd::Floats weight = Simd::broadcast(chunk.scores[q * kAttentionChunk + j]);
      for (uint32_t i = 0; i < kWidth; ++i) sums[q][i] = Simd::fma(weight, value[i], sums[q][i]);
    }
  }
  for (uint32_t q = 0; q < kQueries; ++q) {
    // Keys that only this query of the tile sees; a later token's keys must not touch it, not even times zero (0 * NaN).
    for (uint32_t j = shared_keys; j < chunk.key_counts[query + q]; ++j) {
      const Simd::Floats weight = Simd::broadcast(chunk.scores[q * kAttentionChunk + j]);
      for (uint32_t i = 0; i < kWidth; ++i)
        sums[q][i] = Simd::fma(weight, Simd::load(values + static_cast<uint64_t>(j) * chunk.value_stride + i * Simd::kLanes), sums[q][i]);
    }
    const Simd::Floats old_factor = Simd::broadcast(old_factors[q]), new_factor = Simd::broadcast(new_factors[q]);
    for (uint32_t i = 0; i < kWidth; ++i) {
      float* context = chunk.contexts[query + q] + d + i * Simd::kLanes;
      Simd::store(context, Simd::add(Simd::mul(Simd::load(context), old_factor), Simd::mul(sums[q][i], new_factor)));
    }
  }
}

template <uint32_t kQueries>
void attend_queries(const AttentionChunk& chunk, uint32_t query) {
  uint32_t most = 0, least = kAttentionChunk;
  for (uint32_t q = 0; q < kQueries; ++q) {
    const uint32_t count = chunk.key_counts[query + q];
    most = count > most ? count : most;
    least = count < least ? count : least;
  }
  if (least == 0) {  // a query that sees nothing of this chunk must be left alone
    if constexpr (kQueries > 1) {
      for (uint32_t q = 0; q < kQueries; ++q) attend_queries<1>(chunk, query + q);
    }
    return;
  }
  score_queries<kQueries>(chunk, query, most);
  float old_factors[kQueries], new_factors[kQueries];
  for (uint32_t q = 0; q < kQueries; ++q) new_factors[q] = soften(chunk, query + q, chunk.scores + q * kAttentionChunk, &old_factors[q]);
  uint32_t d = 0;
  for (; d + 2 * Simd::kLanes <= chunk.value_stride; d += 2 * Simd::kLanes) mix_tile<kQueries, 2>(chunk, query, d, least, old_factors, new_factors);
  if (d < chunk.value_stride) mix_tile<kQueries, 1>(chunk, query, d, least, old_factors, new_factors);
}

void attention_chunk(const AttentionChunk& chunk) {
  uint32_t query = 0;
  for (; query + kQueryTile <= chunk.query_count; query += kQueryTile) attend_queries<kQueryTile>(chunk, query);
  for (; query < chunk.query_count; ++query) attend_queries<1>(chunk, query);
}

void halves_to_floats(const uint16_t* source, uint64_t count, float* output) {
  uint64_t i = 0;
  for (; i + Simd::kLanes <= count; i += Simd::kLanes) Simd::store(output + i, Simd::from_half(reinterpret_cast<const uint8_t*>(source + i)));
  for (; i < count; ++i) output[i] = half_to_float(source[i]);
}

}  // namespace
}  // namespace greta::cpu
