// Integer products over a type of integer_types_avx2.h: once for one token (weights unpacked in registers) and once for many
// (unpacked panels). Both make the same integers and the same f32 additions in the same order.
#pragma once

#include "backend/cpu/integer_table.h"
#include "backend/cpu/integer_types_avx2.h"
#include "backend/cpu/simd_avx2.h"

namespace greta::cpu {
namespace {

// The exact sums of one block, lane by lane, as f32 (one rounding for each plane, one for their sum).
template <uint32_t kPlanes>
[[gnu::always_inline]] inline __m256 joined(const __m256i* sums) {
  const __m256 low = _mm256_cvtepi32_ps(sums[kPlanes - 1]);
  if constexpr (kPlanes == 1) return low;
  return _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[0]), _mm256_set1_ps(1 << kHighShift), low);
}

// Even and odd columns of one group of 32.
[[gnu::always_inline]] inline __m256i group_products(const __m256i* weights, const int16_t* x) {
  return _mm256_add_epi32(_mm256_madd_epi16(weights[0], load_256(x)), _mm256_madd_epi16(weights[1], load_256(x + 16)));
}

template <typename Type, uint32_t kPlanes>
[[gnu::always_inline]] inline __m256 add_scaled_block(const uint8_t* block, const int16_t* x, const InputFacts& facts, __m256 total) {
  typename Type::Scales scales;
  Type::prepare(block, scales);
  __m256i sums[kPlanes];
#pragma GCC unroll 2
  for (uint32_t p = 0; p < kPlanes; ++p) sums[p] = _mm256_setzero_si256();
#pragma GCC unroll 1
  for (uint32_t unit = 0; unit < 8 / Type::kUnitGroups; ++unit) {
    __m256i weights[2 * Type::kUnitGroups];
    Type::unpack(block, unit, weights);
#pragma GCC unroll 4
    for (uint32_t g = 0; g < Type::kUnitGroups; ++g) {
      const uint32_t group = unit * Type::kUnitGroups + g;
      const __m256i scale = Type::scale32(scales, group);
#pragma GCC unroll 2
      for (uint32_t p = 0; p < kPlanes; ++p) {
        const __m256i products = group_products(weights + 2 * g, x + p * kIntegerColumns + group * 32);
        sums[p] = _mm256_add_epi32(sums[p], _mm256_mullo_epi32(products, scale));
      }
    }
  }
  total = _mm256_fmadd_ps(joined<kPlanes>(sums), _mm256_set1_ps(scales.d * facts.scale), total);
  if constexpr (Type::kMinimums) total = _mm256_fnmadd_ps(scales.minimums, _mm256_loadu_ps(facts.group_sums), total);
  return total;
}

// `groups` (1..8) consecutive blocks of 32 weights.
template <typename Type, uint32_t kPlanes>
[[gnu::always_inline]] inline __m256 add_small_blocks(const uint8_t* block, uint32_t groups, const int16_t* x, const InputFacts& facts,
                                                      __m256 total) {
  alignas(32) float minimums[8] = {};
  for (uint32_t g = 0; g < groups; ++g, block += Type::kBlockBytes) {
    typename Type::Scales scales;
    Type::prepare(block, scales);
    __m256i weights[2], sums[kPlanes];
    Type::unpack(block, 0, weights);
#pragma GCC unroll 2
    for (uint32_t p = 0; p < kPlanes; ++p) sums[p] = group_products(weights, x + p * kIntegerColumns + g * 32);
    total = _mm256_fmadd_ps(joined<kPlanes>(sums), _mm256_set1_ps(scales.d * facts.scale), total);
    if constexpr (Type::kMinimums) minimums[g] = scales.minimum;
  }
  if constexpr (Type::kMinimums) total = _mm256_fnmadd_ps(_mm256_load_ps(minimums), _mm256_loadu_ps(facts.group_sums), total);
  return total;
}

template <typename Type, uint32_t kPlanes>
void vector_product(const IntegerVectorProduct& product) {
  constexpr uint32_t kStepBytes = Type::kBlockBytes * (kIntegerColumns / Type::kBlockWeights);
  __m256 totals[kTileRows];
  const uint8_t* blocks[kTileRows];
  for (uint32_t r = 0; r < kTileRows; ++r) {
    totals[r] = _mm256_setzero_ps();
    blocks[r] = product.rows[r];
  }
  const int16_t* x = product.planes;
  for (uint32_t first = 0, b = 0; first < product.cols; first += kIntegerColumns, ++b, x += kPlanes * kIntegerColumns) {
    for (uint32_t r = 0; r < kTileRows; ++r)
      for (uint32_t line = 0; line < kStepBytes; line += 64) __builtin_prefetch(blocks[r] + product.prefetch_bytes + line);
#pragma GCC unroll 4
    for (uint32_t r = 0; r < kTileRows; ++r) {
      if constexpr (Type::kBlockScale) {
        totals[r] = add_scaled_block<Type, kPlanes>(blocks[r], x, product.facts[b], totals[r]);
      } else {
        const uint32_t left = (product.cols - first) / Type::kBlockWeights;
        totals[r] = add_small_blocks<Type, kPlanes>(blocks[r], left < 8 ? left : 8, x, product.facts[b], totals[r]);
      }
      blocks[r] += kStepBytes;
    }
  }
  float results[kTileRows];
  Simd::sum4(totals, results);
  for (uint32_t r = 0; r < product.row_count; ++r) product.y[r] = results[r];
}

