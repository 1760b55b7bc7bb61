// Integer products of many tokens (integer_table.h) on AVX-512, over AVX2's panels: a pair of columns of sixteen rows is one vector.
// With AVX512_VNNI a step of pairs is one instruction, without it two.
#pragma once

#include <type_traits>

#include "backend/cpu/integer_panel_avx2.h"
#include "backend/cpu/integer_vector_avx512.h"
#include "backend/cpu/lanes16.h"

namespace greta::cpu {
namespace {

using Ints = Lanes16::Ints;
using Floats = Lanes16::Floats;

inline constexpr uint32_t kHalves = kUnitRows / kHalfRows;
inline constexpr uint32_t kWideInputs = 12;  // 24 sums, two vectors of weights, one input and what the compiler needs: 32 registers
inline constexpr uint32_t kWideSums = kWideInputs * kHalves;

// sums[i * kHalves + h] = products of half h of the rows and plane i over `pairs` pairs of columns. panel: kHalves of kHalfPanelBytes; inputs:
// kWideInputs planes.
[[gnu::always_inline]] inline void wide_products(const uint8_t* panel, const uint8_t* inputs, uint32_t pairs, Ints* sums) {
  Ints local[kWideSums] = {};
#pragma GCC unroll 1
  for (uint32_t pair = 0; pair < pairs; ++pair, panel += kPairBytes, inputs += 4) {
    const Ints first = Lanes16::load(panel), second = Lanes16::load(panel + kHalfPanelBytes);
#pragma GCC unroll 12
    for (uint32_t i = 0; i < kWideInputs; ++i) {
      const Ints input = Lanes16::broadcast_bytes(inputs + i * kPlaneBytes);
      local[kHalves * i] = Lanes16::add_pair_products(local[kHalves * i], first, input);
      local[kHalves * i + 1] = Lanes16::add_pair_products(local[kHalves * i + 1], second, input);
    }
  }
#pragma GCC unroll 24
  for (uint32_t i = 0; i < kWideSums; ++i) sums[i] = local[i];
}

// The nearest f32 of a block's sums over all its columns.
template <uint32_t kStretches>
[[gnu::always_inline]] inline void wide_block_sums(const uint8_t* panel, const uint8_t* inputs, Floats* sums) {
  constexpr uint32_t kPairs = kColumnPairs / kStretches;
  Ints part[kWideSums];
  if constexpr (kStretches == 1) {
    wide_products(panel, inputs, kPairs, part);
    for (uint32_t i = 0; i < kWideSums; ++i) sums[i] = Lanes16::to_floats(part[i]);
    return;
  }
  Ints upper[kWideSums] = {}, lower[kWideSums] = {};
  for (uint32_t stretch = 0; stretch < kStretches; ++stretch) {
    wide_products(panel + stretch * kPairs * kPairBytes, inputs + stretch * kPairs * 4, kPairs, part);
    for (uint32_t i = 0; i < kWideSums; ++i) {
      upper[i] += part[i] >> kSplitShift;
      lower[i] += part[i] & ((1 << kSplitShift) - 1);
    }
  }
  for (uint32_t i = 0; i < kWideSums; ++i)
    sums[i] = Lanes16::fma(Lanes16::to_floats(upper[i]), Lanes16::broadcast(static_cast<float>(1 << kSplitShift)), Lanes16::to_floats(lower[i]));
}

template <uint32_t kPlanes>
[[gnu::always_inline]] inline Floats joined_wide(const Floats* sums, uint32_t token, uint32_t half) {
  sums += token * kPlanes * kHalves + half;
  if constexpr (kPlanes == 1) return sums[0];
  return Lanes16::fma(sums[0], Lanes16::broadcast(static_cast<float>(1 << kHighShift)), sums[kHalves]);
}

// `tokens` <= kWideInputs / kPlanes tokens; inputs beyond them are multiplied too and not used.
template <typename Type, uint32_t kPlanes>
[[gnu::always_inline]] inline void multiply_wide_tile(const IntegerPanelProduct& product, uint32_t first_token, uint32_t tokens) {
  constexpr bool kMinimumPairs = Type::kBlockScale && Type::kMinimums;
  const uint8_t* inputs = product.inputs + static_cast<uint64_t>(first_token) * kPlanes * kPlaneBytes;
  const InputFacts* facts = product.facts + first_token;
  float* totals = product.totals + static_cast<uint64_t>(first_token) * kUnitRows;
  const uint32_t groups = Type::kBlockScale ? 1 : (product.columns + kIntegerGroup - 1) / kIntegerGroup;
#pragma GCC unroll 1
  for (uint32_t g = 0; g < groups; ++g) {
    Floats sums[kWideSums], minimum_sums[kWideSums];
    Ints exact[kWideSums];
    if constexpr (Type::kBlockScale) {
      wide_block_sums<Type::kStretches>(product.panel, inputs, sums);
    } else {
      wide_products(product.panel + g * kIntegerGroup / 2 * kPairBytes, inputs + g * kIntegerGroup * sizeof(int16_t), kIntegerGroup / 2, exact);
      for (uint32_t i = 0; i < kWideSums; ++i) sums[i] = Lanes16::to_floats(exact[i]);
    }
    if constexpr (kMinimumPairs) {
      wide_products(product.panel + kColumnPairs * kPairBytes, inputs + kIntegerColumns * sizeof(int16_t), kIntegerGroups, exact);
      for (uint32_t i = 0; i < kWideSums; ++i) minimum_sums[i] = Lanes16::to_floats(exact[i]);
    }
    for (uint32_t h = 0; h < kHalves; ++h) {
      const Floats scales = Lanes16::load_floats(product.panel_facts->scales[g] + h * kHalfRows);
      const Floats minimums = Lanes16::load_floats(product.panel_facts->minimums[g] + h * kHalfRows);
      for (uint32_t t = 0; t < tokens; ++t) {
        float* place = totals + t * kUnitRows + h * kHalfRows;
        const Floats scale = Lanes16::broadcast(facts[t].scale);
        Floats total = Lanes16::fma(joined_wide<kPlanes>(sums, t, h), scales * scale, Lanes16::load_floats(place));
        if constexpr (kMinimumPairs) {
          total = Lanes16::fnma(joined_wide<kPlanes>(minimum_sums, t, h), minimums * scale, total);
        } else if constexpr (Type::kMinimums) {
          total = Lanes16::fnma(minimums, Lanes16::broadcast(facts[t].group_sums[g]), total);
        }
        Lanes16::store_floats(place, total);
      }
    }
  }
}

// A panel (34 KiB) and the inputs of a tile (7 KiB) stay in L1 while the block's inputs pass by once.
template <typename Type, uint32_t kPlanes>
void wide_panel_product(const IntegerPanelProduct& product) {
  constexpr uint32_t kTokens = kWideInputs / kPlanes;
  for (uint32_t t = 0; t < product.token_count; t += kTokens)
    multiply_wide_tile<Type, kPlanes>(product, t, product.token_count - t < kTokens ? product.token_count - t : kTokens);
}

// Packing and unpacking are AVX2's, products of one token for most types its code compiled for this set.
inline IntegerKernels make_wide_integer_table() {
  IntegerKernels table = avx2_integer_kernels();
  const auto set = [&]<typename Type>(DType type) {
    IntegerTypeKernels& kernels = table.types[type_index(type)];
    using Wide = typename WideOf<Type>::Type;
    if constexpr (std::is_void_v<Wide>) {
      kernels.vector_product[0] = vector_product<Type, 1>;
      kernels.vector_product[1] = vector_product<Type, 2>;
    } else {
      kernels.vector_product[0] = wide_vector_product<Wide, 1>;
      kernels.vector_product[1] = wide_vector_product<Wide, 2>;
    }
    kernels.panel_product[0] = wide_panel_product<Type, 1>;
    kernels.panel_product[1] = wide_panel_product<Type, 2>;
  };
  for_each_integer_type(set);
  table.block_inputs = kMostBlockInputs;  // 576 KiB, and totals of as much or less
  table.unit_panels = 4;
  return table;
}

}  // namespace
}  // namespace greta::cpu
