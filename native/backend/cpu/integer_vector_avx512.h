// Integer products of one token (integer_table.h) on AVX-512, over a type of integer_types_avx512.h: 64 columns a vector, and four
// rows' sums added up together.
#pragma once

#include "backend/cpu/integer_types_avx512.h"
#include "backend/cpu/integer_vector_avx2.h"

namespace greta::cpu {
namespace {

// Adding up lanes, two vectors at a time: after the three steps lanes 4i .. 4i + 3 are what came from the i-th.
template <uint32_t kUpperShift>
[[gnu::always_inline]] inline Lanes16::Ints add_halves(Lanes16::Ints a, Lanes16::Ints b) {
  const Lanes16::Ints upper = __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) + (upper >> kUpperShift);
}
[[gnu::always_inline]] inline Lanes16::Ints add_quarters(Lanes16::Ints a, Lanes16::Ints b) {
  return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
         __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
}
// Four rows' lanes, four each, of two vectors: first of `a`, then of `b`, two lanes each.
[[gnu::always_inline]] inline Lanes16::Ints add_pairs(Lanes16::Ints a, Lanes16::Ints b) {
  return __builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29) +
         __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
}
[[gnu::always_inline]] inline Lanes16::Ints add_neighbours(Lanes16::Ints a, Lanes16::Ints b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
         __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

// sums[p * kTileRows] = products of one row's block with plane p: lanes to be added up.
template <typename Type, uint32_t kPlanes>
[[gnu::always_inline]] inline void multiply_wide_block(const uint8_t* block, const typename Type::RowScales& scales, const int16_t* x,
                                                       Lanes16::Ints* sums) {
  // Even and odd columns: two chains, because an addition waits four or five cycles for the one before.
  Lanes16::Ints added[kPlanes][2] = {};
#pragma GCC unroll 4
  for (uint32_t pair = 0; pair < kIntegerGroups / 2; ++pair, x += 2 * kIntegerGroup) {
    const Lanes16::Shorts scale = Type::scale(scales, pair);
    Lanes16::Shorts weights[2];
    Type::unpack(block, pair, weights);
#pragma GCC unroll 2
    for (uint32_t i = 0; i < 2; ++i) {
      const auto scaled = reinterpret_cast<Lanes16::Ints>(weights[i] * scale);
#pragma GCC unroll 2
      for (uint32_t p = 0; p < kPlanes; ++p)
        added[p][i] = Lanes16::add_pair_products(added[p][i], scaled, Lanes16::load(x + p * kPlaneColumns + i * kOddPlace));
    }
  }
#pragma GCC unroll 2
  for (uint32_t p = 0; p < kPlanes; ++p) sums[p * kTileRows] = added[p][0] + added[p][1];
}

template <typename Type, uint32_t kPlanes>
[[gnu::always_inline]] inline __m128 add_wide_blocks(const uint8_t* const* blocks, const int16_t* x, const InputFacts& facts, __m128 totals) {
  using Narrow = typename Type::Narrow;
  constexpr bool kFits = Narrow::kStretches == 1;
  constexpr uint32_t kSumParts = kFits ? kPlanes : 2 * kPlanes, kParts = Narrow::kMinimums ? 2 * kPlanes : kSumParts;
  static_assert(kPlanes <= 2 && kParts <= 4 && (kFits || !Narrow::kMinimums));
  Lanes16::Ints sums[kPlanes * kTileRows], parts[4] = {};
  const auto scales = Type::prepare(blocks);
#pragma GCC unroll 4
  for (uint32_t r = 0; r < kTileRows; ++r) multiply_wide_block<Type, kPlanes>(blocks[r], Type::row_scales(scales, r), x, sums + r);
#pragma GCC unroll 2
  for (uint32_t p = 0; p < kPlanes; ++p) {
    const Lanes16::Ints* row = sums + p * kTileRows;
    const Lanes16::Ints quarters = add_quarters(add_halves<Type::kUpperShift>(row[0], row[1]), add_halves<Type::kUpperShift>(row[2], row[3]));
    if constexpr (kFits) {
      parts[p] = quarters;
    } else {
      // A quarter of the columns fits an int32, all of them do not.
      parts[2 * p] = quarters >> kSplitShift;
      parts[2 * p + 1] = quarters & ((1 << kSplitShift) - 1);
    }
  }
  if constexpr (Narrow::kMinimums) {
    const Lanes16::Ints pairs[2] = {Type::minimum_pairs(scales, 0), Type::minimum_pairs(scales, 1)};
#pragma GCC unroll 2
    for (uint32_t p = 0; p < kPlanes; ++p) {
      const Lanes16::Ints group_sums = Lanes16::broadcast_half(x + p * kPlaneColumns + kIntegerColumns);
      parts[kPlanes + p] = add_quarters(Lanes16::add_pair_products(Lanes16::Ints{}, pairs[0], group_sums),
                                        Lanes16::add_pair_products(Lanes16::Ints{}, pairs[1], group_sums));
    }
  }
  const Lanes16::Ints first = add_pairs(parts[0], parts[1]), second = kParts > 2 ? add_pairs(parts[2], parts[3]) : first;
  alignas(64) float numbers[16];
  Lanes16::store_floats(numbers, Lanes16::to_floats(add_neighbours(first, second)));
  const auto part = [&](uint32_t i) { return _mm_load_ps(numbers + 4 * i); };
  const auto plane_sum = [&](uint32_t p) { return kFits ? part(p) : _mm_fmadd_ps(part(2 * p), _mm_set1_ps(1 << kSplitShift), part(2 * p + 1)); };
  const __m128 planes[2] = {plane_sum(0), plane_sum(kPlanes - 1)}, input_scale = _mm_set1_ps(facts.scale), sum = joined_planes<kPlanes>(planes);
  const uint8_t* places[kTileRows];
  for (uint32_t r = 0; r < kTileRows; ++r) places[r] = blocks[r] + Narrow::kScalePlace;
  if constexpr (!Narrow::kMinimums) return _mm_fmadd_ps(sum, _mm_mul_ps(four_halves(places), input_scale), totals);
  const FourPairs halves = four_half_pairs(places);
  const __m128 minimums[2] = {part(kPlanes), part(2 * kPlanes - 1)};
  totals = _mm_fmadd_ps(sum, _mm_mul_ps(halves.first, input_scale), totals);
  return _mm_fnmadd_ps(joined_planes<kPlanes>(minimums), _mm_mul_ps(halves.second, input_scale), totals);
}

template <typename Type, uint32_t kPlanes>
void wide_vector_product(const IntegerVectorProduct& product) {
  const auto add =
      [](const uint8_t* const* blocks, uint32_t, const int16_t* x, const InputFacts& facts, __m128 totals) __attribute__((always_inline)) {
    return add_wide_blocks<Type, kPlanes>(blocks, x, facts, totals);
  };
  multiply_rows<Type::Narrow::kBlockBytes, kPlanes>(product, add);
}

}  // namespace
}  // namespace greta::cpu
