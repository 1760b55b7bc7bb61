// The seam between the cpu backend and its instruction sets: one table of functions per set, filled from the same templates
// (row_decoders.h, product_kernels.h, attention_kernels.h, row_kernels.h) over a vector type (simd_*.h).
//
// The arithmetic of a matrix product of f32 weights, the same at every token count (quantised weights: integer_table.h): with L lanes, lane l of a
// stretch sum adds w[k] * x[k] for k = l, l+L, l+2L, ... of one stretch of kStretchColumns columns, with one rounding each (fused where the set has
// it), w being the f32 value of the stored weight; stretch sums are added in order, and the lanes in f64 in a fixed tree, rounded once. No result
// depends on threads, chunks or neighbours.
#pragma once

#include <cstdint>

#include "backend/trace_points.h"
#include "base/dtype.h"

namespace greta::cpu {

inline constexpr uint32_t kTypeCount = sizeof(kDTypes) / sizeof(kDTypes[0]);
// Weights are decoded in groups of 32: inputs are padded with zeros to a multiple of it.
inline constexpr uint32_t kFewestLanes = 8;  // of an instruction set
inline constexpr uint32_t kColumnGroup = 32;
inline constexpr uint32_t kPanelColumns = 256;    // columns of a decoded panel (f32: 1 KiB a row)
inline constexpr uint32_t kStretchColumns = 128;  // columns that are summed before they join the row's totals
inline constexpr uint32_t kTileRows = 4;          // rows of one register tile
inline constexpr uint32_t kTileTokens = 3;
inline constexpr uint32_t kAttentionChunk = 256;  // keys that share one softmax maximum, at absolute positions

constexpr uint32_t pad_columns(uint32_t cols) { return (cols + kColumnGroup - 1) / kColumnGroup * kColumnGroup; }

// y[i] = row i . x for `row_count` rows.
struct VectorProduct {
  const uint8_t* const* rows;  // kTileRows pointers; entries beyond row_count repeat a valid row
  uint32_t row_count;          // 1 .. kTileRows
  int64_t prefetch_bytes;      // distance to the rows that will be asked for next
  uint32_t cols;
  const float* x;  // pad_columns(cols) floats, zeros beyond cols
  float* y;        // row_count floats
};

// Adds one panel's columns to the lane accumulators of row_tiles x tokens.
struct PanelProduct {
  const float* panel;  // (row_tiles * kTileRows, kPanelColumns)
  uint32_t row_tiles;  // tiles of kTileRows rows
  uint32_t columns;    // used columns of the panel, a multiple of kColumnGroup
  const float* x;      // (token_count, kPanelColumns), packed
  uint32_t token_count;
  float* accumulators;  // (row_tiles, token_count, kTileRows, lanes)
  bool first;           // start from zero instead of from the accumulators
};

// y[t * y_stride + r] = sum of the lanes, r < row_count.
struct LaneReduction {
  const float* accumulators;
  uint32_t row_count, token_count;
  float* y;
  uint64_t y_stride;
};

// One chunk of keys for a set of queries that share a key/value head; updates their running softmax.
struct AttentionChunk {
  const float* keys;    // blocks of (head_dim, lanes)
  const float* values;  // (kAttentionChunk, value_stride)
  uint32_t head_dim;
  uint32_t value_stride;  // head_dim rounded up to whole vectors
  float scale;
  uint32_t query_count;
  const float* const* queries;  // head_dim floats each
  const uint32_t* key_counts;   // keys of this chunk that each query sees, 0 .. kAttentionChunk
  float* scores;                // scratch (4, kAttentionChunk)
  float* maxima;                // per query, -inf before the first chunk
  float* totals;                // per query
  float* const* contexts;       // per query, value_stride floats: unnormalised
};

struct TypeKernels {
  void (*vector_product)(const VectorProduct& product);
  // Decodes `count` weights of a row from column `first` (a multiple of kPanelColumns) to f32, then zeros up to pad_columns(count).
  void (*decode)(const uint8_t* row, uint32_t first, uint32_t count, float* output);
};

struct KernelTable {
  const char* name;
  uint32_t lanes;
  TypeKernels types[kTypeCount];  // in the order of kDTypes
  void (*panel_product)(const PanelProduct& product);
  void (*reduce_lanes)(const LaneReduction& reduction);
  void (*attention_chunk)(const AttentionChunk& chunk);
  void (*half_to_float)(const uint16_t* source, uint64_t count, float* output);
  void (*rms_norm)(const float* x, const float* w, uint32_t cols, float epsilon, float* y);  // one row
  void (*swiglu)(const float* gate, const float* up, uint64_t count, float* y);
  void (*add)(const float* a, const float* b, uint64_t count, float* y);
  TraceStats (*statistics)(const float* row, uint32_t width);
  // cosines, sines: (pairs), already times the magnitude
  void (*rope)(float* row, uint32_t heads, uint32_t head_dim, bool interleaved, uint32_t pairs, const float* cosines, const float* sines);
};

// Index of a type in kDTypes; kTypeCount when unknown.
constexpr uint32_t type_index(DType type) {
  for (uint32_t i = 0; i < kTypeCount; ++i)
    if (kDTypes[i].type == type) return i;
  return kTypeCount;
}

// Defined only where the compiler can build them; cpu_isa.cpp knows which.
const KernelTable& portable_kernels();
const KernelTable& avx2_kernels();
const KernelTable& avx512_kernels();

}  // namespace greta::cpu
