// Integer products of one token (integer_table.h), over a type of integer_types_avx2.h: weights are unpacked in registers.
#pragma once

#include "backend/cpu/integer_sums_avx2.h"
#include "backend/cpu/integer_types_avx2.h"

namespace greta::cpu {
namespace {

// sum + the products of pairs of 16-bit numbers. With AVX512_VNNI (integer_kernels_vnni.cpp, _amx.cpp) one instruction with five cycles of
// latency instead of two with a chain of one: then two chains are better.
#if defined(__AVX512VNNI__)
inline constexpr uint32_t kChains = 2;
[[gnu::always_inline]] inline __m256i add_products(__m256i sum, __m256i a, __m256i b) { return _mm256_dpwssd_epi32(sum, a, b); }
#else
inline constexpr uint32_t kChains = 1;
[[gnu::always_inline]] inline __m256i add_products(__m256i sum, __m256i a, __m256i b) { return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b)); }
#endif

// The rows after next, as far as L2: L1 of a processor with AVX-512 has too few places to wait for memory in. It made decode 1.1 to 1.17 x faster
// there, and 6 % slower on Zen 3 (docs/benchmarks.md).
#if defined(__AVX512F__)
inline constexpr bool kFarPrefetch = true;
#else
inline constexpr bool kFarPrefetch = false;
#endif

// sums[p * kTileRows] = products of one row's block with plane p: lanes to be added up. With one plane the sub-block scale joins the
// sums of a group (one multiplication), with two the weights (two multiplications for four).
template <typename Type, uint32_t kPlanes>
[[gnu::always_inline]] inline void multiply_block(const uint8_t* block, typename Type::Scales scales, const int16_t* x, __m256i* sums) {
  constexpr uint32_t kSums = kPlanes == 1 ? 1 : kPlanes * kChains;
  __m256i added[kSums];
#pragma GCC unroll 4
  for (uint32_t i = 0; i < kSums; ++i) added[i] = _mm256_setzero_si256();
#pragma GCC unroll 4
  for (uint32_t unit = 0; unit < kIntegerGroups / Type::kUnitGroups; ++unit) {
    __m256i weights[2 * Type::kUnitGroups];
    Type::unpack(block, unit, weights);
#pragma GCC unroll 4
    for (uint32_t g = 0; g < Type::kUnitGroups; ++g) {
      const int16_t* columns = x + even_place(g);
      if constexpr (kPlanes == 1) {
        const __m256i products =
            add_products(_mm256_madd_epi16(weights[2 * g], load_256(columns)), weights[2 * g + 1], load_256(columns + kOddPlace));
        added[0] = _mm256_add_epi32(added[0], _mm256_mullo_epi32(products, Type::wide_scale(scales, g)));
      } else {
        const __m256i scale = Type::scale(scales, g);
#pragma GCC unroll 2
        for (uint32_t i = 0; i < 2; ++i) {
          const __m256i scaled = _mm256_mullo_epi16(weights[2 * g + i], scale);
#pragma GCC unroll 2
          for (uint32_t p = 0; p < kPlanes; ++p) {
            __m256i& sum = added[p * kChains + i % kChains];
            sum = add_products(sum, scaled, load_256(columns + p * kPlaneColumns + i * kOddPlace));
          }
        }
      }
    }
    x += Type::kUnitGroups * kIntegerGroup;
    Type::next_unit(scales);
    // GCC 12 would add all units' products in the end, and spill them until then.
#pragma GCC unroll 4
    for (uint32_t i = 0; i < kSums; ++i) asm volatile("" : "+v"(added[i]));
  }
#pragma GCC unroll 2
  for (uint32_t p = 0; p < kPlanes; ++p)
    sums[p * kTileRows] = kSums == kPlanes ? added[p] : _mm256_add_epi32(added[p * kSums / kPlanes], added[p * kSums / kPlanes + 1]);
}

// The f16 numbers at four places, and those right behind them.
struct FourPairs {
  __m128 first, second;
};
[[gnu::always_inline]] inline FourPairs four_half_pairs(const uint8_t* const* places) {
  const __m128i low = _mm_insert_epi32(_mm_cvtsi32_si128(static_cast<int>(load_u32(places[0]))), static_cast<int>(load_u32(places[1])), 1);
  const __m128i high = _mm_insert_epi32(_mm_cvtsi32_si128(static_cast<int>(load_u32(places[2]))), static_cast<int>(load_u32(places[3])), 1);
  const __m128 a = _mm_cvtph_ps(low), b = _mm_cvtph_ps(high);
  return {_mm_shuffle_ps(a, b, 0x88), _mm_shuffle_ps(a, b, 0xdd)};
}
[[gnu::always_inline]] inline __m128 four_halves(const uint8_t* const* places) {
  const auto half = [&](uint32_t r) { return static_cast<int>(load_half_bits(places[r])); };
  return _mm_cvtph_ps(_mm_insert_epi16(_mm_insert_epi16(_mm_insert_epi16(_mm_cvtsi32_si128(half(0)), half(1), 1), half(2), 2), half(3), 3));
}

