#include "gpu/host/weight_loader.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "gpu/kernels/weights.h"

namespace greta::gpu {
namespace {

class Loader {
 public:
  Loader(uint8_t* staging, uint64_t staging_bytes, gx::Stream stream) : staging_(staging), staging_bytes_(staging_bytes), stream_(stream) {}

  // Calls use(first row, rows) with those stored rows in staging.
  template <class Use>
  Status pieces(const WeightView& view, const char* what, Use use) {
    const uint64_t stride = row_bytes(view.type, view.cols);
    const uint32_t step = static_cast<uint32_t>(std::max<uint64_t>(1, staging_bytes_ / stride));
    for (uint32_t row = 0; row < view.rows; row += step) {
      const uint32_t rows = std::min(step, view.rows - row);
      GRETA_RETURN_IF_ERROR(device_status(
          hipMemcpyAsync(staging_, static_cast<const uint8_t*>(view.data) + row * stride, rows * stride, hipMemcpyHostToDevice, stream_), what));
      use(row, rows);
      GRETA_RETURN_IF_ERROR(device_status(hipGetLastError(), what));
      GRETA_RETURN_IF_ERROR(device_status(hipStreamSynchronize(stream_), what));
      done_ += rows * stride;
    }
    return {};
  }
  Status vector(const DeviceVector& vector, uint32_t head_dim) {
    if (!vector.data) return {};
    if (vector.view.row_order == RowOrder::rotary_half_split_to_interleaved) {
      // A bias of a permuted matrix: its elements follow the rows. Such vectors are F32, F16 or BF16.
      const uint64_t bytes = row_bytes(vector.view.type, 1);
      std::vector<uint8_t> ordered(vector.view.cols * bytes);
      for (uint32_t i = 0; i < vector.view.cols; i++) {
        const uint32_t in_head = i % head_dim, stored = i - in_head + in_head % 2 * (head_dim / 2) + in_head / 2;
        std::memcpy(&ordered[i * bytes], static_cast<const uint8_t*>(vector.view.data) + stored * bytes, bytes);
      }
      WeightView view = vector.view;
      view.data = ordered.data(), view.row_order = RowOrder::as_stored;
      return this->vector({view, vector.data}, head_dim);
    }
    return pieces(vector.view, "loading a vector", [&](uint32_t row, uint32_t rows) {
      dequantize_rows(staging_, vector.view.type, vector.view.rows, vector.view.cols, nullptr, rows, vector.data + uint64_t{row} * vector.view.cols,
                      stream_);
    });
  }
  Status group(const MatrixGroup& group) {
    for (const PackedMatrix& matrix : group.stack)
      if (matrix.tiles) GRETA_RETURN_IF_ERROR(device_status(hipMemsetAsync(matrix.records, 0, matrix.bytes(), stream_), "clearing weights"));
    for (const PackedPart& part : group.parts)
      GRETA_RETURN_IF_ERROR(pieces(part.view, "packing weights", [&](uint32_t row, uint32_t rows) {
        repack_rows({staging_, part.view.type, row, rows, part.view.cols, part.placement, group.stack[part.stack]}, stream_);
      }));
    return {};
  }
  uint64_t done() const { return done_; }

 private:
  uint8_t* staging_;
  uint64_t staging_bytes_;
  gx::Stream stream_;
  uint64_t done_ = 0;
};

}  // namespace

uint64_t longest_row_bytes(const ModelDescription& model) {
  uint64_t longest = 0;
  const auto see = [&](const WeightView& view) { longest = std::max(longest, view.data ? row_bytes(view.type, view.cols) : 0); };
  see(model.token_embedding), see(model.final_norm), see(model.lm_head);
  for (uint32_t l = 0; l < model.layer_count; l++) {
    const LayerWeights& w = model.layers[l];
    for (const WeightView* view : {&w.attn_norm, &w.q, &w.k, &w.v, &w.q_bias, &w.k_bias, &w.v_bias, &w.q_norm, &w.k_norm, &w.attn_output, &w.ffn_norm,
                                   &w.ffn_gate, &w.ffn_up, &w.ffn_down})
      see(*view);
  }
  return longest;
}

Status load_weights(ModelMemory& memory, uint8_t* staging, uint64_t staging_bytes, bool (*progress)(void*, float), void* context, gx::Stream stream) {
  Loader loader(staging, staging_bytes, stream);
  const auto report = [&](uint32_t done) -> Status {
    if (progress && !progress(context, static_cast<float>(done) / static_cast<float>(memory.model.layer_count + 2)))
      return {StatusCode::cancelled, "Loading was cancelled."};
    return {};
  };
  const WeightView& embedding = memory.model.token_embedding;
  GRETA_RETURN_IF_ERROR(
      device_status(hipMemcpyAsync(memory.embedding, embedding.data, embedding.bytes, hipMemcpyHostToDevice, stream), "loading the embedding"));
  GRETA_RETURN_IF_ERROR(report(1));
  for (uint32_t l = 0; l < memory.model.layer_count; l++) {
    const LayerMemory& layer = memory.layers[l];
    for (const MatrixGroup* group : {&layer.qkv, &layer.output, &layer.gate_up, &layer.down}) GRETA_RETURN_IF_ERROR(loader.group(*group));
    for (const DeviceVector* vector : {&layer.attn_norm, &layer.ffn_norm, &layer.q_bias, &layer.k_bias, &layer.v_bias, &layer.q_norm, &layer.k_norm})
      GRETA_RETURN_IF_ERROR(loader.vector(*vector, memory.model.head_dim));
    GRETA_RETURN_IF_ERROR(report(l + 2));
  }
  GRETA_RETURN_IF_ERROR(loader.vector(memory.final_norm, memory.model.head_dim));
  GRETA_RETURN_IF_ERROR(loader.group(memory.lm_head));
  return report(memory.model.layer_count + 2);
}

}  // namespace greta::gpu
