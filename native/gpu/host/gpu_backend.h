// A transformer on one GPU (or the emulator). One token runs as a captured graph of fused kernels; many tokens as unpacked
// matrix products. Both are one arithmetic (kernels/matrix_job.h, kernels/attention.h): logits do not depend on the split.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "gpu/host/model_memory.h"

namespace greta::gpu {

class GpuBackend final : public Backend {
 public:
  // Null status = a device answers.
  static Status create(Backend** backend);
  ~GpuBackend() override;

  const char* name() const override;
  const char* device_description() const override { return description_.c_str(); }
  bool plan(const ModelDescription& model, const LoadOptions& options, MemoryPlan* plan, BackendError* error) override;
  bool load(const ModelDescription& model, const LoadOptions& options, bool (*progress)(void*, float), void* context, BackendError* error) override;
  bool forward(const ForwardInput& input, BackendError* error) override;
  bool decode_greedy(int32_t token, uint32_t position, uint32_t steps, const int32_t* stop_ids, uint32_t stop_id_count, int32_t* produced,
                     uint32_t* produced_count, BackendError* error) override;
  bool lens(const float* residual_rows, uint32_t row_count, float* logits, BackendError* error) override;
  bool run_operation(uint32_t layer, LayerPoint point, const float* const* inputs, uint32_t input_count, uint32_t token_count, uint32_t position,
                     float* output, BackendError* error) override;
  bool read_kv(uint32_t layer, uint32_t begin, uint32_t end, float* k, float* v, BackendError* error) override;

  // For benchmarks: host time from asking for a token's graph to the launch call's return, of the last decode; whether graphs
  // replay; and switches that compare the ways of running.
  double dispatch_microseconds() const { return dispatch_microseconds_; }
  bool graphs_work() const { return graphs_work_; }
  void use_graphs(bool on) { use_graphs_ = on; }
  const ModelMemory& memory() const { return memory_; }
  void break_weights(uint32_t layer) {
    memory_.layers[layer].down.stack[0].records = reinterpret_cast<uint8_t*>(uint64_t{256});  // the first page is never mapped
    use_graphs_ = false;
  }

 private:
  // Events around the blocks of a timed run; the marks say what ended at each.
  class Timer;
  enum class Mode : uint32_t { logits, greedy, traced };
  // Consecutive tokens of one forward() that run together.
  struct Slice {
    const ForwardInput* input;
    uint32_t row, count, position;  // row counts the call's tokens; position is that of the first
    bool traced;                    // somebody wants statistics, hashes or rows
    Timer* timer;                   // null = not timed
    bool faulty() const { return input->fault_count != 0; }
  };
  struct Mark {
    uint32_t layer;
    TimedBlock block;
  };
  Status check_forward(const ForwardInput& input) const;
  Status reserve(const ModelDescription& model, const LoadOptions& options, MemoryPlan* plan);
  Status load_checked(const ModelDescription& model, const LoadOptions& options, bool (*progress)(void*, float), void* context);
  Status set_up_tables();
  Status capture_graphs();
  Status check_replay();

  void enqueue_one(Mode mode, uint32_t chunks, Timer* timer);
  void enqueue_many(const Slice& slice);
  void enqueue_attention(const Slice& slice, uint32_t layer);
  void enqueue_feed_forward(const Slice& slice, uint32_t layer);
  void enqueue_norm(const Slice& slice, uint32_t layer, LayerPoint point);
  void enqueue_matmul(const MatrixGroup& group, MatrixJob job, Epilogue epilogue);
  MatrixJob job_of(const MatrixGroup& group) const;
  AttentionJob attention_job(uint32_t layer, bool traced, float* trace) const;
  // Stage `stage` of `layer` is what a dead device names.
  Progress progress(uint32_t layer, Stage stage) const { return {notes_progress_ ? progress_ : nullptr, progress_value(layer, stage)}; }

  void plant_nan(const Slice& slice, uint32_t layer, LayerPoint point);
  void drop_inputs(const Slice& slice, uint32_t layer, LayerPoint point, uint16_t* operand, uint32_t inputs);
  void enqueue_qkv_with_faults(const Slice& slice, uint32_t layer, const MatrixJob& job);
  void enqueue_residual_with_faults(const Slice& slice, uint32_t layer, LayerPoint point, const MatrixGroup& group, const MatrixJob& job,
                                    uint16_t* operand, uint32_t inputs);
  void enqueue_gate_up_with_faults(const Slice& slice, uint32_t layer, const MatrixJob& job);
  void use_faulty_rotations(const Slice& slice, uint32_t layer, AttentionJob* job);
  uint32_t swap_in_stale_slot(const Slice& slice, uint32_t layer);  // the position to restore; 0 = none
  void restore_slot(uint32_t layer, uint32_t position);

  Status check_operation(uint32_t layer, LayerPoint point, uint32_t input_count, uint32_t token_count, uint32_t position) const;
  Status replace_cache(uint32_t layer, const float* k, const float* v, uint32_t positions);
  void enqueue_operation(uint32_t layer, LayerPoint point, uint32_t count, uint32_t position, const float* a, const float* b, float* output);
  Status run_one(const ForwardInput& input, uint32_t row);
  Status run_many(const ForwardInput& input, uint32_t first_row, uint32_t count);
  Status copy_logits(const ForwardInput& input, uint32_t row, uint32_t count);
  Status copy_taps(const ForwardInput& input, uint32_t first_row, uint32_t count, bool has_logits);
  void capture_layer(const ForwardInput& input, uint32_t layer, const float* rows, uint32_t first_row, uint32_t count);
  Status rows_to_logits(const float* residual_rows, uint32_t row_count, float* logits);
  // Errors of a kernel come back from any later call; the message names the last block whose note reached the host: on a
  // GPU that dies a kernel or two may have begun after it.
  Status checked(hipError_t error, const char* what) const;
  Status finish(const char* what);
  Status launch_mode(Mode mode, uint32_t position);
  uint32_t chunk_bucket(uint32_t position) const;
  float* trace_point(uint32_t trace_row, LayerPoint point) const;

  std::string description_;
  gx::Stream stream_ = nullptr;
  uint32_t processors_ = 1, matvec_blocks_ = 1;
  bool loaded_ = false, graphs_work_ = false, use_graphs_ = true, notes_progress_ = true;
  uint32_t cached_positions_ = 0, capacity_ = 0;
  double dispatch_microseconds_ = 0;
  std::string tokens_in_work_ = "no token yet";
  ModelMemory memory_;
  DeviceMemory areas_[4], staging_;
  DecodeState* host_state_ = nullptr;  // pinned
  uint32_t* progress_ = nullptr;       // pinned, written by kernels (kernels/progress.h)
  std::map<std::pair<Mode, uint32_t>, hipGraphExec_t> graphs_;
  std::vector<hipEvent_t> events_;
};

}  // namespace greta::gpu
