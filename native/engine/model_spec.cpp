#include "engine/model_spec.h"

#include <cmath>

namespace greta {

namespace {

Status broken(const std::string& what) { return {StatusCode::invalid_argument, what}; }

Status check_shape(const ModelSpec& spec) {
  if (spec.layer_count == 0 || spec.embedding_length == 0 || spec.head_count == 0 || spec.kv_head_count == 0 || spec.head_dim == 0 ||
      spec.feed_forward_length == 0 || spec.vocabulary_size == 0)
    return broken("The model description has a dimension of zero.");
  if (spec.head_count % spec.kv_head_count != 0)
    return broken("The model has " + std::to_string(spec.head_count) + " heads, which is not a multiple of its " +
                  std::to_string(spec.kv_head_count) + " KV heads.");
  if (spec.rope_dims % 2 != 0 || spec.rope_dims > spec.head_dim || spec.rope_inverse_frequencies.size() != spec.rope_dims / 2)
    return broken("The model rotates " + std::to_string(spec.rope_dims) + " of " + std::to_string(spec.head_dim) + " dimensions with " +
                  std::to_string(spec.rope_inverse_frequencies.size()) + " frequencies.");
  if (!(spec.rms_norm_epsilon >= 0 && spec.rms_norm_epsilon < 1) || !std::isfinite(spec.attention_scale) || !std::isfinite(spec.rope_magnitude))
    return broken("The model's norm epsilon, attention scale or rope magnitude is not a usable number.");
  if (spec.tensors.size() != kGlobalTensorCount + uint64_t{spec.layer_count} * kLayerTensorCount)
    return broken("The model description has " + std::to_string(spec.tensors.size()) + " tensor records for " + std::to_string(spec.layer_count) +
                  " layers.");
  return {};
}

}  // namespace

Status MappedModel::bind(const TensorRecord& record, const char* role, int32_t layer, uint64_t rows, uint64_t cols, bool optional,
                         WeightView* view) const {
  *view = {};
  const std::string name = layer < 0 ? std::string(role) : std::string(role) + " of layer " + std::to_string(layer);
  if (!record.present) return optional ? Status{} : broken("The model has no " + name + ".");
  const DType type = static_cast<DType>(record.type);
  const uint64_t needed = row_bytes(type, record.cols) * record.rows;
  if (record.rows != rows || record.cols != cols)
    return broken(name + ": expected " + std::to_string(rows) + " x " + std::to_string(cols) + " weights, found " + std::to_string(record.rows) +
                  " x " + std::to_string(record.cols) + ".");
  if (needed == 0 || needed != record.bytes)
    return broken(name + ": " + std::to_string(record.bytes) + " bytes do not hold its shape in type " + std::to_string(record.type) + ".");
  if (record.file >= files_.size() || record.offset > files_[record.file]->size() || record.bytes > files_[record.file]->size() - record.offset)
    return broken(name + ": its bytes lie outside its file.");
  *view = {files_[record.file]->data() + record.offset, record.bytes, type, record.rows, record.cols, static_cast<RowOrder>(record.row_order)};
  return {};
}

Status MappedModel::open(const ModelSpec& spec, std::unique_ptr<MappedModel>* result) {
  GRETA_RETURN_IF_ERROR(check_shape(spec));
  std::unique_ptr<MappedModel> model(new MappedModel());
  for (const FileRecord& file : spec.files) {
    std::unique_ptr<FileMapping> mapping;
    GRETA_RETURN_IF_ERROR(FileMapping::open(file.path, file.size, &mapping));
    model->files_.push_back(std::move(mapping));
  }
  model->frequencies_ = spec.rope_inverse_frequencies;
  model->layers_.resize(spec.layer_count);

  ModelDescription& d = model->description_;
  d.layer_count = spec.layer_count;
  d.embedding_length = spec.embedding_length;
  d.head_count = spec.head_count;
  d.kv_head_count = spec.kv_head_count;
  d.head_dim = spec.head_dim;
  d.feed_forward_length = spec.feed_forward_length;
  d.vocab_size = spec.vocabulary_size;
  d.rms_norm_epsilon = static_cast<float>(spec.rms_norm_epsilon);
  d.attention_scale = static_cast<float>(spec.attention_scale);
  d.rope_pairing = spec.rope_pairing == 0 ? RopePairing::interleaved : RopePairing::half_split;
  d.rope_dims = spec.rope_dims;
  d.rope_inverse_frequencies = model->frequencies_.data();
  d.rope_magnitude = static_cast<float>(spec.rope_magnitude);
  d.layers = model->layers_.data();

  const uint64_t dim = spec.embedding_length, hidden = spec.feed_forward_length, head = spec.head_dim;
  const uint64_t q_rows = uint64_t{spec.head_count} * head, kv_rows = uint64_t{spec.kv_head_count} * head;
  const MappedModel& m = *model;
  GRETA_RETURN_IF_ERROR(m.bind(spec.tensors[0], "token embedding", -1, spec.vocabulary_size, dim, false, &d.token_embedding));
  GRETA_RETURN_IF_ERROR(m.bind(spec.tensors[1], "final norm", -1, 1, dim, false, &d.final_norm));
  GRETA_RETURN_IF_ERROR(m.bind(spec.tensors[2], "lm_head", -1, spec.vocabulary_size, dim, false, &d.lm_head));
  for (uint32_t index = 0; index < spec.layer_count; ++index) {
    LayerWeights& w = model->layers_[index];
    const struct {
      const char* role;
      uint64_t rows, cols;
      bool optional;
      WeightView* view;
    } slots[kLayerTensorCount] = {
        {"attn_norm", 1, dim, false, &w.attn_norm}, {"q", q_rows, dim, false, &w.q},
        {"k", kv_rows, dim, false, &w.k},           {"v", kv_rows, dim, false, &w.v},
        {"q_bias", 1, q_rows, true, &w.q_bias},     {"k_bias", 1, kv_rows, true, &w.k_bias},
        {"v_bias", 1, kv_rows, true, &w.v_bias},    {"q_norm", 1, head, true, &w.q_norm},
        {"k_norm", 1, head, true, &w.k_norm},       {"attn_output", dim, q_rows, false, &w.attn_output},
        {"ffn_norm", 1, dim, false, &w.ffn_norm},   {"ffn_gate", hidden, dim, false, &w.ffn_gate},
        {"ffn_up", hidden, dim, false, &w.ffn_up},  {"ffn_down", dim, hidden, false, &w.ffn_down},
    };
    for (uint32_t slot = 0; slot < kLayerTensorCount; ++slot) {
      const TensorRecord& record = spec.tensors[kGlobalTensorCount + index * kLayerTensorCount + slot];
      GRETA_RETURN_IF_ERROR(
          m.bind(record, slots[slot].role, static_cast<int32_t>(index), slots[slot].rows, slots[slot].cols, slots[slot].optional, slots[slot].view));
    }
  }
  *result = std::move(model);
  return {};
}

uint64_t MappedModel::mapped_bytes() const {
  uint64_t total = 0;
  for (const auto& file : files_) total += file->size();
  return total;
}

Status MappedModel::check_intact() const {
  for (const auto& file : files_) GRETA_RETURN_IF_ERROR(file->check_intact());
  return {};
}

}  // namespace greta
