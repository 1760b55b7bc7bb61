#include "tests/synthetic_model.h"

#include <cmath>
#include <cstring>
#include <random>

#include "base/half.h"

namespace greta::testing {
namespace {

void put_half(std::vector<uint8_t>& bytes, uint64_t at, float value) {
  const HalfBits bits = float_to_half(value);
  std::memcpy(bytes.data() + at, &bits, 2);
}

// Byte offsets of the half-precision scales of a block, and how large they are for weights of about 0.1.
struct ScaleFields {
  uint32_t d, m;
  float size;
  bool has_m;
};
ScaleFields scale_fields(DType type) {
  switch (type) {
    case DType::q4_0:
      return {0, 0, 0.02f, false};
    case DType::q4_1:
      return {0, 2, 0.02f, true};
    case DType::q5_0:
      return {0, 0, 0.01f, false};
    case DType::q5_1:
      return {0, 2, 0.01f, true};
    case DType::q8_0:
      return {0, 0, 0.001f, false};
    case DType::q2_k:
      return {offsetof(BlockQ2_K, d), offsetof(BlockQ2_K, dmin), 0.01f, true};
    case DType::q3_k:
      return {offsetof(BlockQ3_K, d), 0, 0.002f, false};
    case DType::q4_k:
    case DType::q5_k:
      return {0, 2, 0.0005f, true};
    case DType::q6_k:
      return {offsetof(BlockQ6_K, d), 0, 0.0001f, false};
    default:
      return {0, 0, 0, false};
  }
}

}  // namespace

std::vector<uint8_t> random_weights(DType type, uint64_t rows, uint64_t cols, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> bytes(rows * row_bytes(type, cols));
  const uint64_t weights = rows * cols;
  const auto uniform = [&random] { return static_cast<float>(random() % 20001) / 10000.0f - 1.0f; };
  if (type == DType::f32 || type == DType::f16 || type == DType::bf16) {
    for (uint64_t i = 0; i < weights; ++i) {
      const float value = uniform() * 0.2f;
      const uint16_t narrow = type == DType::f16 ? float_to_half(value) : float_to_bf16(value);
      if (type == DType::f32) std::memcpy(bytes.data() + 4 * i, &value, 4);
      if (type != DType::f32) std::memcpy(bytes.data() + 2 * i, &narrow, 2);
    }
    return bytes;
  }
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  const DTypeFacts& facts = *dtype_facts(type);
  const ScaleFields fields = scale_fields(type);
  for (uint64_t block = 0; block < weights / facts.block_weights; ++block) {
    put_half(bytes, block * facts.block_bytes + fields.d, fields.size * (1.0f + 0.5f * uniform()));
    if (fields.has_m) put_half(bytes, block * facts.block_bytes + fields.m, fields.size * 7 * uniform());
  }
  return bytes;
}

WeightView SyntheticModel::matrix(DType type, uint32_t rows, uint32_t cols) {
  storage_.push_back(random_weights(type, rows, cols, seed_++));
  return {storage_.back().data(), storage_.back().size(), type, rows, cols, RowOrder::as_stored};
}

WeightView SyntheticModel::vector(uint32_t cols, float center) {
  std::mt19937 random(seed_++);
  std::vector<uint8_t> bytes(static_cast<size_t>(cols) * 4);
  for (uint32_t i = 0; i < cols; ++i) {
    const float value = center + 0.1f * (static_cast<float>(random() % 2001) / 1000.0f - 1.0f);
    std::memcpy(bytes.data() + static_cast<size_t>(i) * 4, &value, 4);
  }
  storage_.push_back(std::move(bytes));
  return {storage_.back().data(), storage_.back().size(), DType::f32, 1, cols, RowOrder::as_stored};
}

SyntheticModel::SyntheticModel(const SyntheticShape& shape) {
  ModelDescription& model = description_;
  model.layer_count = shape.layers;
  model.embedding_length = shape.embedding;
  model.head_count = shape.heads;
  model.kv_head_count = shape.kv_heads;
  model.head_dim = shape.head_dim;
  model.feed_forward_length = shape.feed_forward;
  model.vocab_size = shape.vocab;
  model.rms_norm_epsilon = 1e-5f;
  model.attention_scale = 1.0f / std::sqrt(static_cast<float>(shape.head_dim));
  model.rope_pairing = shape.pairing;
  model.rope_dims = shape.rope_dims;
  model.rope_magnitude = 1.0f;
  for (uint32_t pair = 0; pair < shape.rope_dims / 2; ++pair) frequencies_.push_back(std::pow(10000.0, -2.0 * pair / shape.rope_dims));
  model.rope_inverse_frequencies = frequencies_.data();
  model.token_embedding = matrix(shape.type, shape.vocab, shape.embedding);
  model.lm_head = shape.tied ? model.token_embedding : matrix(shape.type, shape.vocab, shape.embedding);
  model.final_norm = vector(shape.embedding, 1);
  const uint32_t q_width = shape.heads * shape.head_dim, kv_width = shape.kv_heads * shape.head_dim;
  for (uint32_t i = 0; i < shape.layers; ++i) {
    LayerWeights layer{};
    layer.attn_norm = vector(shape.embedding, 0.1f);  // keeps attention from being one-hot
    layer.ffn_norm = vector(shape.embedding, 1);
    layer.q = matrix(shape.type, q_width, shape.embedding);
    layer.k = matrix(shape.type, kv_width, shape.embedding);
    layer.v = matrix(shape.type, kv_width, shape.embedding);
    layer.q.row_order = layer.k.row_order = shape.q_k_order;
    if (shape.biases) {
      layer.q_bias = vector(q_width, 0);
      layer.k_bias = vector(kv_width, 0);
      layer.v_bias = vector(kv_width, 0);
    }
    if (shape.head_norms) {
      layer.q_norm = vector(shape.head_dim, 1);
      layer.k_norm = vector(shape.head_dim, 1);
    }
    layer.attn_output = matrix(shape.type, shape.embedding, q_width);
    layer.ffn_gate = matrix(shape.type, shape.feed_forward, shape.embedding);
    layer.ffn_up = matrix(shape.type, shape.feed_forward, shape.embedding);
    layer.ffn_down = matrix(shape.type, shape.embedding, shape.feed_forward);
    layers_.push_back(layer);
  }
  model.layers = layers_.data();
}

}  // namespace greta::testing
