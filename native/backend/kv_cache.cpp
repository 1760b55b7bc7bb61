#include "backend/kv_cache.h"

#include <cstring>

namespace greta {
namespace {

uint64_t padded_capacity(const LoadOptions& options, uint32_t key_block) {
  return (static_cast<uint64_t>(options.context_capacity) + key_block - 1) / key_block * key_block;
}

}  // namespace

uint64_t KvCache::bytes_for(const ModelDescription& model, const LoadOptions& options, uint32_t key_block) {
  return AlignedBuffer<unsigned char>::bytes_for(padded_capacity(options, key_block) * model.layer_count * 2 * model.kv_head_count * model.head_dim *
                                                 (options.kv_type == KvType::f16 ? 2 : 4));
}

bool KvCache::allocate(const ModelDescription& model, const LoadOptions& options, uint32_t key_block) {
  capacity_ = padded_capacity(options, key_block);
  kv_heads_ = model.kv_head_count;
  head_dim_ = model.head_dim;
  key_block_ = key_block;
  element_bytes_ = options.kv_type == KvType::f16 ? 2 : 4;
  // Every head has its own stretch of positions: huge pages would make the whole context resident with the first token.
  return data_.allocate(offset(model.layer_count, 0, 0), PageSize::small);
}

void KvCache::store_element(uint64_t byte_offset, float value) {
  if (element_bytes_ == 4) {
    std::memcpy(data_.data() + byte_offset, &value, 4);
  } else {
    const HalfBits bits = float_to_half(value);
    std::memcpy(data_.data() + byte_offset, &bits, 2);
  }
}

float KvCache::load_element(uint64_t byte_offset) const {
  if (element_bytes_ == 4) {
    float value;
    std::memcpy(&value, data_.data() + byte_offset, 4);
    return value;
  }
  HalfBits bits;
  std::memcpy(&bits, data_.data() + byte_offset, 2);
  return half_to_float(bits);
}

void KvCache::store(uint32_t layer, uint32_t position, const float* k_row, const float* v_row) {
  const uint64_t block_start = static_cast<uint64_t>(position / key_block_) * key_block_ * head_dim_ + position % key_block_;
  for (uint32_t head = 0; head < kv_heads_; ++head) {
    const uint64_t k_base = offset(layer, head, 0) + block_start * element_bytes_;
    const uint64_t v_base = offset(layer, head, 1) + static_cast<uint64_t>(position) * head_dim_ * element_bytes_;
    for (uint32_t d = 0; d < head_dim_; ++d) {
      store_element(k_base + static_cast<uint64_t>(d) * key_block_ * element_bytes_, k_row[head * head_dim_ + d]);
      store_element(v_base + static_cast<uint64_t>(d) * element_bytes_, v_row[head * head_dim_ + d]);
    }
  }
}

void KvCache::load(uint32_t layer, uint32_t position, float* k_row, float* v_row) const {
  const uint64_t block_start = static_cast<uint64_t>(position / key_block_) * key_block_ * head_dim_ + position % key_block_;
  for (uint32_t head = 0; head < kv_heads_; ++head) {
    const uint64_t k_base = offset(layer, head, 0) + block_start * element_bytes_;
    const uint64_t v_base = offset(layer, head, 1) + static_cast<uint64_t>(position) * head_dim_ * element_bytes_;
    for (uint32_t d = 0; d < head_dim_; ++d) {
      if (k_row != nullptr) k_row[head * head_dim_ + d] = load_element(k_base + static_cast<uint64_t>(d) * key_block_ * element_bytes_);
      if (v_row != nullptr) v_row[head * head_dim_ + d] = load_element(v_base + static_cast<uint64_t>(d) * element_bytes_);
    }
  }
}

void KvCache::load_head(uint32_t layer, uint32_t kv_head, uint32_t position_count, float* keys, float* values) const {
  const uint64_t k_base = offset(layer, kv_head, 0), v_base = offset(layer, kv_head, 1);
  for (uint64_t position = 0; position < position_count; ++position) {
    const uint64_t key_start = position / key_block_ * key_block_ * head_dim_ + position % key_block_;
    for (uint32_t d = 0; d < head_dim_; ++d) {
      keys[position * head_dim_ + d] = load_element(k_base + (key_start + static_cast<uint64_t>(d) * key_block_) * element_bytes_);
      values[position * head_dim_ + d] = load_element(v_base + (position * head_dim_ + d) * element_bytes_);
    }
  }
}

}  // namespace greta
