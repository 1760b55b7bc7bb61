// Stored quantised weights as 16-bit integers in AVX2 registers, one description per type. Included only by *_avx2.cpp files.
//
// A type has kUnitGroups groups of 32 weights that it unpacks together, kBlockWeights, kBlockBytes, kBlockScale (one scale for 256
// weights, sub-block scales being integers; otherwise every 32 weights have an f32 scale), kMinimums, kStretches (parts of 256
// columns whose sums fit an int32, integer_table.h), and
//   unpack(block, unit, out)               2 * kUnitGroups vectors: even and odd columns of each group
// with kBlockScale
//   prepare(block)                         its sub-block scales
//   scale(scales, g)                       that of group g of the present unit, for sixteen 16-bit quants
//   wide_scale(scales, g)                  the same for the eight 32-bit sums of a group's neighbours
//   next_unit(scales)
//   minimum_pairs(scales)                  eight (minimum << 8, minimum), where there are minimums; before next_unit
//   kScalePlace                            bytes from the block's start to f16 d, after which comes dmin with kMinimums
// Otherwise a block begins with its f16 scale, and with kMinimums an f16 m follows: w = q * d + m.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "backend/cpu/block_fields.h"
#include "base/dtype.h"

namespace greta::cpu {
namespace {

inline __m256i load_256(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

// Bytes read as unsigned (the even ones are the low halves of 16-bit lanes) or signed.
inline void split_unsigned(__m256i bytes, __m256i* out) {
  out[0] = _mm256_and_si256(bytes, _mm256_set1_epi16(0xff));
  out[1] = _mm256_srli_epi16(bytes, 8);
}
inline void split_signed(__m256i bytes, __m256i* out) {
  out[0] = _mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8);
  out[1] = _mm256_srai_epi16(bytes, 8);
}

// Q4_K and Q5_K: d, dmin, then eight (scale, minimum) pairs of six bits in twelve bytes a0-3, b0-3, c0-3: the first four scales are the
// low bits of a, the others a nibble of c under two high bits of a; the minimums alike from b and the upper nibbles of c.
template <typename Block>
struct SixBitScales {
  static constexpr uint32_t kBlockWeights = 256, kBlockBytes = sizeof(Block), kUnitGroups = 2;
  static constexpr uint32_t kScalePlace = 0;
  static constexpr bool kBlockScale = true, kMinimums = true;
  using Scales = __m256i;  // scales 0-7, minimums 0-7 as bytes, in both halves

