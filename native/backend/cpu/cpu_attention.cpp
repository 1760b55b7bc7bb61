// Attention of the cpu backend: pieces are (key/value head, few tokens); each walks the chunks of keys in order.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "backend/cpu/cpu_kernels.h"

namespace greta::cpu {
namespace {

// Tokens of one piece: enough to use a converted chunk of keys many times.
uint32_t tile_tokens(const ModelDescription& model) {
  const uint32_t group = model.head_count / model.kv_head_count;
  return std::max(1u, 32 / group);
}

}  // namespace

uint32_t CpuKernels::attention_queries(const ModelDescription& model) { return tile_tokens(model) * (model.head_count / model.kv_head_count); }

void CpuKernels::attention(const KvCache& cache, uint32_t layer, const float* q, uint32_t position, uint32_t token_count, float* context) {
  const uint32_t tokens_per_tile = tile_tokens(*model_), tiles = (token_count + tokens_per_tile - 1) / tokens_per_tile;
  pool_->for_ranges(static_cast<uint64_t>(tiles) * model_->kv_head_count, 1, [&](uint64_t begin, uint64_t end, uint32_t thread_index) {
    for (uint64_t piece = begin; piece < end; ++piece) {
      // The longest tiles first, so that threads end together.
      const auto tile = static_cast<uint32_t>(tiles - 1 - piece / model_->kv_head_count);
      attend_tile(cache, layer, q, position, token_count, static_cast<uint32_t>(piece % model_->kv_head_count), tile * tokens_per_tile, thread_index,
                  context);
    }
  });
}

void CpuKernels::attend_tile(const KvCache& cache, uint32_t layer, const float* q, uint32_t position, uint32_t token_count, uint32_t kv_head,
                             uint32_t first_token, uint32_t thread_index, float* context) {
  constexpr uint32_t kMostQueries = 512;
  const uint32_t head_dim = model_->head_dim, lanes = set_.kernels->lanes, group = model_->head_count / model_->kv_head_count;
  const uint32_t value_stride = (head_dim + lanes - 1) / lanes * lanes;
  const uint32_t tokens = std::min(tile_tokens(*model_), token_count - first_token), queries = tokens * group;
  float* keys = attention_.data() + thread_index * sizes_.attention_floats;
  float* values = keys + static_cast<uint64_t>(kAttentionChunk) * head_dim;
  float* scores = values + static_cast<uint64_t>(kAttentionChunk) * value_stride;
  float* maxima = scores + 4 * kAttentionChunk;
  float* totals = maxima + queries;
  float* contexts = totals + queries;
  const float* query_rows[kMostQueries];
  float* context_rows[kMostQueries];
  uint32_t key_counts[kMostQueries];

  for (uint32_t i = 0; i < queries; ++i) {
    const uint64_t token = first_token + i / group;
    query_rows[i] = q + (token * model_->head_count + kv_head * group + i % group) * head_dim;
    context_rows[i] = contexts + static_cast<uint64_t>(i) * value_stride;
    maxima[i] = -INFINITY;
    totals[i] = 0;
  }
  std::fill(contexts, contexts + static_cast<uint64_t>(queries) * value_stride, 0.0f);

  const uint32_t key_total = position + first_token + tokens;
  for (uint32_t chunk = 0; chunk < key_total; chunk += kAttentionChunk) {
    const uint32_t count = std::min(kAttentionChunk, key_total - chunk), blocks = (count + lanes - 1) / lanes;
    const uint64_t key_offset = static_cast<uint64_t>(chunk) * head_dim;
    const float* chunk_keys = static_cast<const float*>(cache.keys(layer, kv_head)) + key_offset;
    const float* chunk_values = static_cast<const float*>(cache.values(layer, kv_head)) + key_offset;
    if (cache.is_half()) {
      set_.kernels->half_to_float(static_cast<const uint16_t*>(cache.keys(layer, kv_head)) + key_offset,
                                  static_cast<uint64_t>(blocks) * lanes * head_dim, keys);
      chunk_keys = keys;
    }
    if (cache.is_half() || value_stride != head_dim) {
      for (uint32_t j = 0; j < count; ++j) {
        float* row = values + static_cast<uint64_t>(j) * value_stride;
        const uint64_t source = key_offset + static_cast<uint64_t>(j) * head_dim;
        if (cache.is_half()) {
          set_.kernels->half_to_float(static_cast<const uint16_t*>(cache.values(layer, kv_head)) + source, head_dim, row);
        } else {
          std::memcpy(row, static_cast<const float*>(cache.values(layer, kv_head)) + source, head_dim * sizeof(float));
        }
        std::fill(row + head_dim, row + value_stride, 0.0f);
      }
      chunk_values = values;
    }
    for (uint32_t i = 0; i < queries; ++i) {
      const uint32_t seen = position + first_token + i / group + 1;
      key_counts[i] = seen <= chunk ? 0 : std::min(kAttentionChunk, seen - chunk);
    }
    set_.kernels->attention_chunk({chunk_keys, chunk_values, head_dim, value_stride, model_->attention_scale, queries, query_rows, key_counts, scores,
                                   maxima, totals, context_rows});
  }
  for (uint32_t i = 0; i < queries; ++i) {
    const uint64_t token = first_token + i / group;
    float* output = context + (token * model_->head_count + kv_head * group + i % group) * head_dim;
    for (uint32_t d = 0; d < head_dim; ++d) output[d] = context_rows[i][d] / totals[i];
  }
}

}  // namespace greta::cpu
