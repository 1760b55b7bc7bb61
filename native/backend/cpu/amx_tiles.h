// The tile instructions, for the kernels over a `Tiles` type. Included only by *_amx.cpp files.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace greta::cpu {
namespace {

// Intel AMX (Intel SDM volume 1, chapter 18): eight tiles of 16 rows of 64 bytes.
struct AmxTiles {
  static constexpr int64_t kRowBytes = 64;

  static void begin() {
    struct alignas(64) Configuration {
      uint8_t palette = 1, start_row = 0, reserved[14] = {};
      uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    } configuration;
    static_assert(sizeof(Configuration) == 64);
    // GCC 12 may drop the stores above: it does not know that the instruction reads them.
    asm volatile("" : : "r"(&configuration) : "memory");
    _tile_loadconfig(&configuration);
  }
  static void end() { _tile_release(); }

  // Inline assembly, because GCC's intrinsics paste their arguments into register names and refuse template parameters.
  template <int kTile>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(kTile));
  }
  template <int kTile>
  static void load(const void* source, int64_t row_stride = kRowBytes) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(source), "r"(row_stride), "i"(kTile) : "memory");
  }
  template <int kTile>
  static void store(void* target) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(target), "r"(kRowBytes), "i"(kTile) : "memory");
  }
  // Sums of products of bf16 pairs, in f32.
  template <int kSum, int kWeights, int kInputs>
  static void add_products() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSum), "i"(kWeights), "i"(kInputs));
  }
  // Sums of products of four signed bytes, in int32.
  template <int kSum, int kInputs, int kWeights>
  static void add_byte_products() {
    asm volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSum), "i"(kInputs), "i"(kWeights));
  }
};

}  // namespace
}  // namespace greta::cpu
