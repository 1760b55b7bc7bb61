// The functions of a TileKernels table over a `Simd` type (decoding) and a `Tiles` type (the tile instructions, or their
// emulation in tests).
#pragma once

#include <cstdint>
#include <cstring>

#include "backend/cpu/product_kernels.h"
#include "backend/cpu/tile_table.h"

namespace greta::cpu {
namespace {

// 32 floats as one or two rows of 32 bf16; the second holds what the first rounded away.
[[gnu::always_inline]] inline void store_parts(const Simd::Floats* values, uint32_t parts, uint16_t* high, uint16_t* low) {
  Simd::store_bf16(values, high);
  if (parts == 1) return;
  Simd::Floats rest[kVectors];
  for (uint32_t i = 0; i < kVectors; ++i) rest[i] = Simd::sub(values[i], Simd::from_bf16(reinterpret_cast<const uint8_t*>(high + i * Simd::kLanes)));
  Simd::store_bf16(rest, low);
}

template <typename Decoder>
[[gnu::always_inline]] inline void decode_tile_block(const uint8_t* block, uint32_t parts, uint16_t* output) {
  constexpr uint32_t kGroups = Decoder::kBlockWeights / Decoder::kGroupWeights, kGroupSteps = Decoder::kGroupWeights / kTileDepth;
  const uint64_t step_stride = 2u * parts * kTileElements;
  typename Decoder::Scales scales;
  Decoder::prepare(block, scales);
#pragma GCC unroll 8
  for (uint32_t g = 0; g < kGroups; ++g) {
    Simd::Floats weights[kGroupSteps * kVectors];
    Decoder::group(block, scales, g, weights);
    for (uint32_t i = 0; i < kGroupSteps; ++i) {
      uint16_t* high = output + (g * kGroupSteps + i) * step_stride;
      store_parts(weights + i * kVectors, parts, high, high + 2 * kTileElements);
    }
  }
}

template <typename Decoder>
void decode_tile_row(const uint8_t* row, uint32_t first, uint32_t count, uint32_t parts, uint16_t* output) {
  const uint8_t* block = row + static_cast<uint64_t>(first / Decoder::kBlockWeights) * Decoder::kBlockBytes;
  const uint64_t block_stride = static_cast<uint64_t>(Decoder::kBlockWeights / kTileDepth) * 2 * parts * kTileElements;
  for (uint32_t b = 0; b < count / Decoder::kBlockWeights; ++b) {
    decode_tile_block<Decoder>(block, parts, output);
    block += Decoder::kBlockBytes;
    output += block_stride;
  }
  const uint32_t tail = count % Decoder::kBlockWeights;
  if (tail == 0) return;
  uint8_t padded[Decoder::kBlockBytes];
  pad_tail<Decoder>(block, tail, padded);
  decode_tile_block<Decoder>(padded, parts, output);
}

void pack_tile_column(const float* x, uint32_t count, uint32_t token, uint32_t parts, uint16_t* tiles) {
  for (uint32_t first = 0; first < count; first += kTileDepth) {
    float padded[kTileDepth] = {};
    std::memcpy(padded, x + first, (count - first < kTileDepth ? count - first : kTileDepth) * sizeof(float));
    Simd::Floats values[kVectors];
    for (uint32_t i = 0; i < kVectors; ++i) values[i] = Simd::load(padded + i * Simd::kLanes);
    uint16_t rounded[2][kTileDepth];
    store_parts(values, parts, rounded[0], rounded[1]);
    for (uint32_t part = 0; part < parts; ++part)
      for (uint32_t pair = 0; pair < kTileSide; ++pair)
        std::memcpy(tiles + part * kTileElements + (pair * kTileSide + token) * 2, rounded[part] + 2 * pair, 4);
    tiles += parts * kTileElements;
  }
}

// kTokenTiles (1 or 2) token tiles of one panel. Tile registers: 0-1 weights, 2-3 inputs, 4-7 sums (4 + token tile * 2 + half).
template <typename Tiles, uint32_t kTokenTiles>
[[gnu::always_inline]] inline void multiply_tiles(const TileProduct& product, const uint16_t* inputs, float* sums) {
  constexpr uint32_t kSumElements = kTileSide * kTileSide;
  if (product.first) {
    Tiles::template zero<4>();
    Tiles::template zero<5>();
    if constexpr (kTokenTiles == 2) Tiles::template zero<6>();
    if constexpr (kTokenTiles == 2) Tiles::template zero<7>();
  } else {
    Tiles::template load<4>(sums);
    Tiles::template load<5>(sums + kSumElements);
    if constexpr (kTokenTiles == 2) Tiles::template load<6>(sums + 2 * kSumElements);
    if constexpr (kTokenTiles == 2) Tiles::template load<7>(sums + 3 * kSumElements);
  }
  const auto multiply = [] {
    Tiles::template add_products<4, 0, 2>();
    Tiles::template add_products<5, 1, 2>();
    if constexpr (kTokenTiles == 2) Tiles::template add_products<6, 0, 3>();
    if constexpr (kTokenTiles == 2) Tiles::template add_products<7, 1, 3>();
  };
  const auto load_weights = [](const uint16_t* tiles) {
    Tiles::template load<0>(tiles);
    Tiles::template load<1>(tiles + kTileElements);
  };
  const auto load_inputs = [&product](const uint16_t* tile) {
    Tiles::template load<2>(tile);
    if constexpr (kTokenTiles == 2) Tiles::template load<3>(tile + product.input_stride);
  };
  const uint16_t* weights = product.weights;
  for (uint32_t step = 0; step < product.steps; ++step) {
    load_weights(weights);
    load_inputs(inputs);
    multiply();
    if (product.parts == 2) {
      load_weights(weights + 2 * kTileElements);
      multiply();
      load_weights(weights);
      load_inputs(inputs + kTileElements);
      multiply();
    }
    weights += 2 * product.parts * kTileElements;
    inputs += product.parts * kTileElements;
  }
  Tiles::template store<4>(sums);
  Tiles::template store<5>(sums + kSumElements);
  if constexpr (kTokenTiles == 2) Tiles::template store<6>(sums + 2 * kSumElements);
  if constexpr (kTokenTiles == 2) Tiles::template store<7>(sums + 3 * kSumElements);
}

template <typename Tiles>
void multiply_panel(const TileProduct& product) {
  constexpr uint32_t kTokenTileSums = 2 * kTileSide * kTileSide;
  uint32_t tile = 0;
  for (; tile + 2 <= product.token_tiles; tile += 2)
    multiply_tiles<Tiles, 2>(product, product.inputs + tile * product.input_stride, product.sums + tile * kTokenTileSums);
  if (tile < product.token_tiles)
    multiply_tiles<Tiles, 1>(product, product.inputs + tile * product.input_stride, product.sums + tile * kTokenTileSums);
}

void store_tile(const float* tile, uint32_t rows, uint32_t tokens, float* y, uint64_t y_stride) {
  for (uint32_t t = 0; t < tokens; ++t)
    for (uint32_t r = 0; r < rows; ++r) y[t * y_stride + r] = tile[r * kTileSide + t];
}

template <typename Tiles>
constexpr TileKernels make_tile_table() {
  return {
      {decode_tile_row<DecodeF32>, decode_tile_row<DecodeF16>, decode_tile_row<DecodeBF16>, decode_tile_row<DecodeQ4_0>, decode_tile_row<DecodeQ4_1>,
       decode_tile_row<DecodeQ5_0>, decode_tile_row<DecodeQ5_1>, decode_tile_row<DecodeQ8_0>, decode_tile_row<DecodeQ2_K>,
       decode_tile_row<DecodeQ3_K>, decode_tile_row<DecodeQ4_K>, decode_tile_row<DecodeQ5_K>, decode_tile_row<DecodeQ6_K>},
      pack_tile_column,
      Tiles::begin,
      Tiles::end,
      multiply_panel<Tiles>,
      store_tile};
}

}  // namespace
}  // namespace greta::cpu
