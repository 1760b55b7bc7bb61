#if defined(__x86_64__)
#pragma GCC diagnostic ignored "-Wpsabi"
#include "tests/emulated_integers.h"

#include <cstring>

#include "backend/cpu/integer_tile_unpack.h"

namespace greta::cpu::testing {
namespace {

// TDPBSSD of the Intel SDM: for every sum, products of four signed bytes at a time, added in int32.
struct EmulatedTiles {
  struct Tile {
    alignas(64) int8_t bytes[16][64];
  };
  static inline Tile tiles[8];
  static void begin() { std::memset(tiles, 0x5a, sizeof(tiles)); }  // what is not loaded shows
  static void end() {}
  template <int kTile>
  static void zero() {
    std::memset(&tiles[kTile], 0, sizeof(Tile));
  }
  template <int kTile>
  static void load(const void* source, int64_t row_stride) {
    for (int row = 0; row < 16; ++row) std::memcpy(tiles[kTile].bytes[row], static_cast<const uint8_t*>(source) + row * row_stride, 64);
  }
  template <int kTile>
  static void store(void* target) {
    std::memcpy(target, &tiles[kTile], sizeof(Tile));
  }
  template <int kSum, int kInputs, int kWeights>
  static void add_byte_products() {
    int32_t sums[16][16];
    std::memcpy(sums, &tiles[kSum], sizeof(sums));
    for (int row = 0; row < 16; ++row)
      for (int column = 0; column < 16; ++column)
        for (int k = 0; k < 64; ++k) sums[row][column] += tiles[kInputs].bytes[row][k] * tiles[kWeights].bytes[k / 4][4 * column + k % 4];
    std::memcpy(&tiles[kSum], sums, sizeof(sums));
  }
};

}  // namespace

const IntegerKernels& emulated_tile_kernels() {
  static const IntegerKernels table = make_integer_tile_table<EmulatedTiles>(avx2_integer_kernels());
  return table;
}

}  // namespace greta::cpu::testing
#endif