template <typename Type>
void unpack_block(const uint8_t* row, uint32_t first, uint32_t count, int16_t* weights, WeightFacts* facts) {
  const uint8_t* block = row + static_cast<uint64_t>(first / Type::kBlockWeights) * Type::kBlockBytes;
  const auto store = [&](uint32_t group, const __m256i* pair) {
    for (uint32_t i = 0; i < 2; ++i) _mm256_storeu_si256(reinterpret_cast<__m256i*>(weights + group * 32 + i * 16), pair[i]);
  };
  typename Type::Scales scales;
  if constexpr (Type::kBlockScale) {
    Type::prepare(block, scales);
    for (uint32_t unit = 0; unit < 8 / Type::kUnitGroups; ++unit) {
      __m256i quants[2 * Type::kUnitGroups];
      Type::unpack(block, unit, quants);
      for (uint32_t g = 0; g < Type::kUnitGroups; ++g) {
        const uint32_t group = unit * Type::kUnitGroups + g;
        const __m256i scale = Type::scale16(scales, group);
        for (uint32_t i = 0; i < 2; ++i) quants[2 * g + i] = _mm256_mullo_epi16(quants[2 * g + i], scale);
        store(group, quants + 2 * g);
      }
    }
    facts->scales[0] = scales.d;
    if constexpr (Type::kMinimums) _mm256_storeu_ps(facts->minimums, scales.minimums);
  } else {
    for (uint32_t group = 0; group < 8; ++group, block += Type::kBlockBytes) {
      __m256i quants[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
      scales = {0.0f, 0.0f};
      if (group * 32 < count) {
        Type::prepare(block, scales);
        Type::unpack(block, 0, quants);
      }
      store(group, quants);
      facts->scales[group] = scales.d;
      facts->minimums[group] = scales.minimum;
    }
  }
}

inline constexpr uint32_t kPairRows = 2, kPairInputs = 6;  // 12 sums, two weights, one input and one product: 16 registers

// sums[2 * i + r] = products of row r and input i over `columns` (a multiple of 16), pairs of neighbours added lane by lane.
// panel: two rows of kIntegerColumns; x: kPairInputs inputs of kIntegerColumns. Written out because GCC 12 spills the sums.
[[gnu::always_inline]] inline void pair_products(const int16_t* panel, const int16_t* x, uint32_t columns, __m256i* sums) {
  static_assert(kIntegerColumns * sizeof(int16_t) == 512, "the displacements below");
#define GRETA_CLEAR(sum) "vpxor " sum ", " sum ", " sum "\n\t"
#define GRETA_INPUT(displacement, first, second) \
  "vmovdqu " displacement                        \
  "(%[x]), %%ymm14\n\t"                          \
  "vpmaddwd %%ymm14, %%ymm12, %%ymm15\n\t"       \
  "vpmaddwd %%ymm14, %%ymm13, %%ymm14\n\t"       \
  "vpaddd %%ymm15, " first ", " first            \
  "\n\t"                                         \
  "vpaddd %%ymm14, " second ", " second "\n\t"
#define GRETA_STORE(sum, displacement) "vmovdqu " sum ", " displacement "(%[sums])\n\t"
  uint64_t steps = columns / 16;
  asm volatile(GRETA_CLEAR("%%ymm0") GRETA_CLEAR("%%ymm1") GRETA_CLEAR("%%ymm2") GRETA_CLEAR("%%ymm3") GRETA_CLEAR("%%ymm4") GRETA_CLEAR("%%ymm5")
                   GRETA_CLEAR("%%ymm6") GRETA_CLEAR("%%ymm7") GRETA_CLEAR("%%ymm8") GRETA_CLEAR("%%ymm9") GRETA_CLEAR("%%ymm10") GRETA_CLEAR("%%ymm11")
               ".p2align 5\n"
               "1:\n\t"
               "vmovdqu (%[panel]), %%ymm12\n\t"
               "vmovdqu 512(%[panel]), %%ymm13\n\t"
               GRETA_INPUT("0", "%%ymm0", "%%ymm1")
               GRETA_INPUT("512", "%%ymm2", "%%ymm3")
               GRETA_INPUT("1024", "%%ymm4", "%%ymm5")
               GRETA_INPUT("1536", "%%ymm6", "%%ymm7")
               GRETA_INPUT("2048", "%%ymm8", "%%ymm9")
               GRETA_INPUT("2560", "%%ymm10", "%%ymm11")
               "add $32, %[panel]\n\t"
               "add $32, %[x]\n\t"
               "sub $1, %[steps]\n\t"
               "jnz 1b\n\t"
               GRETA_STORE("%%ymm0", "0") GRETA_STORE("%%ymm1", "32") GRETA_STORE("%%ymm2", "64") GRETA_STORE("%%ymm3", "96")
               GRETA_STORE("%%ymm4", "128") GRETA_STORE("%%ymm5", "160") GRETA_STORE("%%ymm6", "192") GRETA_STORE("%%ymm7", "224")
               GRETA_STORE("%%ymm8", "256") GRETA_STORE("%%ymm9", "288") GRETA_STORE("%%ymm10", "320") GRETA_STORE("%%ymm11", "352")
               : [panel] "+r"(panel), [x] "+r"(x), [steps] "+r"(steps)
               : [sums] "r"(sums)
               : "memory", "cc", "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7", "ymm8", "ymm9", "ymm10", "ymm11", "ymm12", "ymm13",
                 "ymm14", "ymm15");
#undef GRETA_CLEAR
#undef GRETA_INPUT
#undef GRETA_STORE
}

// Two rows times `tokens` <= kPairInputs / kPlanes tokens over all blocks of a panel; inputs beyond them are multiplied too and
// not used. accumulators: token t's two rows at t * kTileRows * kIntegerLanes.
template <uint32_t kPlanes, bool kBlockScale>
void panel_pair(const IntegerPanelProduct& product, uint32_t row, uint32_t first_token, uint32_t tokens, float* accumulators) {
  constexpr uint32_t kStretches = kBlockScale ? 1 : 8, kStretchColumns16 = kIntegerColumns / kStretches;
  for (uint32_t block = 0; block < product.block_count; ++block) {
    const int16_t* panel = product.panel + (static_cast<uint64_t>(block) * kUnitRows + row) * kIntegerColumns;
    const WeightFacts* weights = product.weight_facts + block * kUnitRows + row;
    const uint64_t place = static_cast<uint64_t>(block) * product.token_count + first_token;
    const int16_t* planes = product.planes + place * kPlanes * kIntegerColumns;
    const InputFacts* inputs = product.facts + place;
    for (uint32_t stretch = 0; stretch < kStretches; ++stretch) {
      __m256i sums[kPairInputs][kPairRows];
      pair_products(panel + stretch * kStretchColumns16, planes + stretch * kStretchColumns16, kStretchColumns16, sums[0]);
      const bool fresh = product.first && block == 0 && stretch == 0, ends_block = stretch == kStretches - 1;
#pragma GCC unroll 2
      for (uint32_t r = 0; r < kPairRows; ++r) {
        const __m256 weight_scale = _mm256_broadcast_ss(&weights[r].scales[stretch]), minimums = _mm256_loadu_ps(weights[r].minimums);
        for (uint32_t t = 0; t < tokens; ++t) {
          float* accumulator = accumulators + (t * kTileRows + r) * kIntegerLanes;
          __m256i exact[kPlanes];
          for (uint32_t p = 0; p < kPlanes; ++p) exact[p] = sums[t * kPlanes + p][r];
          const __m256 factor = _mm256_mul_ps(weight_scale, _mm256_broadcast_ss(&inputs[t].scale));
          __m256 total = fresh ? _mm256_setzero_ps() : _mm256_loadu_ps(accumulator);
          total = _mm256_fmadd_ps(joined<kPlanes>(exact), factor, total);
          if (product.has_minimums && ends_block) total = _mm256_fnmadd_ps(minimums, _mm256_loadu_ps(inputs[t].group_sums), total);
          _mm256_storeu_ps(accumulator, total);
        }
      }
    }
  }
}

// The order keeps kGroupRows rows of the panel and six inputs in L1 (16 KiB and 12 KiB of it with four blocks) while the tokens
// stream from L2 once for every kGroupRows rows.
template <uint32_t kPlanes, bool kBlockScale>
void panel_product(const IntegerPanelProduct& product) {
  constexpr uint32_t kGroupRows = 8, kTokens = kPairInputs / kPlanes;
  for (uint32_t first_row = 0; first_row < product.row_count; first_row += kGroupRows) {
    const uint32_t end_row = product.row_count - first_row < kGroupRows ? product.row_count : first_row + kGroupRows;
    for (uint32_t t = 0; t < product.token_count; t += kTokens) {
      const uint32_t tokens = product.token_count - t < kTokens ? product.token_count - t : kTokens;
      for (uint32_t row = first_row; row < end_row; row += kPairRows) {
        const uint64_t place = (static_cast<uint64_t>(row / kTileRows) * product.token_count + t) * kTileRows + row % kTileRows;
        panel_pair<kPlanes, kBlockScale>(product, row, t, tokens, product.accumulators + place * kIntegerLanes);
      }
    }
  }
}

}  // namespace
}  // namespace greta::cpu
