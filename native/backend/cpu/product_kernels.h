// Matrix products over a `Simd` type: the arithmetic described in kernel_table.h, once for one token (weights decoded in
// registers) and once for many (decoded panels). Both add the same terms to the same lanes in the same order.
#pragma once

#include <cstdint>
#include <cstring>

#include "backend/cpu/kernel_table.h"
#include "backend/cpu/row_decoders.h"

namespace greta::cpu {
namespace {

// The last, incomplete 32 columns of a row of single weights, as a whole block with zeros.
template <typename Decoder>
void pad_tail(const uint8_t* source, uint32_t count, uint8_t* block) {
  constexpr uint32_t kElementBytes = Decoder::kBlockBytes / Decoder::kBlockWeights;
  std::memset(block, 0, Decoder::kBlockBytes);
  std::memcpy(block, source, static_cast<size_t>(count) * kElementBytes);
}

// A stretch's sums join the row's totals.
[[gnu::always_inline]] inline void end_stretch(Simd::Floats* sums, Simd::Floats* totals) {
#pragma GCC unroll 4
  for (uint32_t r = 0; r < kTileRows; ++r) {
    totals[r] = Simd::add(totals[r], sums[r]);
    sums[r] = Simd::zero();
  }
}

template <typename Decoder>
[[gnu::always_inline]] inline void add_block(const uint8_t* const* blocks, const float* x, Simd::Floats* sums, Simd::Floats* totals) {
  constexpr uint32_t kGroups = Decoder::kBlockWeights / Decoder::kGroupWeights, kGroupVectors = Decoder::kGroupWeights / Simd::kLanes;
  typename Decoder::Scales scales[kTileRows];
#pragma GCC unroll 4
  for (uint32_t r = 0; r < kTileRows; ++r) Decoder::prepare(blocks[r], scales[r]);
#pragma GCC unroll 8
  for (uint32_t g = 0; g < kGroups; ++g) {
#pragma GCC unroll 4
    for (uint32_t r = 0; r < kTileRows; ++r) {
      Simd::Floats weights[kGroupVectors];
      Decoder::group(blocks[r], scales[r], g, weights);
#pragma GCC unroll 8
      for (uint32_t i = 0; i < kGroupVectors; ++i)
        sums[r] = Simd::fma(weights[i], Simd::load(x + g * Decoder::kGroupWeights + i * Simd::kLanes), sums[r]);
    }
    if ((g + 1) * Decoder::kGroupWeights % kStretchColumns == 0) end_stretch(sums, totals);
  }
}

template <typename Decoder>
void vector_product(const VectorProduct& product) {
  Simd::Floats sums[kTileRows], totals[kTileRows];
  for (uint32_t r = 0; r < kTileRows; ++r) sums[r] = totals[r] = Simd::zero();
  const uint8_t* blocks[kTileRows];
  for (uint32_t r = 0; r < kTileRows; ++r) blocks[r] = product.rows[r];
  const float* x = product.x;
  for (uint32_t b = 0; b < product.cols / Decoder::kBlockWeights; ++b) {
    if (Decoder::kBlockWeights < kStretchColumns && b * Decoder::kBlockWeights % kStretchColumns == 0) end_stretch(sums, totals);
    for (uint32_t r = 0; r < kTileRows; ++r)
      for (uint32_t line = 0; line < Decoder::kBlockBytes; line += 64) __builtin_prefetch(blocks[r] + product.prefetch_bytes + line);
    add_block<Decoder>(blocks, x, sums, totals);
    for (uint32_t r = 0; r < kTileRows; ++r) blocks[r] += Decoder::kBlockBytes;
    x += Decoder::kBlockWeights;
  }
  if constexpr (Decoder::kBlockBytes / Decoder::kBlockWeights * Decoder::kBlockWeights == Decoder::kBlockBytes && Decoder::kBlockWeights == 32) {
    const uint32_t tail = product.cols % Decoder::kBlockWeights;  // quantised rows have none
    if (tail != 0) {
      if (product.cols / Decoder::kBlockWeights * Decoder::kBlockWeights % kStretchColumns == 0) end_stretch(sums, totals);
      uint8_t padded[kTileRows][Decoder::kBlockBytes];
      const uint8_t* tails[kTileRows];
      for (uint32_t r = 0; r < kTileRows; ++r) {
        pad_tail<Decoder>(blocks[r], tail, padded[r]);
        tails[r] = padded[r];
      }
      add_block<Decoder>(tails, x, sums, totals);
    }
  }
  end_stretch(sums, totals);
  float results[kTileRows];
  Simd::sum4(totals, results);
  for (uint32_t r = 0; r < product.row_count; ++r) product.y[r] = results[r];
}

template <typename Decoder>
void decode_one_block(const uint8_t* block, float* output) {
  constexpr uint32_t kGroups = Decoder::kBlockWeights / Decoder::kGroupWeights, kGroupVectors = Decoder::kGroupWeights / Simd::kLanes;
  typename Decoder::Scales scales;
  Decoder::prepare(block, scales);
#pragma GCC unroll 8
  for (uint32_t g = 0; g < kGroups; ++g) {
    Simd::Floats weights[kGroupVectors];
    Decoder::group(block, scales, g, weights);
#pragma GCC unroll 8
    for (uint32_t i = 0; i < kGroupVectors; ++i) Simd::store(output + g * Decoder::kGroupWeights + i * Simd::kLanes, weights[i]);
  }
}

template <typename Decoder>
void decode_row(const uint8_t* row, uint32_t first, uint32_t count, float* output) {
  const uint8_t* block = row + static_cast<uint64_t>(first / Decoder::kBlockWeights) * Decoder::kBlockBytes;
  for (uint32_t b = 0; b < count / Decoder::kBlockWeights; ++b)
    decode_one_block<Decoder>(block + b * Decoder::kBlockBytes, output + b * Decoder::kBlockWeights);
  const uint32_t tail = count % Decoder::kBlockWeights;
  if (tail == 0) return;
  uint8_t padded[Decoder::kBlockBytes];
  pad_tail<Decoder>(block + static_cast<uint64_t>(count / Decoder::kBlockWeights) * Decoder::kBlockBytes, tail, padded);
  decode_one_block<Decoder>(padded, output + count - tail);
}

// kTokens (1 .. kTileTokens) tokens of one row tile.
template <uint32_t kTokens>
[[gnu::always_inline]] inline void panel_tile(const float* panel, uint32_t columns, const float* x, float* accumulators, bool first) {
  for (uint32_t start = 0; start < columns; start += kStretchColumns) {
    const uint32_t end = columns - start < kStretchColumns ? columns : start + kStretchColumns;
    Simd::Floats sums[kTokens][kTileRows];
#pragma GCC unroll 16
    for (uint32_t i = 0; i < kTokens * kTileRows; ++i) sums[i / kTileRows][i % kTileRows] = Simd::zero();
#pragma GCC unroll 4
    for (uint32_t k = start; k < end; k += Simd::kLanes) {
      Simd::Floats inputs[kTokens];
#pragma GCC unroll 4
      for (uint32_t t = 0; t < kTokens; ++t) inputs[t] = Simd::load(x + t * kPanelColumns + k);
#pragma GCC unroll 4
      for (uint32_t r = 0; r < kTileRows; ++r) {
        const Simd::Floats weights = Simd::load(panel + r * kPanelColumns + k);
#pragma GCC unroll 4
        for (uint32_t t = 0; t < kTokens; ++t) sums[t][r] = Simd::fma(weights, inputs[t], sums[t][r]);
      }
    }
    const bool empty = first && start == 0;
#pragma GCC unroll 16
    for (uint32_t i = 0; i < kTokens * kTileRows; ++i) {
      const Simd::Floats total = empty ? Simd::zero() : Simd::load(accumulators + i * Simd::kLanes);
      Simd::store(accumulators + i * Simd::kLanes, Simd::add(total, sums[i / kTileRows][i % kTileRows]));
    }
  }
}

// The order keeps kBlockTiles row tiles (16 KiB) and three tokens' inputs (3 KiB) in L1 while the tokens stream from L2 once for
// every kBlockTiles tiles.
void panel_product(const PanelProduct& product) {
  constexpr uint32_t kTokenFloats = kTileRows * Simd::kLanes, kBlockTiles = 4;
  for (uint32_t first_tile = 0; first_tile < product.row_tiles; first_tile += kBlockTiles) {
    const uint32_t end_tile = product.row_tiles - first_tile < kBlockTiles ? product.row_tiles : first_tile + kBlockTiles;
    for (uint32_t t = 0; t < product.token_count; t += kTileTokens) {
      const float* x = product.x + static_cast<uint64_t>(t) * kPanelColumns;
      const uint32_t tokens = product.token_count - t < kTileTokens ? product.token_count - t : kTileTokens;
      for (uint32_t tile = first_tile; tile < end_tile; ++tile) {
        const float* panel = product.panel + static_cast<uint64_t>(tile) * kTileRows * kPanelColumns;
        float* accumulators = product.accumulators + (static_cast<uint64_t>(tile) * product.token_count + t) * kTokenFloats;
        if (tokens == 3) panel_tile<3>(panel, product.columns, x, accumulators, product.first);
        if (tokens == 2) panel_tile<2>(panel, product.columns, x, accumulators, product.first);
        if (tokens == 1) panel_tile<1>(panel, product.columns, x, accumulators, product.first);
      }
    }
  }
}

void reduce_lanes(const LaneReduction& reduction) {
  for (uint32_t row = 0; row < reduction.row_count; row += kTileRows) {
    const uint32_t rows = reduction.row_count - row < kTileRows ? reduction.row_count - row : kTileRows;
    for (uint32_t t = 0; t < reduction.token_count; ++t) {
      const float* accumulators =
          reduction.accumulators + (static_cast<uint64_t>(row / kTileRows) * reduction.token_count + t) * kTileRows * Simd::kLanes;
      Simd::Floats sums[kTileRows];
      for (uint32_t r = 0; r < kTileRows; ++r) sums[r] = Simd::load(accumulators + r * Simd::kLanes);
      float results[kTileRows];
      Simd::sum4(sums, results);
      for (uint32_t r = 0; r < rows; ++r) reduction.y[t * reduction.y_stride + row + r] = results[r];
    }
  }
}

template <typename Decoder>
constexpr TypeKernels type_kernels() {
  return {vector_product<Decoder>, decode_row<Decoder>};
}

}  // namespace
}  // namespace greta::cpu
