// HostKernels over a KernelTable and a thread pool: cuts every operation into pieces, never into sums.
#pragma once

#include <memory>
#include <string>

#include "backend/cpu/cpu_isa.h"
#include "backend/host_kernels.h"
#include "base/aligned_buffer.h"
#include "base/thread_pool.h"

namespace greta::cpu {

class CpuKernels final : public HostKernels {
 public:
  CpuKernels();

  const char* name() const override { return "cpu"; }
  const char* description() const override { return description_.c_str(); }
  uint32_t key_block() const override { return set_.kernels == nullptr ? 1 : set_.kernels->lanes; }
  uint64_t scratch_bytes(const ModelDescription& model, const LoadOptions& options) const override;
  Status prepare(const ModelDescription& model, const LoadOptions& options) override;

  void embed(const int32_t* tokens, uint32_t token_count, float* rows) override;
  void rms_norm(const float* x, const float* w, uint32_t rows, uint32_t cols, float* y) override;
  void matmul(const MatmulTask* tasks, uint32_t count, const float* x, uint32_t token_count) override;
  void rope(float* rows, uint32_t token_count, uint32_t heads, const double* inverse_frequencies, uint32_t position) override;
  void attention(const KvCache& cache, uint32_t layer, const float* q, uint32_t position, uint32_t token_count, float* context) override;
  void swiglu(const float* gate, const float* up, uint64_t count, float* y) override;
  void add(const float* a, const float* b, uint64_t count, float* y) override;
  void summarize(const float* rows, uint32_t width, uint32_t row_count, TraceStats* stats, uint64_t* hashes, uint64_t stride) override;
  uint32_t argmax(const float* values, uint32_t count) override;

 private:
  struct ScratchSizes {
    uint64_t packed_floats, panel_floats, accumulator_floats, attention_floats;  // the last three for one thread
    uint64_t input_facts;                                                        // blocks of integer inputs; zero without integer products
    uint64_t packed_tile_elements, tile_panel_elements, tile_sum_floats;         // zero without tiles; the last two for one thread
  };
  // Most queries that one piece of attention handles together.
  static uint32_t attention_queries(const ModelDescription& model);
  // bf16 tiles multiply what integers do not: at Precision::f32 only in a set that has no integers, because their two-part products
  // win prefill but lose decode (docs/adr on CPU arithmetic).
  bool uses_tiles(Precision precision) const { return set_.tiles != nullptr && (precision == Precision::bf16 || set_.integers == nullptr); }
  static void add_tile_sizes(uint32_t widest_columns, const LoadOptions& options, ScratchSizes* sizes);
  ScratchSizes scratch_sizes(const ModelDescription& model, const LoadOptions& options) const;

  bool uses_integers(const MatmulTask& task) const;
  void multiply_floats(const MatmulTask* tasks, uint32_t count, const float* x, uint32_t token_count);
  void multiply_integers(const MatmulTask* tasks, uint32_t count, const float* x, uint32_t token_count);
  void multiply_integer_vectors(const MatmulTask* tasks, uint32_t count, uint32_t token_count);
  void multiply_integer_unit(const MatmulTask& task, uint32_t first_row, uint32_t unit_rows, uint32_t token_count, uint32_t thread_index);
  void pack_integers(const float* x, uint32_t cols, uint32_t token_count);
  // The packed planes of block number `place` (blocks as in input_facts_).
  uint8_t* integer_inputs(uint64_t place) { return reinterpret_cast<uint8_t*>(packed_.data()) + place * planes_ * kPlaneBytes; }
  uint32_t integer_block_tokens(uint32_t token_count) const;
  bool integers_are_finite(uint32_t cols, uint32_t token_count, uint32_t token) const;
  void multiply_vector(const MatmulTask* tasks, uint32_t count, const float* x);
  void multiply_panels(const MatmulTask* tasks, uint32_t count, const float* x, uint32_t token_count);
  void multiply_unit(const MatmulTask& task, uint32_t first_row, uint32_t token_count, uint32_t thread_index);
  const float* pack_inputs(const float* x, uint32_t cols, uint32_t token_count);
  void multiply_with_tiles(const MatmulTask* tasks, uint32_t count, const float* x, uint32_t token_count);
  void multiply_tile_unit(const MatmulTask& task, uint32_t first_row, uint32_t last_row, uint32_t token_count, uint32_t thread_index);
  void pack_tiles(const float* x, uint32_t cols, uint32_t token_count);
  void attend_tile(const KvCache& cache, uint32_t layer, const float* q, uint32_t position, uint32_t token_count, uint32_t kv_head,
                   uint32_t first_token, uint32_t thread_index, float* context);

  InstructionSet set_;
  Status set_status_;
  std::string description_;
  const ModelDescription* model_ = nullptr;
  std::unique_ptr<ThreadPool> pool_;
  ScratchSizes sizes_{};
  // Inputs of a matrix product: (token blocks, column panels, tokens of the block, kPanelColumns), padded with zeros; or the
  // planes of integer inputs, (token blocks, column blocks, tokens of the block, planes, kPlaneBytes).
  AlignedBuffer<float> packed_;
  AlignedBuffer<InputFacts> input_facts_;                   // (token blocks, column blocks, tokens of the block)
  uint32_t planes_ = 1;                                     // of integer inputs
  AlignedBuffer<float> panels_, accumulators_, attention_;  // one part for each thread
  // Inputs as bf16 tiles: (token blocks, column chunks, token tiles, steps, parts) tiles; panels and sums for each thread.
  AlignedBuffer<uint16_t> packed_tiles_, tile_panels_;
  AlignedBuffer<float> tile_sums_;
  uint32_t tile_parts_ = 0;               // 0 = no tiles in this load
  AlignedBuffer<float> cosines_, sines_;  // (batch, rope_dims / 2) of the positions below
  const double* rope_frequencies_ = nullptr;
  uint32_t rope_position_ = 0, rope_count_ = 0;
};

}  // namespace greta::cpu
