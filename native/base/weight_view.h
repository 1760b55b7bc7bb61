// A weight as it lies in memory, and the two layouts of rotary pairs: what every operation and every backend is told.
#pragma once

#include <cstdint>

#include "base/dtype.h"

namespace greta {

// How the rows of a stored matrix map to logical rows. Hugging Face stores llama's wq/wk with rotary pairs at
// (i, i + head_dim/2); GGUF stores them at (2i, 2i+1). Reading rows through the map makes both files the same model,
// bit for bit, without copying.
enum class RowOrder : uint32_t {
  as_stored = 0,
  rotary_half_split_to_interleaved = 1,  // logical row h*D + 2i+b is stored row h*D + i + b*D/2, D = head_dim
};

// A weight as it lies in memory: `rows` rows of `cols` contiguous weights. Read-only; may be a file mapping.
struct WeightView {
  const void* data = nullptr;  // null = this model has no such tensor
  uint64_t bytes = 0;          // rows * row_bytes(type, cols)
  DType type = DType::f32;
  uint32_t rows = 0, cols = 0;
  RowOrder row_order = RowOrder::as_stored;
};

enum class RopePairing : uint32_t {
  interleaved = 0,  // rotates (2i, 2i+1): llama
  half_split = 1,   // rotates (i, i + rope_dims/2): qwen2, qwen3 ("NeoX")
};

}  // namespace greta