  static Scales prepare(const uint8_t* block) {
    const __m128i header = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block));
    const __m128i low = _mm_shuffle_epi8(header, _mm_setr_epi8(4, 5, 6, 7, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
    const __m128i high = _mm_shuffle_epi8(header, _mm_setr_epi8(-1, -1, -1, -1, 4, 5, 6, 7, -1, -1, -1, -1, 8, 9, 10, 11));
    const __m128i low_bits =
        _mm_and_si128(_mm_srlv_epi32(low, _mm_setr_epi32(0, 0, 0, 4)), _mm_setr_epi32(0x3f3f3f3f, 0x0f0f0f0f, 0x3f3f3f3f, 0x0f0f0f0f));
    const __m128i high_bits = _mm_and_si128(_mm_srli_epi32(high, 2), _mm_set1_epi8(0x30));
    return _mm256_broadcastsi128_si256(_mm_or_si128(low_bits, high_bits));
  }
  static __m256i scale(const Scales& scales, uint32_t group) {
    return _mm256_shuffle_epi8(scales, _mm256_set1_epi16(static_cast<int16_t>(0x8000 | group)));
  }
  static __m256i wide_scale(const Scales& scales, uint32_t group) {
    return _mm256_shuffle_epi8(scales, _mm256_set1_epi32(static_cast<int>(0x80808000u | group)));
  }
  static void next_unit(Scales& scales) { scales = _mm256_srli_si256(scales, kUnitGroups); }
  static __m256i minimum_pairs(const Scales& scales) {
    return _mm256_shuffle_epi8(scales, _mm256_setr_epi8(-1, 8, 8, -1, -1, 9, 9, -1, -1, 10, 10, -1, -1, 11, 11, -1, -1, 12, 12, -1, -1, 13, 13, -1,
                                                        -1, 14, 14, -1, -1, 15, 15, -1));
  }
};

struct IntegerQ4_K : SixBitScales<BlockQ4_K> {
  static constexpr uint32_t kStretches = 1;
  static void unpack(const uint8_t* block, uint32_t unit, __m256i* out) {
    const __m256i packed = load_256(block + offsetof(BlockQ4_K, qs) + 32 * unit), nibble = _mm256_set1_epi16(15);
    out[0] = _mm256_and_si256(packed, nibble);
    out[1] = _mm256_and_si256(_mm256_srli_epi16(packed, 8), nibble);
    out[2] = _mm256_and_si256(_mm256_srli_epi16(packed, 4), nibble);
    out[3] = _mm256_srli_epi16(packed, 12);
  }
};

struct IntegerQ5_K : SixBitScales<BlockQ5_K> {
  static constexpr uint32_t kStretches = 2;
  static void unpack(const uint8_t* block, uint32_t unit, __m256i* out) {
    const __m256i packed = load_256(block + offsetof(BlockQ5_K, qs) + 32 * unit), nibble = _mm256_set1_epi8(15), one = _mm256_set1_epi8(1);
    const __m256i fifth = _mm256_srl_epi16(load_256(block + offsetof(BlockQ5_K, qh)), _mm_cvtsi32_si128(static_cast<int>(2 * unit)));
    const __m256i first_high = _mm256_slli_epi16(_mm256_and_si256(fifth, one), 4);
    const __m256i second_high = _mm256_slli_epi16(_mm256_and_si256(_mm256_srli_epi16(fifth, 1), one), 4);
    split_unsigned(_mm256_or_si256(_mm256_and_si256(packed, nibble), first_high), out);
    split_unsigned(_mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(packed, 4), nibble), second_high), out + 2);
  }
};

struct IntegerQ6_K {
  static constexpr uint32_t kBlockWeights = 256, kBlockBytes = sizeof(BlockQ6_K), kUnitGroups = 4, kStretches = 4;
  static constexpr uint32_t kScalePlace = offsetof(BlockQ6_K, d);
  static constexpr bool kBlockScale = true, kMinimums = false;
  struct Scales {
    __m256i halves[2];  // as 16-bit numbers: those of groups 0-3 and 4-7, in both halves; one for every 16 weights
  };
  static Scales prepare(const uint8_t* block) {
    const __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block + offsetof(BlockQ6_K, scales))));
    return {{_mm256_permute4x64_epi64(wide, 0x44), _mm256_permute4x64_epi64(wide, 0xee)}};
  }
  // In integer order a vector's lower half belongs to the group's first 16 columns.
  static __m256i scale(const Scales& scales, uint32_t group) {
    const auto first = static_cast<int16_t>(0x0100 + 0x0404 * group), second = static_cast<int16_t>(first + 0x0202);
    return _mm256_shuffle_epi8(scales.halves[0], _mm256_set_m128i(_mm_set1_epi16(second), _mm_set1_epi16(first)));
  }
  static __m256i wide_scale(const Scales& scales, uint32_t group) {
    const __m256i pairs = scale(scales, group);
    return _mm256_srai_epi32(pairs, 16);
  }
  static void next_unit(Scales& scales) { scales.halves[0] = scales.halves[1]; }
  static void unpack(const uint8_t* block, uint32_t unit, __m256i* out) {
    const __m256i high = load_256(block + offsetof(BlockQ6_K, qh) + 32 * unit);
    const __m256i nibble = _mm256_set1_epi8(15), bits = _mm256_set1_epi8(0x30), bias = _mm256_set1_epi8(32);
    const __m256i first = load_256(block + 64 * unit), second = load_256(block + 64 * unit + 32);
    const __m256i low[4] = {_mm256_and_si256(first, nibble), _mm256_and_si256(second, nibble), _mm256_and_si256(_mm256_srli_epi16(first, 4), nibble),
                            _mm256_and_si256(_mm256_srli_epi16(second, 4), nibble)};
    const __m256i upper[4] = {_mm256_slli_epi16(high, 4), _mm256_slli_epi16(high, 2), high, _mm256_srli_epi16(high, 2)};
    for (uint32_t i = 0; i < 4; ++i) split_signed(_mm256_sub_epi8(_mm256_or_si256(low[i], _mm256_and_si256(upper[i], bits)), bias), out + 2 * i);
  }
};

