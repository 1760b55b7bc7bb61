#include "backend/reference/reference_backend.h"

#include <algorithm>

#include "backend/host_backend.h"
#include "backend/host_kernels.h"
#include "base/aligned_buffer.h"
#include "ops/attention.h"
#include "ops/dequantize.h"
#include "ops/matmul.h"
#include "ops/rms_norm.h"
#include "ops/rope.h"
#include "ops/row_summary.h"
#include "ops/swiglu.h"

namespace greta {
namespace {

class ReferenceKernels final : public HostKernels {
 public:
  const char* name() const override { return "reference"; }
  const char* description() const override { return "plain C++ loops on one thread, f32 storage, f64 accumulation"; }
  uint32_t key_block() const override { return 1; }

  uint64_t scratch_bytes(const ModelDescription& model, const LoadOptions& options) const override {
    return ops::matmul_scratch_doubles(widest_input(model)) * sizeof(double) +
           options.context_capacity * (sizeof(double) + 2 * model.head_dim * sizeof(float));
  }

  Status prepare(const ModelDescription& model, const LoadOptions& options) override {
    model_ = &model;
    if (matmul_scratch_.allocate(ops::matmul_scratch_doubles(widest_input(model))) && scores_.allocate(options.context_capacity) &&
        keys_.allocate(static_cast<uint64_t>(options.context_capacity) * model.head_dim) &&
        values_.allocate(static_cast<uint64_t>(options.context_capacity) * model.head_dim))
      return {};
    return {StatusCode::out_of_memory, "The system refused the scratch memory of the reference backend."};
  }

  void embed(const int32_t* tokens, uint32_t token_count, float* rows) override {
    const WeightView& table = model_->token_embedding;
    for (uint32_t t = 0; t < token_count; ++t) {
      ops::dequantize(table.type, ops::weight_row(table, static_cast<uint32_t>(tokens[t]), model_->head_dim), table.cols,
                      rows + static_cast<uint64_t>(t) * table.cols);
    }
  }

  void rms_norm(const float* x, const float* w, uint32_t rows, uint32_t cols, float* y) override {
    ops::rms_norm(x, w, rows, cols, model_->rms_norm_epsilon, y);
  }

  void matmul(const MatmulTask* tasks, uint32_t count, const float* x, uint32_t token_count) override {
    for (uint32_t i = 0; i < count; ++i) {
      const WeightView& weight = *tasks[i].weight;
      ops::matmul(weight, model_->head_dim, x, token_count, 0, weight.rows, matmul_scratch_.data(), tasks[i].output, tasks[i].output_stride);
    }
  }

  void rope(float* rows, uint32_t token_count, uint32_t heads, const double* inverse_frequencies, uint32_t position) override {
    for (uint32_t t = 0; t < token_count; ++t) {
      ops::rope(rows + static_cast<uint64_t>(t) * heads * model_->head_dim, heads, model_->head_dim, model_->rope_pairing, model_->rope_dims,
                inverse_frequencies, static_cast<double>(model_->rope_magnitude), position + t);
    }
  }

  void attention(const KvCache& cache, uint32_t layer, const float* q, uint32_t position, uint32_t token_count, float* context) override {
    const uint32_t head_dim = model_->head_dim, heads = model_->head_count, group = heads / model_->kv_head_count;
    const uint32_t key_count = position + token_count;
    for (uint32_t kv_head = 0; kv_head < model_->kv_head_count; ++kv_head) {
      cache.load_head(layer, kv_head, key_count, keys_.data(), values_.data());
      for (uint32_t t = 0; t < token_count; ++t) {
        for (uint32_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
          const uint64_t offset = (static_cast<uint64_t>(t) * heads + head) * head_dim;
          ops::attend(q + offset, keys_.data(), values_.data(), position + t + 1, head_dim, static_cast<double>(model_->attention_scale),
                      scores_.data(), context + offset);
        }
      }
    }
  }

  void swiglu(const float* gate, const float* up, uint64_t count, float* y) override { ops::swiglu(gate, up, count, y); }
  void add(const float* a, const float* b, uint64_t count, float* y) override { ops::add(a, b, count, y); }

  void summarize(const float* rows, uint32_t width, uint32_t row_count, TraceStats* stats, uint64_t* hashes, uint64_t stride) override {
    for (uint32_t r = 0; r < row_count; ++r) {
      const float* row = rows + static_cast<uint64_t>(r) * width;
      if (stats != nullptr) stats[r * stride] = ops::row_statistics(row, width);
      if (hashes != nullptr) hashes[r * stride] = ops::row_hash(row, width);
    }
  }

  uint32_t argmax(const float* values, uint32_t count) override { return ops::argmax(values, count); }

 private:
  // Columns of the widest matrix.
  static uint64_t widest_input(const ModelDescription& model) {
    return std::max({static_cast<uint64_t>(model.embedding_length), static_cast<uint64_t>(model.feed_forward_length),
                     static_cast<uint64_t>(model.head_count) * model.head_dim});
  }

  const ModelDescription* model_ = nullptr;
  AlignedBuffer<float> keys_, values_;
  AlignedBuffer<double> matmul_scratch_, scores_;
};

}  // namespace

std::unique_ptr<Backend> create_reference_backend() { return std::make_unique<HostBackend>(std::make_unique<ReferenceKernels>()); }

}  // namespace greta
