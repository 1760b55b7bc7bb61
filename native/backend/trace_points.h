// Where the engine can be observed. Names and order are the product's contract (execution order); every backend exposes
// the same points, and a statistics row of a token is laid out by trace_index().
#pragma once

#include <cstdint>

#include "base/trace_stats.h"

namespace greta {

// Points inside one transformer block, in execution order. q and k are after RoPE; attn_context is the attention output
// before the output projection; ffn_act is silu(gate) * up; layer_out is the residual stream after the block.
enum class LayerPoint : uint32_t {
  attn_norm,
  q,
  k,
  v,
  attn_context,
  attn_out,
  attn_residual,
  ffn_norm,
  ffn_gate,
  ffn_up,
  ffn_act,
  ffn_down,
  layer_out,
};
inline constexpr uint32_t kLayerPointCount = 13;
inline constexpr const char* kLayerPointNames[kLayerPointCount] = {
    "attn_norm", "q", "k", "v", "attn_context", "attn_out", "attn_residual", "ffn_norm", "ffn_gate", "ffn_up", "ffn_act", "ffn_down", "layer_out",
};

// A token's row: embedding, then 13 points a layer, then final_norm and logits.
constexpr uint32_t trace_point_count(uint32_t layers) { return 1 + layers * kLayerPointCount + 2; }
constexpr uint32_t trace_index_embedding() { return 0; }
constexpr uint32_t trace_index(uint32_t layer, LayerPoint point) { return 1 + layer * kLayerPointCount + static_cast<uint32_t>(point); }
constexpr uint32_t trace_index_final_norm(uint32_t layers) { return 1 + layers * kLayerPointCount; }
constexpr uint32_t trace_index_logits(uint32_t layers) { return 2 + layers * kLayerPointCount; }

// Logical blocks that are timed. `host_gap` is wall time of a step that no block accounts for.
enum class TimedBlock : uint32_t { embedding, norm, qkv, attention, ffn, lm_head, sampling, host_gap };
inline constexpr uint32_t kTimedBlockCount = 8;
inline constexpr const char* kTimedBlockNames[kTimedBlockCount] = {"embedding", "norm", "qkv", "attention", "ffn", "lm_head", "sampling", "host_gap"};

}  // namespace greta
