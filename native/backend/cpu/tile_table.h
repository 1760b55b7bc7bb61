// The seam between the cpu backend and processors with matrix tiles (Intel AMX, bf16): one table of functions.
//
// The arithmetic, the same at every token count: weights and inputs are rounded to bf16, or split into two bf16 parts whose sum
// is within 2^-17 of the f32 value. For every 32 columns in order, a tile instruction adds products of bf16 pairs to an f32
// accumulator: high*high, and with two parts also low*high and high*low (low*low is below the parts' own error). One part is
// Precision::bf16, two parts are Precision::f32. An element's sum does not depend on its neighbours in a tile.
#pragma once

#include <cstdint>

#include "backend/cpu/kernel_table.h"

namespace greta::cpu {

inline constexpr uint32_t kTileSide = 16;           // rows and columns of an f32 tile
inline constexpr uint32_t kTileDepth = 32;          // bf16 columns of a weight tile
inline constexpr uint32_t kTileElements = 512;      // bf16 elements of a tile, 1 KiB
inline constexpr uint32_t kTileChunkColumns = 512;  // columns decoded at a time: a panel of 32 rows is 32 or 64 KiB
inline constexpr uint32_t kTileGroupRows = 32;      // rows of a panel: two tiles

// A panel of kTileGroupRows rows: (steps, parts, 2) weight tiles of (16 rows, 32 columns).
// Inputs: for every token tile (steps, parts) tiles of (16 column pairs, 16 tokens, 2).
struct TileProduct {
  const uint16_t* weights;
  const uint16_t* inputs;
  uint64_t input_stride;  // elements from one token tile to the next
  uint32_t steps;         // of kTileDepth columns
  uint32_t parts;         // 1 or 2
  uint32_t token_tiles;
  float* sums;  // (token_tiles, 2) tiles of (16 rows, 16 tokens)
  bool first;   // start from zero
};

struct TileKernels {
  // Decodes `count` weights of one row from column `first` (a multiple of 256) into the row's place of a panel: `output` is the row
  // in the panel's first tile. Columns up to a multiple of kTileDepth become zero.
  void (*decode[kTypeCount])(const uint8_t* row, uint32_t first, uint32_t count, uint32_t parts, uint16_t* output);
  // One token's columns [0, count) into column `token` (0..15) of its token tile.
  void (*pack)(const float* x, uint32_t count, uint32_t token, uint32_t parts, uint16_t* tiles);
  // Between these two the calling thread's tile registers are configured.
  void (*begin)();
  void (*end)();
  void (*multiply)(const TileProduct& product);
  // y[t * y_stride + r] = tile[r, t]
  void (*store)(const float* tile, uint32_t rows, uint32_t tokens, float* y, uint64_t y_stride);
};

#if defined(__x86_64__)
// Asks the operating system for the tile registers once; false when there are none.
bool amx_available();
const TileKernels& amx_kernels();
#endif

}  // namespace greta::cpu
