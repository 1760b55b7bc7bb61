// Integer products of many tokens (integer_table.h) on int8 matrix tiles, over a `Tiles` type: the tile instructions, or their
// emulation in tests.
//
// Planes and weights are cut into digits of seven bits, x = x1 * 2^7 + x0 with |x1| <= 64 and -64 <= x0 < 64, and
//   S = a * 2^14 + m * 2^7 + b   with   a = sum w1 * x1,   m = sum w1 * x0 + w0 * x1,   b = sum w0 * x0,
// all exact in int32. Weights of types with blocks of 32 are one digit (-128 .. 127): S = a * 2^7 + b.
//
// A sum tile is (16 tokens, 16 rows), so that rows are the lanes of the f32 steps. Those follow the tile products of a token tile: between them they
// would be slower, because a tile product keeps one of the two ports of wide vectors busy (docs/benchmarks.md).
#pragma once

#include "backend/cpu/integer_table.h"
#include "backend/cpu/lanes16.h"

namespace greta::cpu {
namespace {

inline constexpr uint32_t kTileTokens = 16, kTileRows16 = 16, kTileColumns = 64;
inline constexpr uint32_t kTileBytes = kTileTokens * kTileColumns, kHalves = kUnitRows / kTileRows16;
inline constexpr uint32_t kDigits = 2, kDigitBits = 7;  // upper, lower
inline constexpr uint32_t kColumnSteps = kIntegerColumns / kTileColumns, kStepGroups = kTileColumns / kIntegerGroup;
// Inputs of a plane: upper and lower digits of all columns in their order, then the pairs of the groups' sums.
inline constexpr uint32_t kPlanePairsAt = kDigits * kIntegerColumns;
// A panel of a type with blocks of 256: (steps, digits, halves) tiles, then (halves, groups, rows) pairs of minimums.
inline constexpr uint32_t kStepBytes = kDigits * kHalves * kTileBytes, kPanelPairsAt = kColumnSteps * kStepBytes;
inline constexpr uint32_t kPanelPairBytes = kTileRows16 * 4;
static_assert(kPanelPairsAt + kHalves * kIntegerGroups * kPanelPairBytes <= kPanelBytes);
// A panel of a type with blocks of 32: (steps, halves, groups of the step) tiles, in which the columns of the other group are zero.
static_assert(kColumnSteps * kHalves * kStepGroups * kTileBytes <= kPanelBytes);

using Ints = Lanes16::Ints;
using Floats = Lanes16::Floats;
using SumTile = int32_t[kTileTokens * kTileRows16];

template <uint32_t kPlanes>
[[gnu::always_inline]] inline Floats join_planes(const Floats* sums) {
  return kPlanes == 1 ? sums[0] : Lanes16::fma(sums[0], Lanes16::broadcast(static_cast<float>(1 << kHighShift)), sums[kPlanes - 1]);
}

// The sums of a token tile over a block of 256 columns that share a scale.
template <uint32_t kPlanes>
struct BlockSums {
  alignas(64) SumTile upper[kPlanes][kHalves], middle[kPlanes][kHalves], lower[kPlanes][kHalves];
};

// The nearest f32 of a * 2^14 + m * 2^7 + b; kFits: it fits an int32.
template <bool kFits>
[[gnu::always_inline]] inline Floats nearest_sum(Ints a, Ints m, Ints b) {
  if constexpr (kFits) return Lanes16::to_floats((((a << kDigitBits) + m) << kDigitBits) + b);
  // Two parts below 2^24: a * 2^3 + m / 2^4, and what is left of m with b.
  constexpr int kKept = 4;
  const Ints upper = (a << (kDigitBits - kKept)) + (m >> kKept), lower = ((m & ((1 << kKept) - 1)) << kDigitBits) + b;
  return Lanes16::fma(Lanes16::to_floats(upper), Lanes16::broadcast(static_cast<float>(1 << (kDigitBits + kKept))), Lanes16::to_floats(lower));
}

// The f32 steps of kTokens tokens of a token tile.
template <typename Type, uint32_t kPlanes, uint32_t kTokens>
[[gnu::always_inline]] inline void add_block_tokens(const IntegerPanelProduct& product, const BlockSums<kPlanes>& sums, uint32_t tile,
                                                    uint32_t first) {
  const uint32_t token = tile * kTileTokens + first;
  const uint8_t* inputs = product.inputs + static_cast<uint64_t>(token) * kPlanes * kPlaneBytes;
  Ints minimum_sums[kTokens][kPlanes][kHalves] = {};
  if constexpr (Type::kMinimums) {
#pragma GCC unroll 8
    for (uint32_t g = 0; g < kIntegerGroups; ++g) {
      Ints pairs[kHalves];
#pragma GCC unroll 2
      for (uint32_t h = 0; h < kHalves; ++h) pairs[h] = Lanes16::load(product.panel + kPanelPairsAt + (h * kIntegerGroups + g) * kPanelPairBytes);
#pragma GCC unroll 4
      for (uint32_t t = 0; t < kTokens; ++t) {
#pragma GCC unroll 2
        for (uint32_t p = 0; p < kPlanes; ++p) {
          const Ints pair = Lanes16::broadcast_bytes(inputs + (t * kPlanes + p) * kPlaneBytes + kPlanePairsAt + g * 4);
#pragma GCC unroll 2
          for (uint32_t h = 0; h < kHalves; ++h) minimum_sums[t][p][h] = Lanes16::add_pair_products(minimum_sums[t][p][h], pairs[h], pair);
        }
      }
    }
  }
#pragma GCC unroll 4
  for (uint32_t t = 0; t < kTokens; ++t) {
    const Floats scale = Lanes16::broadcast(product.facts[token + t].scale);
#pragma GCC unroll 2
    for (uint32_t h = 0; h < kHalves; ++h) {
      const uint32_t at = (first + t) * kTileRows16;
      Floats parts[kPlanes];
#pragma GCC unroll 2
      for (uint32_t p = 0; p < kPlanes; ++p) {
        parts[p] = nearest_sum<Type::kStretches == 1>(Lanes16::load(sums.upper[p][h] + at), Lanes16::load(sums.middle[p][h] + at),
                                                      Lanes16::load(sums.lower[p][h] + at));
      }
      float* place = product.totals + static_cast<uint64_t>(token + t) * kUnitRows + h * kTileRows16;
      Floats total = Lanes16::load_floats(place);
      total = Lanes16::fma(join_planes<kPlanes>(parts), Lanes16::load_floats(product.panel_facts->scales[0] + h * kTileRows16) * scale, total);
      if constexpr (Type::kMinimums) {
        for (uint32_t p = 0; p < kPlanes; ++p) parts[p] = Lanes16::to_floats(minimum_sums[t][p][h]);
        total = Lanes16::fnma(join_planes<kPlanes>(parts), Lanes16::load_floats(product.panel_facts->minimums[0] + h * kTileRows16) * scale, total);
      }
      Lanes16::store_floats(place, total);
    }
  }
}

// 64 columns of one plane of a token tile. Tiles 0-1 are the upper sums of both halves, 2-3 the middle, 4-5 the lower ones; 6 inputs, 7 weights.
template <typename Tiles>
[[gnu::always_inline]] inline void multiply_digits(const uint8_t* weights, const uint8_t* inputs, int64_t input_stride) {
  const uint8_t* lower = weights + kHalves * kTileBytes;
  Tiles::template load<6>(inputs, input_stride);
  Tiles::template load<7>(weights, kTileColumns);
  Tiles::template add_byte_products<0, 6, 7>();
  Tiles::template load<7>(lower, kTileColumns);
  Tiles::template add_byte_products<2, 6, 7>();
  Tiles::template load<7>(weights + kTileBytes, kTileColumns);
  Tiles::template add_byte_products<1, 6, 7>();
  Tiles::template load<7>(lower + kTileBytes, kTileColumns);
  Tiles::template add_byte_products<3, 6, 7>();
  Tiles::template load<6>(inputs + kIntegerColumns, input_stride);
  Tiles::template load<7>(lower, kTileColumns);
  Tiles::template add_byte_products<4, 6, 7>();
  Tiles::template load<7>(weights, kTileColumns);
  Tiles::template add_byte_products<2, 6, 7>();
  Tiles::template load<7>(lower + kTileBytes, kTileColumns);
  Tiles::template add_byte_products<5, 6, 7>();
  Tiles::template load<7>(weights + kTileBytes, kTileColumns);
  Tiles::template add_byte_products<3, 6, 7>();
}

// Types with blocks of 256. A panel (17 KiB), a token tile's inputs (18 KiB) and its sums (12 KiB) share L1.
template <typename Tiles, typename Type, uint32_t kPlanes>
void multiply_block_panel(const IntegerPanelProduct& product) {
  constexpr int64_t kInputStride = kPlanes * kPlaneBytes;
  constexpr uint32_t kTokensAtOnce = 4 / kPlanes;
  BlockSums<kPlanes> sums;
  for (uint32_t first = 0; first < product.token_count; first += kTileTokens) {
    for (uint32_t plane = 0; plane < kPlanes; ++plane) {
      Tiles::template zero<0>();
      Tiles::template zero<1>();
      Tiles::template zero<2>();
      Tiles::template zero<3>();
      Tiles::template zero<4>();
      Tiles::template zero<5>();
      const uint8_t* inputs = product.inputs + first * kInputStride + plane * kPlaneBytes;
      for (uint32_t step = 0; step < kColumnSteps; ++step)
        multiply_digits<Tiles>(product.panel + step * kStepBytes, inputs + step * kTileColumns, kInputStride);
      Tiles::template store<0>(sums.upper[plane][0]);
      Tiles::template store<1>(sums.upper[plane][1]);
      Tiles::template store<2>(sums.middle[plane][0]);
      Tiles::template store<3>(sums.middle[plane][1]);
      Tiles::template store<4>(sums.lower[plane][0]);
      Tiles::template store<5>(sums.lower[plane][1]);
    }
    const uint32_t tile = first / kTileTokens, left = product.token_count - first, used = left < kTileTokens ? left : kTileTokens;
    uint32_t t = 0;
    for (; t + kTokensAtOnce <= used; t += kTokensAtOnce) add_block_tokens<Type, kPlanes, kTokensAtOnce>(product, sums, tile, t);
    for (; t < used; ++t) add_block_tokens<Type, kPlanes, 1>(product, sums, tile, t);
  }
}

// The sums of a token tile and half of the rows over two groups of 32 columns, each with its own scale.
template <uint32_t kPlanes>
struct GroupSums {
  alignas(64) SumTile upper[kPlanes][kStepGroups], lower[kPlanes][kStepGroups];
};

template <typename Type, uint32_t kPlanes>
[[gnu::always_inline]] inline void add_group_token(const IntegerPanelProduct& product, const GroupSums<kPlanes>& sums, uint32_t token, uint32_t half,
                                                   uint32_t first_group) {
  const uint32_t at = token % kTileTokens * kTileRows16;
  const InputFacts& facts = product.facts[token];
  const Floats scale = Lanes16::broadcast(facts.scale);
  float* place = product.totals + static_cast<uint64_t>(token) * kUnitRows + half * kTileRows16;
  Floats total = Lanes16::load_floats(place);
#pragma GCC unroll 2
  for (uint32_t i = 0; i < kStepGroups; ++i) {
    const uint32_t group = first_group + i;
    if (group * kIntegerGroup >= product.columns) break;
    Floats parts[kPlanes];
#pragma GCC unroll 2
    for (uint32_t p = 0; p < kPlanes; ++p)
      parts[p] = Lanes16::to_floats((Lanes16::load(sums.upper[p][i] + at) << kDigitBits) + Lanes16::load(sums.lower[p][i] + at));
    total = Lanes16::fma(join_planes<kPlanes>(parts), Lanes16::load_floats(product.panel_facts->scales[group] + half * kTileRows16) * scale, total);
    if constexpr (Type::kMinimums) {
      total = Lanes16::fnma(Lanes16::load_floats(product.panel_facts->minimums[group] + half * kTileRows16),
                            Lanes16::broadcast(facts.group_sums[group]), total);
    }
  }
  Lanes16::store_floats(place, total);
}

// Types with blocks of 32: every tile product is a sum of its own.
template <typename Tiles, typename Type, uint32_t kPlanes>
void multiply_group_panel(const IntegerPanelProduct& product) {
  constexpr int64_t kInputStride = kPlanes * kPlaneBytes;
  GroupSums<kPlanes> sums;
  for (uint32_t first = 0; first < product.token_count; first += kTileTokens) {
    const uint32_t end = product.token_count - first < kTileTokens ? product.token_count : first + kTileTokens;
    for (uint32_t step = 0; step * kTileColumns < product.columns; ++step) {
      for (uint32_t half = 0; half < kHalves; ++half) {
        const uint8_t* weights = product.panel + (step * kHalves + half) * kStepGroups * kTileBytes;
        Tiles::template load<6>(weights, kTileColumns);
        Tiles::template load<7>(weights + kTileBytes, kTileColumns);
        for (uint32_t plane = 0; plane < kPlanes; ++plane) {
          const uint8_t* inputs = product.inputs + first * kInputStride + plane * kPlaneBytes + step * kTileColumns;
          Tiles::template load<4>(inputs, kInputStride);
          Tiles::template load<5>(inputs + kIntegerColumns, kInputStride);
          Tiles::template zero<0>();
          Tiles::template zero<1>();
          Tiles::template zero<2>();
          Tiles::template zero<3>();
          Tiles::template add_byte_products<0, 4, 6>();
          Tiles::template add_byte_products<1, 4, 7>();
          Tiles::template add_byte_products<2, 5, 6>();
          Tiles::template add_byte_products<3, 5, 7>();
          Tiles::template store<0>(sums.upper[plane][0]);
          Tiles::template store<1>(sums.upper[plane][1]);
          Tiles::template store<2>(sums.lower[plane][0]);
          Tiles::template store<3>(sums.lower[plane][1]);
        }
        for (uint32_t t = first; t < end; ++t) add_group_token<Type, kPlanes>(product, sums, t, half, step * kStepGroups);
      }
    }
  }
}

}  // namespace
}  // namespace greta::cpu
