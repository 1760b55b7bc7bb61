// Integer products of many tokens (integer_table.h), over a type of integer_types_avx2.h. A panel is interleaved by rows, so that
// a vector's lanes are eight rows: sums need no adding across lanes, and the f32 steps are vector steps.
#pragma once

#include "backend/cpu/integer_sums_avx2.h"
#include "backend/cpu/integer_unpack_avx2.h"

namespace greta::cpu {
namespace {

inline constexpr uint32_t kVectorRows = 8, kHalfRows = 16;  // rows of a vector; rows of a tile: two vectors
// A half of a panel: (pairs, kHalfRows, 2) numbers, first the columns' pairs, then those of the minimums.
inline constexpr uint32_t kColumnPairs = kIntegerColumns / 2, kPairBytes = kHalfRows * 4;
inline constexpr uint32_t kHalfPanelBytes = (kColumnPairs + kIntegerGroups) * kPairBytes;
static_assert(kUnitRows / kHalfRows * kHalfPanelBytes <= kPanelBytes);

// Eight rows of eight pairs become eight pairs of eight rows, kPairBytes apart.
inline void transpose_pairs(const int16_t* const* rows, uint8_t* target) {
  __m256i v[8], w[8];
  for (uint32_t i = 0; i < 8; ++i) v[i] = load_256(rows[i]);
  for (uint32_t i = 0; i < 8; i += 2) {
    w[i] = _mm256_unpacklo_epi32(v[i], v[i + 1]);
    w[i + 1] = _mm256_unpackhi_epi32(v[i], v[i + 1]);
  }
  for (uint32_t i = 0; i < 8; i += 4) {
    for (uint32_t j = 0; j < 2; ++j) {
      v[i + 2 * j] = _mm256_unpacklo_epi64(w[i + j], w[i + 2 + j]);
      v[i + 2 * j + 1] = _mm256_unpackhi_epi64(w[i + j], w[i + 2 + j]);
    }
  }
  for (uint32_t i = 0; i < 4; ++i) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(target + i * kPairBytes), _mm256_permute2x128_si256(v[i], v[i + 4], 0x20));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(target + (i + 4) * kPairBytes), _mm256_permute2x128_si256(v[i], v[i + 4], 0x31));
  }
}

template <typename Type>
void unpack_panel(const IntegerUnpacking& unpacking) {
  constexpr bool kMinimumPairs = Type::kBlockScale && Type::kMinimums;
  for (uint32_t first_row = 0; first_row < unpacking.row_count; first_row += kVectorRows) {
    UnpackedRow rows[kVectorRows];
    for (uint32_t r = 0; r < kVectorRows; ++r) {
      // Rows beyond the last repeat it: their products are not used.
      const uint32_t row = first_row + r < unpacking.row_count ? first_row + r : unpacking.row_count - 1;
      unpack_row<Type>(block_at<Type>(unpacking.rows[row], unpacking.first), unpacking.columns, rows[r]);
      for (uint32_t g = 0; g < (Type::kBlockScale ? 1 : kIntegerGroups); ++g) {
        unpacking.facts->scales[g][first_row + r] = rows[r].scales[g];
        unpacking.facts->minimums[g][first_row + r] = rows[r].minimum_scales[g];
      }
    }
    uint8_t* target = unpacking.panel + first_row / kHalfRows * kHalfPanelBytes + first_row % kHalfRows * 4;
    for (uint32_t pair = 0; pair < kColumnPairs + (kMinimumPairs ? kIntegerGroups : 0); pair += 8) {
      const int16_t* sources[8];
      for (uint32_t r = 0; r < kVectorRows; ++r)
        sources[r] = pair < kColumnPairs ? rows[r].weights + 2 * pair : rows[r].minimums + 2 * (pair - kColumnPairs);
      transpose_pairs(sources, target + pair * kPairBytes);
    }
  }
}

inline constexpr uint32_t kTileInputs = 6;  // 12 sums, two vectors of weights, one input and one product: 16 registers

