// Stored quantised weights as 16-bit integers in vectors of 64 bytes, over Lanes16: what products of one token need of a type on
// AVX-512. Types that are not here use AVX2's description (integer_types_avx2.h), whose facts the ones here share.
//
// A type has Narrow (AVX2's), and
//   prepare(blocks)            the sub-block scales of four rows
//   row_scales(scales, r)      those of row r
//   scale(row_scales, k)       those of groups 2k and 2k + 1, for both vectors of
//   unpack(block, k, out)      the even and the odd columns of groups 2k and 2k + 1: vector order; group 2k + 1 times 2^kUpperShift
//   minimum_pairs(scales, i)   (minimum << 8, minimum) of the eight groups of rows 2i and 2i + 1, where there are minimums
#pragma once

#include "backend/cpu/integer_types_avx2.h"
#include "backend/cpu/lanes16.h"

namespace greta::cpu {
namespace {

// `first` in the lanes of the lower half, `second` in those of the upper.
[[gnu::always_inline]] inline Lanes16::Shorts halves_of(uint16_t first, uint16_t second) {
  Lanes16::Shorts v;
  for (uint32_t i = 0; i < 32; ++i) v[i] = i < 16 ? first : second;
  return v;
}

inline constexpr uint8_t kNone = 0x80;  // no byte: zero

struct WideQ4_K {
  using Narrow = IntegerQ4_K;
  using Ints = Lanes16::Ints;
  using Shorts = Lanes16::Shorts;
  // Upper nibbles stay where they are. A lane adds up 16 columns of a block: 16 * (15 * 2^4 * 63) * 2^13 < 2^31.
  static constexpr uint32_t kUpperShift = 4;
  using Scales = Ints;     // each row's scales 0-7 and minimums 0-7 as bytes
  using RowScales = Ints;  // one row's in every quarter

  // As SixBitScales::prepare, for four rows.
  [[gnu::always_inline]] static Scales prepare(const uint8_t* const* blocks) {
    static constexpr uint8_t kLow[16] = {4, 5, 6, 7, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15};
    static constexpr uint8_t kHigh[16] = {kNone, kNone, kNone, kNone, 4, 5, 6, 7, kNone, kNone, kNone, kNone, 8, 9, 10, 11};
    constexpr Lanes16::Unsigned kShifts = {0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4};
    constexpr int32_t kSix = 0x3f3f3f3f, kFour = 0x0f0f0f0f;
    constexpr Ints kMasks = {kSix, kFour, kSix, kFour, kSix, kFour, kSix, kFour, kSix, kFour, kSix, kFour, kSix, kFour, kSix, kFour};
    const Ints headers = Lanes16::gather_quarters(blocks);
    const auto low =
        reinterpret_cast<Ints>(reinterpret_cast<Lanes16::Unsigned>(Lanes16::shuffle_bytes(headers, Lanes16::broadcast_quarter(kLow))) >> kShifts);
    const auto high =
        reinterpret_cast<Ints>(reinterpret_cast<Lanes16::Unsigned>(Lanes16::shuffle_bytes(headers, Lanes16::broadcast_quarter(kHigh))) >> 2);
    return (low & kMasks) | (high & Lanes16::broadcast(0x30303030));
  }
  [[gnu::always_inline]] static RowScales row_scales(const Scales& scales, uint32_t row) {
    switch (row) {
      case 0:
        return __builtin_shufflevector(scales, scales, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
      case 1:
        return __builtin_shufflevector(scales, scales, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7);
      case 2:
        return __builtin_shufflevector(scales, scales, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11);
      default:
        return __builtin_shufflevector(scales, scales, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15);
    }
  }
  [[gnu::always_inline]] static Shorts scale(const RowScales& scales, uint32_t pair) {
    const auto first = static_cast<uint16_t>(0x8000 | (2 * pair));
    const Shorts index = halves_of(first, static_cast<uint16_t>(first + 1));
    return reinterpret_cast<Shorts>(Lanes16::shuffle_bytes(scales, reinterpret_cast<Ints>(index)));
  }
  [[gnu::always_inline]] static void unpack(const uint8_t* block, uint32_t pair, Shorts* out) {
    const auto packed = reinterpret_cast<Shorts>(Lanes16::broadcast_half(block + offsetof(BlockQ4_K, qs) + 32 * pair));
    const Shorts nibbles = packed & halves_of(0x0f0f, 0xf0f0);
    out[0] = nibbles & 0xff;
    out[1] = nibbles >> 8;
  }
  [[gnu::always_inline]] static Ints minimum_pairs(const Scales& scales, uint32_t rows) {
    static constexpr uint8_t kPairs[32] = {kNone, 8,  8,  kNone, kNone, 9,  9,  kNone, kNone, 10, 10, kNone, kNone, 11, 11, kNone,
                                           kNone, 12, 12, kNone, kNone, 13, 13, kNone, kNone, 14, 14, kNone, kNone, 15, 15, kNone};
    const Ints both = rows == 0 ? __builtin_shufflevector(scales, scales, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7)
                                : __builtin_shufflevector(scales, scales, 8, 9, 10, 11, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15);
    return Lanes16::shuffle_bytes(both, Lanes16::broadcast_half(kPairs));
  }
};

struct WideQ6_K {
  using Narrow = IntegerQ6_K;
  using Ints = Lanes16::Ints;
  using Shorts = Lanes16::Shorts;
  static constexpr uint32_t kUpperShift = 0;
  struct Scales {
    Shorts rows[4];  // as 16-bit numbers, one for every 16 weights, twice
  };
  using RowScales = Shorts;

  [[gnu::always_inline]] static Scales prepare(const uint8_t* const* blocks) {
    Scales scales;
    for (uint32_t r = 0; r < 4; ++r) {
      const __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks[r] + offsetof(BlockQ6_K, scales))));
      std::memcpy(&scales.rows[r], &wide, 32);
      std::memcpy(reinterpret_cast<uint8_t*>(&scales.rows[r]) + 32, &wide, 32);
    }
    return scales;
  }
  [[gnu::always_inline]] static RowScales row_scales(const Scales& scales, uint32_t row) { return scales.rows[row]; }
  // A quarter of a vector belongs to 16 columns.
  [[gnu::always_inline]] static Shorts scale(const RowScales& scales, uint32_t pair) {
    Shorts index;
    for (uint32_t i = 0; i < 32; ++i) index[i] = static_cast<uint16_t>(4 * pair + i / 8);
    return Lanes16::permute(scales, index);
  }
  [[gnu::always_inline]] static void unpack(const uint8_t* block, uint32_t pair, Shorts* out) {
    const uint32_t unit = pair / 2;
    const auto packed = reinterpret_cast<Shorts>(Lanes16::load(block + 64 * unit));
    const auto high = reinterpret_cast<Shorts>(Lanes16::broadcast_half(block + offsetof(BlockQ6_K, qh) + 32 * unit));
    const Shorts low = pair % 2 == 0 ? packed : packed >> 4;
    const Shorts upper = pair % 2 == 0 ? high << halves_of(4, 2) : high >> halves_of(0, 2);
    const Shorts bytes = (low & 0x0f0f) | (upper & 0x3030);
    out[0] = (bytes & 0xff) - 32;
    out[1] = (bytes >> 8) - 32;
  }
};

// The description here of a type of AVX2, void where there is none.
template <typename Narrow>
struct WideOf {
  using Type = void;
};
template <>
struct WideOf<IntegerQ4_K> {
  using Type = WideQ4_K;
};
template <>
struct WideOf<IntegerQ6_K> {
  using Type = WideQ6_K;
};

}  // namespace
}  // namespace greta::cpu