// Blocks of 32 weights with an f16 scale each: w = (q - kBias) * d, or q * d + m with an f16 m.
template <typename Block, bool kHasMinimum, bool kFifthBit, uint8_t kBias>
struct IntegerNibbles {
  static constexpr uint32_t kBlockWeights = 32, kBlockBytes = sizeof(Block), kUnitGroups = 1, kStretches = 8;
  static constexpr bool kBlockScale = false, kMinimums = kHasMinimum;
  static void unpack(const uint8_t* block, uint32_t, __m256i* out) {
    const __m128i packed = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + offsetof(Block, qs)));
    __m256i quants = _mm256_and_si256(_mm256_set_m128i(_mm_srli_epi16(packed, 4), packed), _mm256_set1_epi8(15));
    if constexpr (kFifthBit) {
      const __m256i source_byte = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
      const __m256i own_bit = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201u));
      const __m256i bits = _mm256_set1_epi32(static_cast<int>(load_u32(block + offsetof(Block, qs) - 4)));
      const __m256i spread = _mm256_and_si256(_mm256_shuffle_epi8(bits, source_byte), own_bit);
      quants = _mm256_or_si256(quants, _mm256_and_si256(_mm256_cmpeq_epi8(spread, own_bit), _mm256_set1_epi8(16)));
    }
    if constexpr (kBias == 0) split_unsigned(quants, out);
    if constexpr (kBias != 0) split_signed(_mm256_sub_epi8(quants, _mm256_set1_epi8(static_cast<char>(kBias))), out);
  }
};
using IntegerQ4_0 = IntegerNibbles<BlockQ4_0, false, false, 8>;
using IntegerQ4_1 = IntegerNibbles<BlockQ4_1, true, false, 0>;
using IntegerQ5_0 = IntegerNibbles<BlockQ5_0, false, true, 16>;
using IntegerQ5_1 = IntegerNibbles<BlockQ5_1, true, true, 0>;

struct IntegerQ8_0 {
  static constexpr uint32_t kBlockWeights = 32, kBlockBytes = sizeof(BlockQ8_0), kUnitGroups = 1, kStretches = 8;
  static constexpr bool kBlockScale = false, kMinimums = false;
  static void unpack(const uint8_t* block, uint32_t, __m256i* out) { split_signed(load_256(block + 2), out); }
};

// Calls visit.template operator()<Type>(dtype) for every type that has integer products.
template <typename Visit>
constexpr void for_each_integer_type(const Visit& visit) {
  visit.template operator()<IntegerQ4_0>(DType::q4_0);
  visit.template operator()<IntegerQ4_1>(DType::q4_1);
  visit.template operator()<IntegerQ5_0>(DType::q5_0);
  visit.template operator()<IntegerQ5_1>(DType::q5_1);
  visit.template operator()<IntegerQ8_0>(DType::q8_0);
  visit.template operator()<IntegerQ4_K>(DType::q4_k);
  visit.template operator()<IntegerQ5_K>(DType::q5_k);
  visit.template operator()<IntegerQ6_K>(DType::q6_k);
}

}  // namespace
}  // namespace greta::cpu
