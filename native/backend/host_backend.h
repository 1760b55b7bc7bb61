// The walk of tokens through a transformer on the host: embedding, blocks, final norm, logits, with caches, taps and faults.
// `reference` and `cpu` are this walk over two sets of kernels.
#pragma once

#include <memory>

#include "backend/backend.h"
#include "backend/fault_plan.h"
#include "backend/host_kernels.h"
#include "backend/kv_cache.h"
#include "backend/trace_sink.h"
#include "base/aligned_buffer.h"

namespace greta {

class HostBackend final : public Backend {
 public:
  explicit HostBackend(std::unique_ptr<HostKernels> kernels) : kernels_(std::move(kernels)) {}

  const char* name() const override { return kernels_->name(); }
  const char* device_description() const override { return kernels_->description(); }
  bool plan(const ModelDescription& model, const LoadOptions& options, MemoryPlan* plan, BackendError* error) override;
  bool load(const ModelDescription& model, const LoadOptions& options, bool (*progress)(void*, float), void* context, BackendError* error) override;
  bool forward(const ForwardInput& input, BackendError* error) override;
  bool decode_greedy(int32_t token, uint32_t position, uint32_t steps, const int32_t* stop_ids, uint32_t stop_id_count, int32_t* produced,
                     uint32_t* produced_count, BackendError* error) override;
  bool lens(const float* residual_rows, uint32_t row_count, float* logits, BackendError* error) override;
  bool run_operation(uint32_t layer, LayerPoint point, const float* const* inputs, uint32_t input_count, uint32_t token_count, uint32_t position,
                     float* output, BackendError* error) override;
  bool read_kv(uint32_t layer, uint32_t begin, uint32_t end, float* k, float* v, BackendError* error) override;

 private:
  // Norm weights and biases of a layer as f32, dequantised at load; null where the model has none.
  struct LayerVectors {
    float *attn_norm = nullptr, *ffn_norm = nullptr, *q_bias = nullptr, *k_bias = nullptr, *v_bias = nullptr, *q_norm = nullptr, *k_norm = nullptr;
  };
  // Where one forward() is: everything that a stage of the walk needs to know.
  struct Walk {
    const FaultPlan& faults;
    TraceSink& trace;
    BlockClock& clock;
    uint32_t position;
    uint32_t token_count;
  };

  uint64_t q_width() const { return static_cast<uint64_t>(model_.head_count) * model_.head_dim; }
  uint64_t kv_width() const { return static_cast<uint64_t>(model_.kv_head_count) * model_.head_dim; }
  bool check_forward(const ForwardInput& input, const FaultPlan& faults, BackendError* error) const;
  bool check_rows(uint32_t token_count, uint32_t position, BackendError* error) const;

  void load_vectors();
  void run_layer(uint32_t layer, const Walk& walk);
  void run_attention(uint32_t layer, const Walk& walk);
  void run_feed_forward(uint32_t layer, const Walk& walk);
  void finish(const ForwardInput& input, const Walk& walk);

  void emit(uint32_t layer, LayerPoint point, float* rows, const Walk& walk);
  // Products of one input, with the faults that break a matrix.
  void project(uint32_t layer, const LayerPoint* points, float* const* outputs, uint32_t count, const float* x, const Walk& walk);
  void finish_q_or_k(uint32_t layer, bool is_q, float* rows, uint32_t token_count, uint32_t position, float rope_base_factor);
  void attend(uint32_t layer, const float* q, float* context, const Walk& walk);
  void run_point(uint32_t layer, LayerPoint point, const float* const* inputs, uint32_t token_count, uint32_t position, float* output);

  std::unique_ptr<HostKernels> kernels_;
  ModelDescription model_{};
  LoadOptions options_{};
  bool loaded_ = false;
  uint32_t cached_positions_ = 0;
  KvCache cache_;

  AlignedBuffer<LayerVectors> vectors_;
  float* final_norm_ = nullptr;
  AlignedBuffer<float> vector_storage_;
  AlignedBuffer<double> faulty_frequencies_;
  // Activations, (batch_capacity, width) each. `fault_input_` holds a copy of an input with dropped elements.
  AlignedBuffer<float> residual_, normed_, q_, k_, v_, context_, projected_, gate_, up_, fault_input_, saved_slot_, greedy_logits_;
};

}  // namespace greta
