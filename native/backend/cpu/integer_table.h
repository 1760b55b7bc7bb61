// The seam between the cpu backend and exact integer products of quantised weights: one table of functions for each instruction
// set. Every table makes the same bits.
//
// The arithmetic, the same at every token count: inputs are cut into blocks of kIntegerColumns, and a block is written as
// x[c] ~ q[c] * scale with a power of two `scale` and integers |q| < 2^27 (two planes, Precision::f32: q = high * 2^14 + low) or 2^13
// (one plane, Precision::bf16), rounded to nearest: the error is at most 2^-28 or 2^-14 of the block's largest magnitude, rounded up
// to a power of two (to the next one, if it is within 2^-13 of it). The stored weights are integers too, w = quant (times sub-block scale), so sums
// of w * plane over the columns that share a weight scale d (a block, or 32 columns for types with smaller blocks) are exact. Every sum becomes the
// nearest f32, and then, in the order of the columns, in f32:
//   sum   = one plane: S;   two planes: fma(S_high, 2^14, S_low)
//   total = fma(sum, d * scale, total)
// Minimums are subtracted after the scaled sum they belong to: for types with blocks of 256 as exact sums too, M = sum over the groups
// of 32 columns of (six-bit minimum * sum of the group's plane), total = fnma(M joined like S, dmin * scale, total); for types with
// blocks of 32, total = fnma(minimum, f32 sum of the group as packed, total).
//
// Bounds: |w| <= 945 (Q4_K: 15 * 63), 1,953 (Q5_K) and -4,064 .. 4,096 (Q6_K: 32 * 128), planes are -2^13 .. 2^13 - 1. So a whole block of Q4_K, half
// a block of Q5_K and a quarter of Q6_K fit an int32; longer sums are joined from their parts above and below 2^kSplitShift, which keeps them exact.
// |M| <= 63 * 2^13 * 256 = 2^27.
#pragma once

#include <cstdint>

#include "backend/cpu/kernel_table.h"
#include "backend/cpu/matmul_blocking.h"

namespace greta::cpu {

inline constexpr uint32_t kIntegerColumns = 256;  // columns that share one scale of the inputs
inline constexpr uint32_t kIntegerGroup = 32;     // columns of the smallest weight block
inline constexpr uint32_t kIntegerGroups = kIntegerColumns / kIntegerGroup;
inline constexpr uint32_t kHighShift = 14;     // with two planes q = high * 2^14 + low
inline constexpr uint32_t kSplitShift = 10;    // S = (S >> 10) * 2^10 + (S & 1023), both parts exact in f32
inline constexpr uint32_t kMaximumPlanes = 2;  // 1 = Precision::bf16, 2 = Precision::f32
// A plane of a block: its columns, then 2 * kIntegerGroups numbers: group j's sum as (high, low) with sum = high * 2^8 + low, then zeros.
inline constexpr uint32_t kPlaneColumns = 288;
inline constexpr uint32_t kSumShift = 8;
inline constexpr uint32_t kPlaneBytes = kPlaneColumns * sizeof(int16_t);
static_assert(kPlaneBytes % 64 == 0);
inline constexpr uint32_t kPanelBytes = 20 * 1024;  // of the panel of a unit, in the instruction set's own order
inline constexpr uint32_t kMostBlockInputs = 1024;
inline constexpr uint32_t kOverreadBytes = 16 * kMaximumPlanes * kPlaneBytes;  // of a panel product's inputs

// What the products need besides the planes, for one block of one token.
struct InputFacts {
  float group_sums[kIntegerGroups];  // sum of each 32 columns of the block as packed, q * scale
  float scale;
  uint32_t finite;  // 0: the block holds NaN or an infinity, its planes mean nothing
  float unused[6];
};
static_assert(sizeof(InputFacts) == 64);

// What the products need besides the quants, for one block of a unit's rows; types with one scale for 256 columns use only the
// first scale and, as dmin, the first minimum.
struct PanelFacts {
  float scales[kIntegerGroups][kUnitRows];
  float minimums[kIntegerGroups][kUnitRows];  // to be subtracted
};

// y[i] = row i . x for `row_count` rows and one token.
struct IntegerVectorProduct {
  const uint8_t* const* rows;  // kTileRows pointers; entries beyond row_count repeat a valid row
  uint32_t row_count;          // 1 .. kTileRows
  int64_t prefetch_bytes;      // distance to the rows that will be asked for next
  uint32_t cols;
  const int16_t* planes;    // (blocks, planes, kPlaneColumns) from pack_vector, columns in vector order (below)
  const InputFacts* facts;  // (blocks)
  float* y;                 // row_count floats
};

// Adds the columns of one block to the totals of a unit's rows and token_count tokens.
struct IntegerPanelProduct {
  const uint8_t* panel;  // kPanelBytes from unpack
  const PanelFacts* panel_facts;
  uint32_t row_count;       // 1 .. kUnitRows; totals of the rows beyond are undefined
  uint32_t columns;         // of the block, 1 .. kIntegerColumns
  const uint8_t* inputs;    // (token_count, planes, kPlaneBytes) from pack_panel; kOverreadBytes beyond may be read
  const InputFacts* facts;  // (token_count)
  uint32_t token_count;
  float* totals;  // (token_count, kUnitRows)
};

// A block of a unit's rows as a panel.
struct IntegerUnpacking {
  const uint8_t* const* rows;  // row_count pointers
  uint32_t row_count;          // 1 .. kUnitRows
  uint32_t first, columns;     // columns [first, first + columns), first a multiple of kIntegerColumns; weights beyond are zero
  uint8_t* panel;
  PanelFacts* facts;
};

// Index by planes - 1.
struct IntegerTypeKernels {
  void (*vector_product[kMaximumPlanes])(const IntegerVectorProduct& product);  // null: the type has no integer products
  void (*panel_product[kMaximumPlanes])(const IntegerPanelProduct& product);
  void (*unpack)(const IntegerUnpacking& unpacking);
};

// One block of one token: `count` <= kIntegerColumns columns, zeros beyond.
struct IntegerPacking {
  const float* x;
  uint32_t count, plane_count;
  uint8_t* planes;  // (plane_count, kPlaneBytes), from pack_panel in the instruction set's own order
  InputFacts* facts;
};

// Integer order, of panels: of every 32 columns first the even ones, then the odd ones, because 32 bytes of quants, read as 16-bit
// lanes, come apart into even and odd bytes with one mask and one shift. Vector order: of every 64 columns the even ones of the first
// 32, those of the others, then the odd ones of both, so that 64 bytes of quants come apart the same way.
inline constexpr uint32_t even_place(uint32_t group) { return group / 2 * 64 + group % 2 * 16; }
inline constexpr uint32_t kOddPlace = 32;  // beyond the even ones

struct IntegerKernels {
  IntegerTypeKernels types[kTypeCount];  // in the order of kDTypes
  void (*pack_vector)(const IntegerPacking& packing);
  void (*pack_panel)(const IntegerPacking& packing);
  void (*begin_panels)();  // null, or: between these two the calling thread may call panel_product
  void (*end_panels)();
  uint32_t block_inputs;  // most tokens times planes that a unit multiplies between two column blocks, at most kMostBlockInputs
  uint32_t unit_panels;   // most panels of a unit: they share a column block's inputs
};

#if defined(__x86_64__)
const IntegerKernels& avx2_integer_kernels();
const IntegerKernels& avx512_integer_kernels();
const IntegerKernels& vnni_integer_kernels();
const IntegerKernels& amx_integer_kernels();
#endif

}  // namespace greta::cpu
