// Keys and values of every layer and position, in the layout that the attention kernels stream.
#pragma once

#include <cstdint>

#include "backend/backend.h"
#include "base/aligned_buffer.h"
#include "base/half.h"

namespace greta {

// One layer holds, for every key/value head,
//   keys   (capacity / key_block) blocks of (head_dim, key_block): `key_block` consecutive positions lie side by side, so that a
//          vector of lanes holds one dimension of several keys. key_block = 1 is plain rows.
//   values (capacity, head_dim) rows.
// Elements are f32 or f16 (rounded to nearest even when stored). Positions are rounded up to a whole key block.
class KvCache {
 public:
  static uint64_t bytes_for(const ModelDescription& model, const LoadOptions& options, uint32_t key_block);

  // False when there is no memory.
  [[nodiscard]] bool allocate(const ModelDescription& model, const LoadOptions& options, uint32_t key_block);

  // k_row, v_row: (kv_heads * head_dim) f32.
  void store(uint32_t layer, uint32_t position, const float* k_row, const float* v_row);
  // What store() kept, as f32. Either output may be null.
  void load(uint32_t layer, uint32_t position, float* k_row, float* v_row) const;

  // One head of positions [0, position_count) as f32 rows of head_dim.
  void load_head(uint32_t layer, uint32_t kv_head, uint32_t position_count, float* keys, float* values) const;

  bool is_half() const { return element_bytes_ == 2; }
  uint32_t key_block() const { return key_block_; }
  uint32_t head_dim() const { return head_dim_; }
  uint32_t kv_heads() const { return kv_heads_; }
  // First byte of the keys or values of one head; elements of element type as laid out above.
  const void* keys(uint32_t layer, uint32_t kv_head) const { return data_.data() + offset(layer, kv_head, 0); }
  const void* values(uint32_t layer, uint32_t kv_head) const { return data_.data() + offset(layer, kv_head, 1); }

 private:
  uint64_t offset(uint32_t layer, uint32_t kv_head, uint32_t part) const {
    return ((static_cast<uint64_t>(layer) * 2 + part) * kv_heads_ + kv_head) * capacity_ * head_dim_ * element_bytes_;
  }
  void store_element(uint64_t byte_offset, float value);
  float load_element(uint64_t byte_offset) const;

  AlignedBuffer<unsigned char> data_;
  uint64_t capacity_ = 0;  // positions, a multiple of key_block_
  uint32_t kv_heads_ = 0, head_dim_ = 0, key_block_ = 1, element_bytes_ = 4;
};

}  // namespace greta
