// The model as TypeScript validated it, by value, and the description that backends read, with pointers into mapped files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "base/status.h"
#include "engine/file_mapping.h"

namespace greta {

// The tensors of one layer, in the order of LayerWeights.
inline constexpr uint32_t kLayerTensorCount = 14;
// Token embedding, final norm, lm_head, then kLayerTensorCount a layer.
inline constexpr uint32_t kGlobalTensorCount = 3;

struct TensorRecord {
  bool present = false;
  uint32_t file = 0;
  uint64_t offset = 0, bytes = 0;
  uint32_t type = 0;  // DType
  uint32_t rows = 0, cols = 0;
  uint32_t row_order = 0;  // RowOrder
};

struct FileRecord {
  std::string path;
  uint64_t size = 0;
};

struct ModelSpec {
  uint32_t layer_count = 0, embedding_length = 0, head_count = 0, kv_head_count = 0, head_dim = 0, feed_forward_length = 0, vocabulary_size = 0;
  double rms_norm_epsilon = 0, attention_scale = 0, rope_magnitude = 1;
  uint32_t rope_pairing = 0, rope_dims = 0;
  std::vector<double> rope_inverse_frequencies;
  std::vector<FileRecord> files;
  std::vector<TensorRecord> tensors;  // kGlobalTensorCount + layer_count * kLayerTensorCount
};

// Opened files and the description over them. The description points into this object: it must outlive the backend.
class MappedModel {
 public:
  // Checks every record against its file, type and role again (the parser is another language away), then maps.
  static Status open(const ModelSpec& spec, std::unique_ptr<MappedModel>* model);

  const ModelDescription& description() const { return description_; }
  const std::vector<std::unique_ptr<FileMapping>>& files() const { return files_; }
  uint64_t mapped_bytes() const;
  Status check_intact() const;

 private:
  MappedModel() = default;
  Status bind(const TensorRecord& record, const char* role, int32_t layer, uint64_t rows, uint64_t cols, bool optional, WeightView* view) const;

  ModelDescription description_{};
  std::vector<double> frequencies_;
  std::vector<LayerWeights> layers_;
  std::vector<std::unique_ptr<FileMapping>> files_;
};

}  // namespace greta
