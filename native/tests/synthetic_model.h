// Test code only: a small llama-like model with seeded random weights of any type and shape.
#pragma once

#include <cstdint>
#include <vector>

#include "backend/backend.h"

namespace greta::testing {

// Random bytes that are a well-formed row of `type`: scales are small finite halves, quants anything.
std::vector<uint8_t> random_weights(DType type, uint64_t rows, uint64_t cols, uint32_t seed);

struct SyntheticShape {
  uint32_t layers = 2, embedding = 256, heads = 4, kv_heads = 2, head_dim = 64, feed_forward = 512, vocab = 97;
  uint32_t rope_dims = 64;
  DType type = DType::q4_k;
  RopePairing pairing = RopePairing::interleaved;
  bool biases = false, head_norms = false, tied = false;
  RowOrder q_k_order = RowOrder::as_stored;
};

class SyntheticModel {
 public:
  explicit SyntheticModel(const SyntheticShape& shape);
  const ModelDescription& description() const { return description_; }

 private:
  WeightView matrix(DType type, uint32_t rows, uint32_t cols);
  WeightView vector(uint32_t cols, float center);

  uint32_t seed_ = 1;
  std::vector<std::vector<uint8_t>> storage_;
  std::vector<LayerWeights> layers_;
  std::vector<double> frequencies_;
  ModelDescription description_{};
};

}  // namespace greta::testing
