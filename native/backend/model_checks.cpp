#include "backend/model_checks.h"

#include <string>

namespace greta {
namespace {

Status check_view(const WeightView& view, const std::string& name, uint64_t rows, uint64_t cols, bool required) {
  if (view.data == nullptr) {
    if (!required) return {};
    return {StatusCode::invalid_argument, "The model has no tensor for " + name + "."};
  }
  const DTypeFacts* facts = dtype_facts(view.type);
  if (facts == nullptr) {
    return {StatusCode::unsupported,
            "Tensor " + name + " has type id " + std::to_string(static_cast<uint32_t>(view.type)) + ", which this backend does not know."};
  }
  if (view.rows != rows || view.cols != cols) {
    return {StatusCode::invalid_argument, "Tensor " + name + " is " + std::to_string(view.rows) + " x " + std::to_string(view.cols) +
                                              "; the model's sizes ask for " + std::to_string(rows) + " x " + std::to_string(cols) + "."};
  }
  const uint64_t expected_bytes = rows * row_bytes(view.type, cols);
  if (expected_bytes == 0 || view.bytes != expected_bytes) {
    return {StatusCode::invalid_argument, "Tensor " + name + " of type " + facts->name + " holds " + std::to_string(view.bytes) + " bytes; " +
                                              std::to_string(rows) + " rows of " + std::to_string(cols) + " weights take " +
                                              std::to_string(expected_bytes) + "."};
  }
  return {};
}

Status check_sizes(const ModelDescription& model, const LoadOptions& options) {
  if (model.layer_count == 0 || model.embedding_length == 0 || model.head_count == 0 || model.kv_head_count == 0 || model.head_dim == 0 ||
      model.feed_forward_length == 0 || model.vocab_size == 0 || model.layers == nullptr)
    return {StatusCode::invalid_argument, "The model description has a size of zero."};
  if (model.head_count % model.kv_head_count != 0) {
    return {StatusCode::invalid_argument, "The model has " + std::to_string(model.head_count) + " query heads and " +
                                              std::to_string(model.kv_head_count) + " key/value heads; the first must be a multiple of the second."};
  }
  if (model.rope_dims % 2 != 0 || model.rope_dims > model.head_dim || (model.rope_dims != 0 && model.rope_inverse_frequencies == nullptr)) {
    return {StatusCode::invalid_argument, "The model rotates " + std::to_string(model.rope_dims) + " of " + std::to_string(model.head_dim) +
                                              " dimensions of a head; an even number within the head was expected."};
  }
  if (options.context_capacity == 0 || options.batch_capacity == 0 || options.thread_count == 0)
    return {StatusCode::invalid_argument, "Context, batch and thread count must each be at least 1."};
  if (static_cast<uint32_t>(options.kv_type) > 1 || static_cast<uint32_t>(options.precision) > 1)
    return {StatusCode::unsupported, "This backend knows the cache types f32 and f16 and the precisions f32 and bf16."};
  return {};
}

Status check_layer(const ModelDescription& model, const LayerWeights& layer, uint32_t index) {
  const uint64_t embedding = model.embedding_length, feed_forward = model.feed_forward_length;
  const uint64_t q_width = static_cast<uint64_t>(model.head_count) * model.head_dim,
                 kv_width = static_cast<uint64_t>(model.kv_head_count) * model.head_dim;
  const struct {
    const WeightView& view;
    const char* name;
    uint64_t rows, cols;
    bool required;
  } views[] = {
      {layer.attn_norm, "attn_norm", 1, embedding, true},      {layer.q, "attn_q", q_width, embedding, true},
      {layer.k, "attn_k", kv_width, embedding, true},          {layer.v, "attn_v", kv_width, embedding, true},
      {layer.q_bias, "attn_q.bias", 1, q_width, false},        {layer.k_bias, "attn_k.bias", 1, kv_width, false},
      {layer.v_bias, "attn_v.bias", 1, kv_width, false},       {layer.q_norm, "attn_q_norm", 1, model.head_dim, false},
      {layer.k_norm, "attn_k_norm", 1, model.head_dim, false}, {layer.attn_output, "attn_output", embedding, q_width, true},
      {layer.ffn_norm, "ffn_norm", 1, embedding, true},        {layer.ffn_gate, "ffn_gate", feed_forward, embedding, true},
      {layer.ffn_up, "ffn_up", feed_forward, embedding, true}, {layer.ffn_down, "ffn_down", embedding, feed_forward, true},
  };
  for (const auto& entry : views) {
    GRETA_RETURN_IF_ERROR(
        check_view(entry.view, std::string(entry.name) + " of layer " + std::to_string(index), entry.rows, entry.cols, entry.required));
    if (entry.view.row_order == RowOrder::rotary_half_split_to_interleaved && entry.view.rows != 1 && entry.view.rows % model.head_dim != 0)
      return {StatusCode::invalid_argument, std::string("Rows of ") + entry.name + " are not a whole number of heads."};
  }
  return {};
}

uint64_t layer_bytes(const LayerWeights& layer) {
  uint64_t bytes = 0;
  for (const WeightView* view : {&layer.attn_norm, &layer.q, &layer.k, &layer.v, &layer.q_bias, &layer.k_bias, &layer.v_bias, &layer.q_norm,
                                 &layer.k_norm, &layer.attn_output, &layer.ffn_norm, &layer.ffn_gate, &layer.ffn_up, &layer.ffn_down})
    if (view->data != nullptr) bytes += view->bytes;
  return bytes;
}

}  // namespace

Status check_model(const ModelDescription& model, const LoadOptions& options) {
  GRETA_RETURN_IF_ERROR(check_sizes(model, options));
  GRETA_RETURN_IF_ERROR(check_view(model.token_embedding, "token_embd", model.vocab_size, model.embedding_length, true));
  GRETA_RETURN_IF_ERROR(check_view(model.final_norm, "output_norm", 1, model.embedding_length, true));
  GRETA_RETURN_IF_ERROR(check_view(model.lm_head, "output", model.vocab_size, model.embedding_length, true));
  for (uint32_t i = 0; i < model.layer_count; ++i) GRETA_RETURN_IF_ERROR(check_layer(model, model.layers[i], i));
  return {};
}

uint64_t mapped_weight_bytes(const ModelDescription& model) {
  uint64_t bytes = model.token_embedding.bytes + model.final_norm.bytes;
  if (model.lm_head.data != model.token_embedding.data) bytes += model.lm_head.bytes;
  for (uint32_t i = 0; i < model.layer_count; ++i) bytes += layer_bytes(model.layers[i]);
  return bytes;
}

}  // namespace greta