// sums[2 * i + v] = products of vector v of the rows and plane i over `pairs` pairs of columns. panel: (pairs, kHalfRows, 2);
// inputs: kTileInputs planes. Written out because GCC 12 spills the sums.
[[gnu::always_inline]] inline void tile_products(const uint8_t* panel, const uint8_t* inputs, uint64_t pairs, __m256i* sums) {
  static_assert(kPairBytes == 64 && kPlaneBytes == 576, "the displacements below");
#define GRETA_CLEAR(sum) "vpxor " sum ", " sum ", " sum "\n\t"
#define GRETA_INPUT(displacement, first, second) \
  "vpbroadcastd " displacement                   \
  "(%[x]), %%ymm14\n\t"                          \
  "vpmaddwd %%ymm14, %%ymm12, %%ymm15\n\t"       \
  "vpmaddwd %%ymm14, %%ymm13, %%ymm14\n\t"       \
  "vpaddd %%ymm15, " first ", " first            \
  "\n\t"                                         \
  "vpaddd %%ymm14, " second ", " second "\n\t"
#define GRETA_STORE(sum, displacement) "vmovdqu " sum ", " displacement "(%[sums])\n\t"
  asm volatile(GRETA_CLEAR("%%ymm0") GRETA_CLEAR("%%ymm1") GRETA_CLEAR("%%ymm2") GRETA_CLEAR("%%ymm3") GRETA_CLEAR("%%ymm4") GRETA_CLEAR("%%ymm5")
                   GRETA_CLEAR("%%ymm6") GRETA_CLEAR("%%ymm7") GRETA_CLEAR("%%ymm8") GRETA_CLEAR("%%ymm9") GRETA_CLEAR("%%ymm10") GRETA_CLEAR("%%ymm11")
               ".p2align 5\n"
               "1:\n\t"
               "vmovdqu (%[panel]), %%ymm12\n\t"
               "vmovdqu 32(%[panel]), %%ymm13\n\t"
               GRETA_INPUT("0", "%%ymm0", "%%ymm1")
               GRETA_INPUT("576", "%%ymm2", "%%ymm3")
               GRETA_INPUT("1152", "%%ymm4", "%%ymm5")
               GRETA_INPUT("1728", "%%ymm6", "%%ymm7")
               GRETA_INPUT("2304", "%%ymm8", "%%ymm9")
               GRETA_INPUT("2880", "%%ymm10", "%%ymm11")
               "vmovdqu 64(%[panel]), %%ymm12\n\t"
               "vmovdqu 96(%[panel]), %%ymm13\n\t"
               GRETA_INPUT("4", "%%ymm0", "%%ymm1")
               GRETA_INPUT("580", "%%ymm2", "%%ymm3")
               GRETA_INPUT("1156", "%%ymm4", "%%ymm5")
               GRETA_INPUT("1732", "%%ymm6", "%%ymm7")
               GRETA_INPUT("2308", "%%ymm8", "%%ymm9")
               GRETA_INPUT("2884", "%%ymm10", "%%ymm11")
               "add $128, %[panel]\n\t"
               "add $8, %[x]\n\t"
               "sub $2, %[pairs]\n\t"
               "jnz 1b\n\t"
               GRETA_STORE("%%ymm0", "0") GRETA_STORE("%%ymm1", "32") GRETA_STORE("%%ymm2", "64") GRETA_STORE("%%ymm3", "96")
               GRETA_STORE("%%ymm4", "128") GRETA_STORE("%%ymm5", "160") GRETA_STORE("%%ymm6", "192") GRETA_STORE("%%ymm7", "224")
               GRETA_STORE("%%ymm8", "256") GRETA_STORE("%%ymm9", "288") GRETA_STORE("%%ymm10", "320") GRETA_STORE("%%ymm11", "352")
               : [panel] "+r"(panel), [x] "+r"(inputs), [pairs] "+r"(pairs)
               : [sums] "r"(sums)
               : "memory", "cc", "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7", "ymm8", "ymm9", "ymm10", "ymm11", "ymm12", "ymm13",
                 "ymm14", "ymm15");
#undef GRETA_CLEAR
#undef GRETA_INPUT
#undef GRETA_STORE
}

inline constexpr uint32_t kTileSums = 2 * kTileInputs;

// The nearest f32 of a block's sums over all its columns.
template <uint32_t kStretches>
[[gnu::always_inline]] inline void block_sums(const uint8_t* panel, const uint8_t* inputs, __m256* sums) {
  constexpr uint32_t kPairs = kColumnPairs / kStretches;
  __m256i part[kTileSums];
  if constexpr (kStretches == 1) {
    tile_products(panel, inputs, kPairs, part);
    for (uint32_t i = 0; i < kTileSums; ++i) sums[i] = _mm256_cvtepi32_ps(part[i]);
    return;
  }
  __m256i upper[kTileSums] = {}, lower[kTileSums] = {};
  for (uint32_t stretch = 0; stretch < kStretches; ++stretch) {
    tile_products(panel + stretch * kPairs * kPairBytes, inputs + stretch * kPairs * 4, kPairs, part);
    for (uint32_t i = 0; i < kTileSums; ++i) {
      upper[i] = _mm256_add_epi32(upper[i], _mm256_srai_epi32(part[i], kSplitShift));
      lower[i] = _mm256_add_epi32(lower[i], _mm256_and_si256(part[i], _mm256_set1_epi32((1 << kSplitShift) - 1)));
    }
  }
  for (uint32_t i = 0; i < kTileSums; ++i)
    sums[i] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(upper[i]), _mm256_set1_ps(1 << kSplitShift), _mm256_cvtepi32_ps(lower[i]));
}

