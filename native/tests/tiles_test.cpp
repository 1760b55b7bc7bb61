// The tile path's packing and arithmetic with emulated tile instructions, so that it is tested on processors without AMX. The
// same templates (tile_kernels.h) drive the real instructions; host_backend_test.cpp runs those where the processor has them.
#pragma GCC diagnostic ignored "-Wpsabi"
#pragma GCC diagnostic ignored "-Wunused-function"
#include "backend/cpu/simd_portable.h"
// The vector type comes first.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "backend/cpu/tile_kernels.h"
#include "ops/dequantize.h"
#include "tests/golden_files.h"
#include "tests/synthetic_model.h"

namespace greta::cpu {
namespace {

// TDPBF16PS of the Intel SDM: for every sum element, pair by pair, f32 products added in f32.
struct EmulatedTiles {
  struct Tile {
    alignas(64) unsigned char bytes[1024];
  };
  static inline Tile tiles[8];
  static void begin() { std::memset(tiles, 0xff, sizeof(tiles)); }  // NaN everywhere: what is not loaded shows
  static void end() {}
  template <int kTile>
  static void zero() {
    std::memset(&tiles[kTile], 0, sizeof(Tile));
  }
  template <int kTile>
  static void load(const void* source) {
    std::memcpy(&tiles[kTile], source, sizeof(Tile));
  }
  template <int kTile>
  static void store(float* target) {
    std::memcpy(target, &tiles[kTile], sizeof(Tile));
  }
  template <int kSum, int kWeights, int kInputs>
  static void add_products() {
    float sums[16][16];
    uint16_t weights[16][32], inputs[16][16][2];
    std::memcpy(sums, &tiles[kSum], sizeof(sums));
    std::memcpy(weights, &tiles[kWeights], sizeof(weights));
    std::memcpy(inputs, &tiles[kInputs], sizeof(inputs));
    for (int row = 0; row < 16; ++row) {
      for (int column = 0; column < 16; ++column) {
        for (int pair = 0; pair < 16; ++pair) {
          float first = bf16_to_float(weights[row][2 * pair]) * bf16_to_float(inputs[pair][column][0]);
          first += bf16_to_float(weights[row][2 * pair + 1]) * bf16_to_float(inputs[pair][column][1]);
          sums[row][column] += first;
        }
      }
    }
    std::memcpy(&tiles[kSum], sums, sizeof(sums));
  }
};

constexpr TileKernels kEmulated = make_tile_table<EmulatedTiles>();

// (tokens, 32 rows) sums of a weight matrix of at most one chunk of columns.
std::vector<float> multiply(DType type, const std::vector<uint8_t>& weights, uint32_t cols, const std::vector<float>& x, uint32_t tokens,
                            uint32_t parts) {
  const uint32_t steps = pad_columns(cols) / kTileDepth, token_tiles = (tokens + kTileSide - 1) / kTileSide;
  const uint64_t stride = static_cast<uint64_t>(steps) * parts * kTileElements;
  std::vector<uint16_t> panel(stride * 2), inputs(stride * token_tiles);
  for (uint32_t r = 0; r < kTileGroupRows; ++r) {
    kEmulated.decode[type_index(type)](weights.data() + r * row_bytes(type, cols), 0, cols, parts,
                                       panel.data() + r / kTileSide * kTileElements + r % kTileSide * kTileDepth);
  }
  for (uint32_t t = 0; t < tokens; ++t) kEmulated.pack(x.data() + t * cols, cols, t % kTileSide, parts, inputs.data() + t / kTileSide * stride);
  std::vector<float> sums(token_tiles * 512), y(tokens * kTileGroupRows);
  kEmulated.begin();
  // In two calls, so that sums are stored and taken up again.
  const uint32_t half = steps / 2;
  kEmulated.multiply({panel.data(), inputs.data(), stride, half, parts, token_tiles, sums.data(), true});
  kEmulated.multiply({panel.data() + half * 2 * parts * kTileElements, inputs.data() + half * parts * kTileElements, stride, steps - half, parts,
                      token_tiles, sums.data(), false});
  kEmulated.end();
  for (uint32_t tile = 0; tile < token_tiles; ++tile) {
    for (uint32_t h = 0; h < 2; ++h) {
      kEmulated.store(sums.data() + (tile * 2 + h) * 256, kTileSide, std::min(kTileSide, tokens - tile * kTileSide),
                      y.data() + tile * kTileSide * kTileGroupRows + h * kTileSide, kTileGroupRows);
    }
  }
  return y;
}

}  // namespace

TEST_CASE("tiles: all types, any number of tokens, one and two bf16 parts") {
  for (const DTypeFacts& facts : kDTypes) {
    CAPTURE(std::string(facts.name));
    const uint32_t cols = facts.block_weights == 1 ? 172 : 512;
    constexpr uint32_t kTokens = 35;
    const std::vector<uint8_t> weights = testing::random_weights(facts.type, kTileGroupRows, cols, 5);
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> x(kTokens * cols), row(cols), expected(kTokens * kTileGroupRows);
    for (float& value : x) value = normal(random);
    for (uint32_t r = 0; r < kTileGroupRows; ++r) {
      ops::dequantize(facts.type, weights.data() + r * row_bytes(facts.type, cols), cols, row.data());
      for (uint32_t t = 0; t < kTokens; ++t) {
        double sum = 0;
        for (uint32_t c = 0; c < cols; ++c) sum += static_cast<double>(row[c]) * x[t * cols + c];
        expected[t * kTileGroupRows + r] = static_cast<float>(sum);
      }
    }
    for (const uint32_t parts : {1u, 2u}) {
      const std::vector<float> all = multiply(facts.type, weights, cols, x, kTokens, parts);
      CHECK(testing::normalized_error(all.data(), expected.data(), all.size()) < (parts == 1 ? 1e-5 : 1e-10));
      for (const uint32_t tokens : {1u, 16u, 17u}) {
        const std::vector<float> some = multiply(facts.type, weights, cols, x, tokens, parts);
        CHECK(std::memcmp(some.data(), all.data(), some.size() * sizeof(float)) == 0);
      }
    }
  }
}

TEST_CASE("tiles: one part is the high one of two") {
  for (const DTypeFacts& facts : kDTypes) {
    CAPTURE(std::string(facts.name));
    const uint32_t cols = facts.block_weights == 1 ? 172 : 512, steps = pad_columns(cols) / kTileDepth;
    const std::vector<uint8_t> row = testing::random_weights(facts.type, 1, cols, 9);
    std::vector<uint16_t> one(static_cast<size_t>(steps) * 2 * kTileElements), two(2 * one.size());
    kEmulated.decode[type_index(facts.type)](row.data(), 0, cols, 1, one.data());
    kEmulated.decode[type_index(facts.type)](row.data(), 0, cols, 2, two.data());
    for (uint32_t step = 0; step < steps; ++step)
      CHECK(std::memcmp(one.data() + step * 2 * kTileElements, two.data() + step * 4 * kTileElements, kTileDepth * sizeof(uint16_t)) == 0);
  }
}

}  // namespace greta::cpu
