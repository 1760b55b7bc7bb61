// Facts about the trace points of one model: row lengths and the matrices behind them.
#pragma once

#include <cstdint>

#include "backend/backend.h"

namespace greta {

// Floats in one token's row of a point inside a layer.
constexpr uint32_t point_width(const ModelDescription& model, LayerPoint point) {
  switch (point) {
    case LayerPoint::q:
    case LayerPoint::attn_context:
      return model.head_count * model.head_dim;
    case LayerPoint::k:
    case LayerPoint::v:
      return model.kv_head_count * model.head_dim;
    case LayerPoint::ffn_gate:
    case LayerPoint::ffn_up:
    case LayerPoint::ffn_act:
      return model.feed_forward_length;
    default:
      return model.embedding_length;
  }
}

// Floats in one token's row of each input of an operation (docs/operations.md).
constexpr uint32_t operation_input_width(const ModelDescription& model, LayerPoint point) {
  switch (point) {
    case LayerPoint::attn_context:
    case LayerPoint::attn_out:
      return model.head_count * model.head_dim;
    case LayerPoint::ffn_act:
    case LayerPoint::ffn_down:
      return model.feed_forward_length;
    default:
      return model.embedding_length;
  }
}

// Floats in a token's row of any trace index; 0 beyond the last.
constexpr uint32_t trace_width(const ModelDescription& model, uint32_t index) {
  if (index == trace_index_embedding() || index == trace_index_final_norm(model.layer_count)) return model.embedding_length;
  if (index == trace_index_logits(model.layer_count)) return model.vocab_size;
  if (index > trace_index_logits(model.layer_count)) return 0;
  return point_width(model, static_cast<LayerPoint>((index - 1) % kLayerPointCount));
}

// The matrix whose product is (or becomes, by bias, norm and rotation) this point; null for the others.
constexpr const WeightView* point_matrix(const LayerWeights& layer, LayerPoint point) {
  switch (point) {
    case LayerPoint::q:
      return &layer.q;
    case LayerPoint::k:
      return &layer.k;
    case LayerPoint::v:
      return &layer.v;
    case LayerPoint::attn_out:
      return &layer.attn_output;
    case LayerPoint::ffn_gate:
      return &layer.ffn_gate;
    case LayerPoint::ffn_up:
      return &layer.ffn_up;
    case LayerPoint::ffn_down:
      return &layer.ffn_down;
    default:
      return nullptr;
  }
}

}  // namespace greta