template <typename Type, uint32_t kPlanes>
[[gnu::always_inline]] inline __m128 add_scaled_blocks(const uint8_t* const* blocks, const int16_t* x, const InputFacts& facts, __m128 totals) {
  __m256i sums[kPlanes * kTileRows], minimums[kPlanes * kTileRows];
  const uint8_t* scale_places[kTileRows];
  // All rows' scales first: a block's would keep its products waiting.
  typename Type::Scales scales[kTileRows];
#pragma GCC unroll 4
  for (uint32_t r = 0; r < kTileRows; ++r) {
    scales[r] = Type::prepare(blocks[r]);
    if constexpr (Type::kMinimums) {
      const __m256i pairs = Type::minimum_pairs(scales[r]);
      for (uint32_t p = 0; p < kPlanes; ++p)
        minimums[p * kTileRows + r] = _mm256_madd_epi16(pairs, load_256(x + p * kPlaneColumns + kIntegerColumns));
    }
    scale_places[r] = blocks[r] + Type::kScalePlace;
  }
#pragma GCC unroll 1
  for (uint32_t r = 0; r < kTileRows; ++r) multiply_block<Type, kPlanes>(blocks[r], scales[r], x, sums + r);
  const __m128 input_scale = _mm_set1_ps(facts.scale);
  __m128 parts[kPlanes];
  for (uint32_t p = 0; p < kPlanes; ++p) parts[p] = four_exact_sums<Type::kStretches == 1>(sums + p * kTileRows);
  const __m128 sum = joined_planes<kPlanes>(parts);
  if constexpr (!Type::kMinimums) return _mm_fmadd_ps(sum, _mm_mul_ps(four_halves(scale_places), input_scale), totals);
  for (uint32_t p = 0; p < kPlanes; ++p) parts[p] = four_exact_sums<true>(minimums + p * kTileRows);
  const FourPairs halves = four_half_pairs(scale_places);
  totals = _mm_fmadd_ps(sum, _mm_mul_ps(halves.first, input_scale), totals);
  return _mm_fnmadd_ps(joined_planes<kPlanes>(parts), _mm_mul_ps(halves.second, input_scale), totals);
}

// `groups` (1..8) consecutive blocks of 32 weights of each row.
template <typename Type, uint32_t kPlanes>
[[gnu::always_inline]] inline __m128 add_small_blocks(const uint8_t* const* blocks, uint32_t groups, const int16_t* x, const InputFacts& facts,
                                                      __m128 totals) {
  for (uint32_t g = 0; g < groups; ++g) {
    __m256i sums[kPlanes * kTileRows];
    const uint8_t* places[kTileRows];
#pragma GCC unroll 4
    for (uint32_t r = 0; r < kTileRows; ++r) {
      const uint8_t* block = blocks[r] + g * Type::kBlockBytes;
      __m256i weights[2];
      Type::unpack(block, 0, weights);
      for (uint32_t p = 0; p < kPlanes; ++p) {
        const int16_t* plane = x + p * kPlaneColumns + even_place(g);
        sums[p * kTileRows + r] = add_products(_mm256_madd_epi16(weights[0], load_256(plane)), weights[1], load_256(plane + kOddPlace));
      }
      places[r] = block;
    }
    __m128 parts[kPlanes];
    for (uint32_t p = 0; p < kPlanes; ++p) parts[p] = four_exact_sums<true>(sums + p * kTileRows);
    const __m128 sum = joined_planes<kPlanes>(parts), input_scale = _mm_set1_ps(facts.scale);
    if constexpr (Type::kMinimums) {
      const FourPairs scales = four_half_pairs(places);
      totals = _mm_fmadd_ps(sum, _mm_mul_ps(scales.first, input_scale), totals);
      totals = _mm_fmadd_ps(scales.second, _mm_set1_ps(facts.group_sums[g]), totals);
    } else {
      totals = _mm_fmadd_ps(sum, _mm_mul_ps(four_halves(places), input_scale), totals);
    }
  }
  return totals;
}

// Adds up what `add(rows' blocks, columns left, planes, facts, totals)` makes of 256 columns after 256 columns.
template <uint32_t kStepBytes, uint32_t kPlanes, typename Add>
[[gnu::always_inline]] inline void multiply_rows(const IntegerVectorProduct& product, const Add& add) {
  __m128 totals = _mm_setzero_ps();
  const uint8_t* blocks[kTileRows];
  for (uint32_t r = 0; r < kTileRows; ++r) blocks[r] = product.rows[r];
  const int16_t* x = product.planes;
  const uint8_t* ahead = product.rows[0] + product.prefetch_bytes;
  for (uint32_t first = 0, b = 0; first < product.cols; first += kIntegerColumns, ++b, x += kPlanes * kPlaneColumns) {
    // In the order of memory, whatever the rows' own: that is the order that memory is fastest in.
    for (uint32_t line = 0; line < kTileRows * kStepBytes; line += 64) {
      __builtin_prefetch(ahead + line);
      if constexpr (kFarPrefetch) __builtin_prefetch(ahead + product.prefetch_bytes + line, 0, 2);
    }
    ahead += kTileRows * kStepBytes;
    totals = add(blocks, product.cols - first, x, product.facts[b], totals);
    for (uint32_t r = 0; r < kTileRows; ++r) blocks[r] += kStepBytes;
  }
  float results[kTileRows];
  _mm_storeu_ps(results, totals);
  for (uint32_t r = 0; r < product.row_count; ++r) product.y[r] = results[r];
}

template <typename Type, uint32_t kPlanes>
void vector_product(const IntegerVectorProduct& product) {
  const auto add = [](const uint8_t* const* blocks, uint32_t columns_left, const int16_t* x, const InputFacts& facts, __m128 totals)
      __attribute__((always_inline)) {
    if constexpr (Type::kBlockScale) {
      return add_scaled_blocks<Type, kPlanes>(blocks, x, facts, totals);
    } else {
      const uint32_t left = columns_left / Type::kBlockWeights;
      return add_small_blocks<Type, kPlanes>(blocks, left < kIntegerGroups ? left : kIntegerGroups, x, facts, totals);
    }
  };
  multiply_rows<Type::kBlockBytes*(kIntegerColumns / Type::kBlockWeights), kPlanes>(product, add);
}

}  // namespace
}  // namespace greta::cpu
