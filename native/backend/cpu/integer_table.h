// The seam between the cpu backend and exact integer products of quantised weights: one table of functions.
//
// The arithmetic, the same at every token count: inputs are cut into blocks of kIntegerColumns, and a block is written as
// x[c] ~ q[c] * scale with a power of two `scale` and integers |q| <= 2^27 (two planes, Precision::f32) or 2^13 (one plane,
// Precision::bf16), rounded to nearest: the error is at most 2^-28 or 2^-14 of the block's largest magnitude, rounded up to a power
// of two. The stored weights are integers too (quant times sub-block scale), so a block's products are added in int32 without any
// rounding. Then, lane by lane and block by block, in f32:
//   total = fma(2^14 * high + low, d * scale, total);   total = total - minimum[j] * (sum of the inputs of sub-block j)
// and the eight lanes are added in f64. Compared with products of f32 weights one rounding a block replaces one a column.
//
// Bounds of the sums: |quant * sub-block scale| <= 2^12 (Q6_K: 32 * 128), |plane| <= 2^13, and a lane adds 32 products of a block:
// 2^12 * 2^13 * 2^5 = 2^30.
#pragma once

#include <cstdint>

#include "backend/cpu/kernel_table.h"
#include "backend/cpu/matmul_blocking.h"

namespace greta::cpu {

inline constexpr uint32_t kIntegerColumns = 256;  // columns that share one scale
inline constexpr uint32_t kIntegerLanes = 8;
inline constexpr uint32_t kHighShift = 14;                  // with two planes q = high * 2^14 + low
inline constexpr uint32_t kPanelBlocks = 4;                 // most blocks of a panel with one plane; half of it with two
inline constexpr uint32_t kOverread = 5 * kIntegerColumns;  // of a panel product's planes
inline constexpr uint32_t kMaximumPlanes = 2;               // 1 = Precision::bf16, 2 = Precision::f32

// What the products need besides the planes, for one block of one token.
struct InputFacts {
  float group_sums[8];  // sum of each 32 columns of the block as written, q * scale
  float scale;
  uint32_t finite;  // 0: the block holds NaN or an infinity, its planes mean nothing
  float unused[6];
};
static_assert(sizeof(InputFacts) == 64);

// What the products need besides the quants, for one block of one row of weights.
struct WeightFacts {
  float scales[8];    // of each 32 columns; types with one scale for a block of 256 use only the first
  float minimums[8];  // of each 32 columns, to be subtracted; zeros for types without
};
static_assert(sizeof(WeightFacts) == 64);

// y[i] = row i . x for `row_count` rows and one token.
struct IntegerVectorProduct {
  const uint8_t* const* rows;  // kTileRows pointers; entries beyond row_count repeat a valid row
  uint32_t row_count;          // 1 .. kTileRows
  int64_t prefetch_bytes;      // distance to the rows that will be asked for next
  uint32_t cols;
  const int16_t* planes;    // (blocks, planes, kIntegerColumns), columns in integer order (below)
  const InputFacts* facts;  // (blocks)
  float* y;                 // row_count floats
};

// Adds the columns of some blocks to the lane accumulators of row_count rows and token_count tokens.
struct IntegerPanelProduct {
  const int16_t* panel;             // (block_count, kUnitRows, kIntegerColumns), quant times sub-block scale, in integer order
  const WeightFacts* weight_facts;  // (block_count, kUnitRows)
  bool has_minimums;
  uint32_t row_count;       // a multiple of kTileRows, at most kUnitRows
  uint32_t block_count;     // 1 .. kPanelBlocks / planes
  const int16_t* planes;    // (block_count, token_count, planes, kIntegerColumns); kOverread numbers beyond may be read
  const InputFacts* facts;  // (block_count, token_count)
  uint32_t token_count;
  float* accumulators;  // (row_count / kTileRows, token_count, kTileRows, kIntegerLanes)
  bool first;           // start from zero instead of from the accumulators
};

// Index by planes - 1.
struct IntegerTypeKernels {
  void (*vector_product[kMaximumPlanes])(const IntegerVectorProduct& product);  // null: the type has no integer products
  void (*panel_product[kMaximumPlanes])(const IntegerPanelProduct& product);
  // Columns [first, first + count) of a row, count <= kIntegerColumns, first a multiple of it; zeros beyond count.
  void (*unpack)(const uint8_t* row, uint32_t first, uint32_t count, int16_t* weights, WeightFacts* facts);
  bool has_minimums;
};

// Integer order: of every 32 columns first the even ones, then the odd ones, because 32 bytes of quants, read as 16-bit lanes,
// come apart into even and odd bytes with one mask and one shift.
struct IntegerKernels {
  IntegerTypeKernels types[kTypeCount];  // in the order of kDTypes
  // One block of one token: `count` <= kIntegerColumns columns, zeros beyond. planes: (plane_count, kIntegerColumns).
  void (*pack)(const float* x, uint32_t count, uint32_t plane_count, int16_t* planes, InputFacts* facts);
  void (*reduce_lanes)(const LaneReduction& reduction);
};

#if defined(__x86_64__)
const IntegerKernels& avx2_integer_kernels();
#endif

}  // namespace greta::cpu
