// A row's weights as 16-bit integers in memory, over a type of integer_types_avx2.h: what panels are made from.
#pragma once

#include "backend/cpu/integer_table.h"
#include "backend/cpu/integer_types_avx2.h"

namespace greta::cpu {
namespace {

// One block of one row.
struct UnpackedRow {
  alignas(64) int16_t weights[kIntegerColumns];                  // in integer order, zeros beyond the columns asked for
  alignas(32) int16_t minimums[2 * kIntegerGroups];              // (minimum << 8, minimum) of each group; not for types without kBlockScale
  float scales[kIntegerGroups], minimum_scales[kIntegerGroups];  // as in PanelFacts
};

inline void store_group(const __m256i* pair, uint32_t group, UnpackedRow& out) {
  for (uint32_t i = 0; i < 2; ++i) _mm256_store_si256(reinterpret_cast<__m256i*>(out.weights + group * kIntegerGroup + i * 16), pair[i]);
}

// `block`: where columns [first, first + count) of the row begin, count <= kIntegerColumns.
template <typename Type>
inline void unpack_row(const uint8_t* block, uint32_t count, UnpackedRow& out) {
  if constexpr (Type::kBlockScale) {
    auto scales = Type::prepare(block);
    if constexpr (Type::kMinimums) _mm256_store_si256(reinterpret_cast<__m256i*>(out.minimums), Type::minimum_pairs(scales));
    for (uint32_t unit = 0; unit < kIntegerGroups / Type::kUnitGroups; ++unit) {
      __m256i quants[2 * Type::kUnitGroups];
      Type::unpack(block, unit, quants);
      for (uint32_t g = 0; g < Type::kUnitGroups; ++g) {
        const __m256i scale = Type::scale(scales, g);
        for (uint32_t i = 0; i < 2; ++i) quants[2 * g + i] = _mm256_mullo_epi16(quants[2 * g + i], scale);
        store_group(quants + 2 * g, unit * Type::kUnitGroups + g, out);
      }
      Type::next_unit(scales);
    }
    out.scales[0] = _cvtsh_ss(load_half_bits(block + Type::kScalePlace));
    out.minimum_scales[0] = Type::kMinimums ? _cvtsh_ss(load_half_bits(block + Type::kScalePlace + 2)) : 0.0f;
  } else {
    for (uint32_t group = 0; group < kIntegerGroups; ++group, block += Type::kBlockBytes) {
      __m256i quants[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
      const bool used = group * kIntegerGroup < count;
      if (used) Type::unpack(block, 0, quants);
      store_group(quants, group, out);
      out.scales[group] = used ? _cvtsh_ss(load_half_bits(block)) : 0.0f;
      out.minimum_scales[group] = used && Type::kMinimums ? -_cvtsh_ss(load_half_bits(block + 2)) : 0.0f;
    }
  }
}

template <typename Type>
inline const uint8_t* block_at(const uint8_t* row, uint32_t column) {
  return row + static_cast<uint64_t>(column / Type::kBlockWeights) * Type::kBlockBytes;
}

}  // namespace
}  // namespace greta::cpu
