// Panels and inputs of integer_tiles.h, over a type of integer_types_avx2.h.
#pragma once

#include "backend/cpu/integer_tiles.h"
#include "backend/cpu/integer_unpack_avx2.h"

namespace greta::cpu {
namespace {

// 32 numbers in integer order as bytes in the order of the columns: even columns are the low bytes of 16-bit lanes.
[[gnu::always_inline]] inline __m256i bytes_of(__m256i even, __m256i odd) {
  return _mm256_or_si256(_mm256_and_si256(even, _mm256_set1_epi16(0xff)), _mm256_slli_epi16(odd, 8));
}

struct Digits {
  __m256i upper, lower;  // as bytes
};
// 32 numbers in integer order, |x| <= 2^13.
[[gnu::always_inline]] inline Digits digits_of(const int16_t* numbers) {
  __m256i upper[2], lower[2];
  for (uint32_t i = 0; i < 2; ++i) {
    const __m256i x = load_256(numbers + 16 * i);
    upper[i] = _mm256_srai_epi16(_mm256_add_epi16(x, _mm256_set1_epi16(1 << (kDigitBits - 1))), kDigitBits);
    lower[i] = _mm256_sub_epi16(x, _mm256_slli_epi16(upper[i], kDigitBits));
  }
  return {bytes_of(upper[0], upper[1]), bytes_of(lower[0], lower[1])};
}

inline void store_32(uint8_t* target, __m256i v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(target), v); }

// From planes of 16-bit numbers and their sums (integer_table.h) to digits.
inline void split_planes(const int16_t* planes, uint32_t plane_count, uint8_t* target) {
  for (uint32_t p = 0; p < plane_count; ++p, planes += kPlaneColumns, target += kPlaneBytes) {
    for (uint32_t c = 0; c < kIntegerColumns; c += kIntegerGroup) {
      const Digits digits = digits_of(planes + c);
      store_32(target + c, digits.upper);
      store_32(target + kIntegerColumns + c, digits.lower);
    }
    std::memcpy(target + kPlanePairsAt, planes + kIntegerColumns, kPlaneBytes - kPlanePairsAt);
  }
}

template <typename Type>
void unpack_tiles(const IntegerUnpacking& unpacking) {
  for (uint32_t h = 0; h < kHalves; ++h) {
    alignas(64) uint8_t bytes[kDigits][kTileRows16][kIntegerColumns];
    alignas(64) uint8_t pairs[kTileRows16][kTileColumns] = {};
    for (uint32_t r = 0; r < kTileRows16; ++r) {
      // Rows beyond the last repeat it: their products are not used.
      const uint32_t row = h * kTileRows16 + r < unpacking.row_count ? h * kTileRows16 + r : unpacking.row_count - 1;
      const uint8_t* block = block_at<Type>(unpacking.rows[row], unpacking.first);
      UnpackedRow unpacked;
      unpack_row<Type>(block, unpacking.columns, unpacked);
      // On its way from memory while the unit's other panels are multiplied: the row's next block.
      constexpr uint32_t kStepBytes = Type::kBlockBytes * (kIntegerColumns / Type::kBlockWeights);
      for (uint32_t line = 0; line < kStepBytes; line += 64) __builtin_prefetch(block + kStepBytes + line, 0, 2);
      for (uint32_t g = 0; g < (Type::kBlockScale ? 1 : kIntegerGroups); ++g) {
        unpacking.facts->scales[g][h * kTileRows16 + r] = unpacked.scales[g];
        unpacking.facts->minimums[g][h * kTileRows16 + r] = unpacked.minimum_scales[g];
      }
      for (uint32_t c = 0; c < kIntegerColumns; c += kIntegerGroup) {
        if constexpr (Type::kBlockScale) {
          const Digits digits = digits_of(unpacked.weights + c);
          store_32(bytes[0][r] + c, digits.upper);
          store_32(bytes[1][r] + c, digits.lower);
        } else {
          store_32(bytes[0][r] + c, bytes_of(load_256(unpacked.weights + c), load_256(unpacked.weights + c + 16)));
        }
      }
      if constexpr (Type::kBlockScale && Type::kMinimums) std::memcpy(pairs[r], unpacked.minimums, sizeof(unpacked.minimums));
    }
    for (uint32_t step = 0; step < kColumnSteps; ++step) {
      if constexpr (Type::kBlockScale) {
        for (uint32_t i = 0; i < kDigits; ++i)
          Lanes16::transpose(bytes[i][0] + step * kTileColumns, kIntegerColumns,
                             unpacking.panel + step * kStepBytes + (i * kHalves + h) * kTileBytes);
      } else {
        uint8_t* tiles = unpacking.panel + (step * kHalves + h) * kStepGroups * kTileBytes;
        alignas(64) uint8_t tile[kTileBytes];
        Lanes16::transpose(bytes[0][0] + step * kTileColumns, kIntegerColumns, tile);
        std::memset(tiles, 0, kStepGroups * kTileBytes);
        std::memcpy(tiles, tile, kTileBytes / 2);
        std::memcpy(tiles + kTileBytes + kTileBytes / 2, tile + kTileBytes / 2, kTileBytes / 2);
      }
    }
    if constexpr (Type::kBlockScale && Type::kMinimums) {
      alignas(64) uint8_t tile[kTileBytes];
      Lanes16::transpose(pairs[0], kTileColumns, tile);
      std::memcpy(unpacking.panel + kPanelPairsAt + h * kIntegerGroups * kPanelPairBytes, tile, kIntegerGroups * kPanelPairBytes);
    }
  }
}

template <typename Tiles, typename Type>
constexpr IntegerTypeKernels tile_kernels_of(const IntegerTypeKernels& vectors) {
  IntegerTypeKernels kernels = vectors;
  if constexpr (Type::kBlockScale) {
    kernels.panel_product[0] = multiply_block_panel<Tiles, Type, 1>;
    kernels.panel_product[1] = multiply_block_panel<Tiles, Type, 2>;
  } else {
    kernels.panel_product[0] = multiply_group_panel<Tiles, Type, 1>;
    kernels.panel_product[1] = multiply_group_panel<Tiles, Type, 2>;
  }
  kernels.unpack = unpack_tiles<Type>;
  return kernels;
}

void pack_tile_inputs(const IntegerPacking& packing) {
  alignas(64) int16_t planes[kMaximumPlanes * kPlaneColumns];
  avx2_integer_kernels().pack_panel({packing.x, packing.count, packing.plane_count, reinterpret_cast<uint8_t*>(planes), packing.facts});
  split_planes(planes, packing.plane_count, packing.planes);
}

// One token is `vectors`' own.
template <typename Tiles>
IntegerKernels make_integer_tile_table(const IntegerKernels& vectors) {
  IntegerKernels table = vectors;
  const auto set = [&]<typename Type>(DType type) { table.types[type_index(type)] = tile_kernels_of<Tiles, Type>(vectors.types[type_index(type)]); };
  for_each_integer_type(set);
  table.pack_panel = pack_tile_inputs;
  table.begin_panels = Tiles::begin;
  table.end_panels = Tiles::end;
  table.block_inputs = kMostBlockInputs;  // 576 KiB, and totals of 1 MiB or less
  table.unit_panels = 8;
  return table;
}

}  // namespace
}  // namespace greta::cpu
