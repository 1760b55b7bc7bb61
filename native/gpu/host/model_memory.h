// Everything that lives on the device, as pointers into five areas. Laid out twice by the same code: once to count the plan,
// once over the real memory.
#pragma once

#include <vector>

#include "backend/backend.h"
#include "base/status.h"
#include "gpu/host/device.h"
#include "gpu/kernels/attention.h"
#include "gpu/kernels/matrix_job.h"
#include "gpu/kernels/rows.h"

namespace greta::gpu {

// One stored matrix and where its rows go.
struct PackedPart {
  WeightView view;
  RowPlacement placement;
  uint32_t stack;  // 0 or 1
};
// Matrices that share an input: one or two stacks of records with their output segments.
struct MatrixGroup {
  PackedMatrix stack[2];
  OutputSegment segments[3] = {};
  uint32_t segment_count = 0;
  std::vector<PackedPart> parts;
};
struct DeviceVector {
  WeightView view;
  float* data = nullptr;  // null = the model has none
};
struct LayerMemory {
  MatrixGroup qkv, output, gate_up, down;
  DeviceVector attn_norm, ffn_norm, q_bias, k_bias, v_bias, q_norm, k_norm;
  KvLayer cache{};
};

// f32 rows of the trace, one LayerPoint after the other.
struct TraceRow {
  uint32_t offset[kLayerPointCount];
  uint32_t width[kLayerPointCount];
  uint32_t stride;
};

inline constexpr uint32_t kTraceTokens = 64;                   // most tokens traced (or with faults) at once
inline constexpr uint64_t kUnpackBytes = uint64_t{192} << 20;  // f16 scratch for large products
inline constexpr uint64_t kStagingBytes = uint64_t{64} << 20;  // stored rows on their way to the records
inline constexpr uint32_t kLogitRows = 64;                     // rows of logits held at once
inline constexpr uint32_t kGreedyList = 4096;

struct ModelMemory {
  ModelDescription model{};
  AttentionShape attention{};
  TraceRow trace_row{};
  uint32_t batch = 0;
  bool f32_cache = false;

  std::vector<LayerMemory> layers;
  uint8_t* embedding = nullptr;  // as stored
  MatrixGroup lm_head;
  DeviceVector final_norm;

  float *residual, *qkv, *logits, *partial, *rotations;
  float* rotated_f32;                    // f32 cache; else null
  float *fault_rotations, *fault_slots;  // kTraceTokens rows of rope_dims; four rows of kv_width
  uint16_t *normed, *context, *activated, *rotated;
  uint8_t* unpacked;
  uint64_t unpacked_bytes;
  int32_t *tokens, *greedy_list;
  DecodeState* state;
  uint32_t* arrivals;

  float *trace_rows, *trace_embedding, *trace_final_norm;
  uint32_t trace_row_count;
  TraceStats* stats;
  uint64_t* hashes;
  TraceRows *trace_one,
      *trace_many;  // descriptors: all points of one token; a layer's points for many, layer after layer, then embedding, final norm, logits

  uint64_t weight_bytes = 0, kv_bytes = 0, activation_bytes = 0, trace_bytes = 0;

  uint32_t operand_width(uint32_t inputs) const { return round_up(inputs, kRecordInputs); }
  uint32_t q_width() const { return model.head_count * model.head_dim; }
  uint32_t kv_width() const { return model.kv_head_count * model.head_dim; }
  uint32_t qkv_width() const { return q_width() + 2 * kv_width(); }

  // Refuses what these kernels cannot do, by name. `bases`: weights, kv, activations, trace; null = count only.
  Status lay_out(const ModelDescription& description, const LoadOptions& options, uint8_t* const bases[4]);
};

}  // namespace greta::gpu