// Half a panel times `tokens` <= kTileInputs / kPlanes tokens; inputs beyond them are multiplied too and not used.
template <typename Type, uint32_t kPlanes>
[[gnu::always_inline]] inline void multiply_tile(const IntegerPanelProduct& product, uint32_t half, uint32_t first_token, uint32_t tokens) {
  const uint8_t* panel = product.panel + half * kHalfPanelBytes;
  const uint8_t* inputs = product.inputs + static_cast<uint64_t>(first_token) * kPlanes * kPlaneBytes;
  const InputFacts* facts = product.facts + first_token;
  float* totals = product.totals + static_cast<uint64_t>(first_token) * kUnitRows + half * kHalfRows;
  const uint32_t groups = Type::kBlockScale ? 1 : (product.columns + kIntegerGroup - 1) / kIntegerGroup;
  for (uint32_t g = 0; g < groups; ++g) {
    __m256 sums[kTileSums], minimum_sums[kTileSums];
    if constexpr (Type::kBlockScale) {
      block_sums<Type::kStretches>(panel, inputs, sums);
    } else {
      __m256i exact[kTileSums];
      tile_products(panel + g * kIntegerGroup / 2 * kPairBytes, inputs + g * kIntegerGroup * sizeof(int16_t), kIntegerGroup / 2, exact);
      for (uint32_t i = 0; i < kTileSums; ++i) sums[i] = _mm256_cvtepi32_ps(exact[i]);
    }
    if constexpr (Type::kBlockScale && Type::kMinimums) {
      __m256i exact[kTileSums];
      tile_products(panel + kColumnPairs * kPairBytes, inputs + kIntegerColumns * sizeof(int16_t), kIntegerGroups, exact);
      for (uint32_t i = 0; i < kTileSums; ++i) minimum_sums[i] = _mm256_cvtepi32_ps(exact[i]);
    }
    for (uint32_t v = 0; v < 2; ++v) {
      const __m256 scales = _mm256_loadu_ps(product.panel_facts->scales[g] + half * kHalfRows + v * kVectorRows);
      const __m256 minimums = _mm256_loadu_ps(product.panel_facts->minimums[g] + half * kHalfRows + v * kVectorRows);
      for (uint32_t t = 0; t < tokens; ++t) {
        float* total = totals + t * kUnitRows + v * kVectorRows;
        const __m256 scale = _mm256_broadcast_ss(&facts[t].scale);
        __m256 parts[kPlanes];
        for (uint32_t p = 0; p < kPlanes; ++p) parts[p] = sums[2 * (t * kPlanes + p) + v];
        __m256 sum = _mm256_fmadd_ps(joined_planes<kPlanes>(parts), _mm256_mul_ps(scales, scale), _mm256_loadu_ps(total));
        if constexpr (Type::kBlockScale && Type::kMinimums) {
          for (uint32_t p = 0; p < kPlanes; ++p) parts[p] = minimum_sums[2 * (t * kPlanes + p) + v];
          sum = _mm256_fnmadd_ps(joined_planes<kPlanes>(parts), _mm256_mul_ps(minimums, scale), sum);
        } else if constexpr (Type::kMinimums) {
          sum = _mm256_fnmadd_ps(minimums, _mm256_broadcast_ss(&facts[t].group_sums[g]), sum);
        }
        _mm256_storeu_ps(total, sum);
      }
    }
  }
}

// A panel (17 KiB) and the inputs of a tile (3 KiB) stay in L1 while the block's inputs pass by once.
template <typename Type, uint32_t kPlanes>
void panel_product(const IntegerPanelProduct& product) {
  constexpr uint32_t kTokens = kTileInputs / kPlanes;
  for (uint32_t t = 0; t < product.token_count; t += kTokens) {
    const uint32_t tokens = product.token_count - t < kTokens ? product.token_count - t : kTokens;
    for (uint32_t half = 0; half * kHalfRows < product.row_count; ++half) multiply_tile<Type, kPlanes>(product, half, t, tokens);
  }
}

}  // namespace
}  // namespace greta::cpu
