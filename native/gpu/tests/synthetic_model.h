// Test code: models of well-known shapes with seeded random weights in the Q4_K_M mix or in F16. Layers share host memory,
// each gets its own on the device. Values are made to keep activations finite; the text is noise.
#pragma once

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "backend/backend.h"

namespace greta::testing {

class SyntheticModel {
 public:
  // name: "llama-2-7b", "llama-3-8b" or "tiny"; type "Q4_K_M" or "F16".
  SyntheticModel(const std::string& name, bool f16) : f16_(f16) {
    ModelDescription& m = description_;
    const bool llama3 = name == "llama-3-8b", tiny = name == "tiny";
    m.layer_count = tiny ? 4 : 32, m.embedding_length = tiny ? 512 : 4096, m.head_count = tiny ? 8 : 32, m.kv_head_count = tiny ? 2 : llama3 ? 8 : 32;
    m.head_dim = tiny ? 64 : 128, m.feed_forward_length = tiny ? 1024 : llama3 ? 14336 : 11008, m.vocab_size = tiny ? 1024 : llama3 ? 128256 : 32000;
    m.rms_norm_epsilon = 1e-5f, m.attention_scale = 1.0f / std::sqrt(float(m.head_dim)), m.rope_dims = m.head_dim, m.rope_magnitude = 1.0f;
    for (uint32_t i = 0; i < m.rope_dims / 2; i++) frequencies_.push_back(std::pow(llama3 ? 500000.0 : 10000.0, -2.0 * i / m.rope_dims));
    m.rope_inverse_frequencies = frequencies_.data();
    const uint32_t e = m.embedding_length, q = m.head_count * m.head_dim, kv = m.kv_head_count * m.head_dim, f = m.feed_forward_length;
    const DType low = f16 ? DType::f16 : DType::q4_k, high = f16 ? DType::f16 : DType::q6_k;
    LayerWeights shared{};
    shared.attn_norm = shared.ffn_norm = m.final_norm = ones(e);
    shared.q = matrix(low, q, e), shared.k = matrix(low, kv, e), shared.attn_output = matrix(low, e, q);
    shared.ffn_gate = matrix(low, f, e), shared.ffn_up = matrix(low, f, e);
    const WeightView v[2] = {matrix(low, kv, e), matrix(high, kv, e)}, down[2] = {matrix(low, e, f), matrix(high, e, f)};
    for (uint32_t l = 0; l < m.layer_count; l++) {
      const uint32_t n = m.layer_count;
      const bool more = l < n / 8 || l >= 7 * n / 8 || (l - n / 8) % 3 == 2;  // llama.cpp's use_more_bits
      shared.v = v[more], shared.ffn_down = down[more];
      layers_.push_back(shared);
    }
    m.layers = layers_.data();
    m.token_embedding = matrix(low, m.vocab_size, e), m.lm_head = matrix(high, m.vocab_size, e);
  }
  const ModelDescription& description() const { return description_; }
  // Bytes one decoded token reads of the weights: everything but the embedding table.
  uint64_t bytes_per_token() const {
    uint64_t bytes = description_.lm_head.bytes;
    for (const LayerWeights& w : layers_)
      for (const WeightView* view : {&w.q, &w.k, &w.v, &w.attn_output, &w.ffn_gate, &w.ffn_up, &w.ffn_down}) bytes += view->bytes;
    return bytes;
  }

 private:
  uint64_t random() {
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    return state_;
  }
  WeightView ones(uint32_t columns) {
    storage_.emplace_back(columns * 4);
    for (uint32_t i = 0; i < columns; i++) reinterpret_cast<float*>(storage_.back().data())[i] = 1.0f;
    return {storage_.back().data(), columns * 4, DType::f32, 1, columns};
  }
  WeightView matrix(DType type, uint32_t rows, uint32_t columns) {
    const uint64_t bytes = rows * row_bytes(type, columns);
    storage_.emplace_back(bytes);
    uint8_t* data = storage_.back().data();
    for (uint64_t i = 0; i + 8 <= bytes; i += 8) {
      const uint64_t word = random();
      std::memcpy(data + i, &word, 8);
    }
    const auto put = [](uint8_t* at, uint16_t bits) { std::memcpy(at, &bits, 2); };
    if (type == DType::f16)
      for (uint64_t i = 0; i < bytes; i += 2)
        put(data + i, static_cast<uint16_t>((data[i] | data[i + 1] << 8) & 0x83ff) | 0x2400);  // 0.0156 .. 0.031
    if (type == DType::q4_k)
      for (uint64_t i = 0; i < bytes; i += 144) put(data + i, 0x068e), put(data + i + 2, 0x1225);  // 1e-4, 7.5e-4: mean near zero
    if (type == DType::q6_k)
      for (uint64_t i = 0; i < bytes; i += 210) put(data + i + 208, 0x00a8);  // 1e-5
    return {data, bytes, type, rows, columns};
  }
  bool f16_;
  uint64_t state_ = 88172645463325252ull;
  ModelDescription description_{};
  std::vector<double> frequencies_;
  std::vector<LayerWeights> layers_;
  std::vector<std::vector<uint8_t>> storage_;
};

}  // namespace greta::testing
