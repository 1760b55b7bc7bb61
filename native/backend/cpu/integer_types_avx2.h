// Stored quantised weights as 16-bit integers in AVX2 registers, one description per type. Included only by *_avx2.cpp files.
//
// A type has kUnitGroups groups of 32 weights that it unpacks together, kBlockWeights, kBlockBytes, kBlockScale (one scale for 256
// weights, sub-block scales being integers; otherwise every 32 weights have an f32 scale), kMinimums, and
//   prepare(block, scales)                 once a block
//   unpack(block, unit, out)               2 * kUnitGroups vectors: even and odd columns of each group
//   scale32(scales, group)                 the integer scale of a group, for eight 32-bit sums (kBlockScale only)
//   scale16(scales, group)                 the same for sixteen 16-bit quants
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "base/dtype.h"

namespace greta::cpu {
namespace {

inline __m256i load_256(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
inline uint32_t read_u32(const uint8_t* p) {
  uint32_t value;
  std::memcpy(&value, p, 4);
  return value;
}
inline float read_half(const uint8_t* p) {
  HalfBits bits;
  std::memcpy(&bits, p, 2);
  return _cvtsh_ss(bits);
}

// Bytes read as unsigned (the even ones are the low halves of 16-bit lanes) or signed.
inline void split_unsigned(__m256i bytes, __m256i* out) {
  out[0] = _mm256_and_si256(bytes, _mm256_set1_epi16(0xff));
  out[1] = _mm256_srli_epi16(bytes, 8);
}
inline void split_signed(__m256i bytes, __m256i* out) {
  out[0] = _mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8);
  out[1] = _mm256_srai_epi16(bytes, 8);
}

// Sub-block scales of Q4_K and Q5_K: eight (scale, minimum) pairs of six bits.
struct EightIntegerScales {
  alignas(32) int32_t scale[8];
  __m256 minimums;  // times dmin: six bits times eleven, exact
  float d;
};
inline void prepare_eight_integers(const uint8_t* block, EightIntegerScales& scales) {
  const uint32_t a = read_u32(block + 4), b = read_u32(block + 8), c = read_u32(block + 12);
  const uint64_t scale_bytes = (a & 0x3f3f3f3fu) | (static_cast<uint64_t>((c & 0x0f0f0f0fu) | ((a >> 2) & 0x30303030u)) << 32);
  const uint64_t minimum_bytes = (b & 0x3f3f3f3fu) | (static_cast<uint64_t>(((c >> 4) & 0x0f0f0f0fu) | ((b >> 2) & 0x30303030u)) << 32);
  _mm256_store_si256(reinterpret_cast<__m256i*>(scales.scale), _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(scale_bytes))));
  // Makes the compiler broadcast from memory, which costs no shuffle.
  asm volatile("" : "+m"(scales.scale));
  const __m256 minimums = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(minimum_bytes))));
  scales.minimums = _mm256_mul_ps(minimums, _mm256_set1_ps(read_half(block + 2)));
  scales.d = read_half(block);
}

struct IntegerQ4_K {
  static constexpr uint32_t kBlockWeights = 256, kBlockBytes = sizeof(BlockQ4_K), kUnitGroups = 2;
  static constexpr bool kBlockScale = true, kMinimums = true;
  using Scales = EightIntegerScales;
  static void prepare(const uint8_t* block, Scales& scales) { prepare_eight_integers(block, scales); }
  static __m256i scale32(const Scales& scales, uint32_t group) { return _mm256_set1_epi32(scales.scale[group]); }
  static __m256i scale16(const Scales& scales, uint32_t group) { return _mm256_set1_epi16(static_cast<int16_t>(scales.scale[group])); }
  static void unpack(const uint8_t* block, uint32_t unit, __m256i* out) {
    const __m256i packed = load_256(block + offsetof(BlockQ4_K, qs) + 32 * unit), nibble = _mm256_set1_epi16(15);
    out[0] = _mm256_and_si256(packed, nibble);
    out[1] = _mm256_and_si256(_mm256_srli_epi16(packed, 8), nibble);
    out[2] = _mm256_and_si256(_mm256_srli_epi16(packed, 4), nibble);
    out[3] = _mm256_srli_epi16(packed, 12);
  }
};

struct IntegerQ5_K {
  static constexpr uint32_t kBlockWeights = 256, kBlockBytes = sizeof(BlockQ5_K), kUnitGroups = 2;
  static constexpr bool kBlockScale = true, kMinimums = true;
  using Scales = EightIntegerScales;
  static void prepare(const uint8_t* block, Scales& scales) { prepare_eight_integers(block, scales); }
  static __m256i scale32(const Scales& scales, uint32_t group) { return _mm256_set1_epi32(scales.scale[group]); }
  static __m256i scale16(const Scales& scales, uint32_t group) { return _mm256_set1_epi16(static_cast<int16_t>(scales.scale[group])); }
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
  static constexpr uint32_t kBlockWeights = 256, kBlockBytes = sizeof(BlockQ6_K), kUnitGroups = 4;
  static constexpr bool kBlockScale = true, kMinimums = false;
  struct Scales {
    __m256i halves[2];  // scales 0-7 and 8-15, one for every 16 weights
    float d;
  };
  static void prepare(const uint8_t* block, Scales& scales) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + offsetof(BlockQ6_K, scales)));
    scales.halves[0] = _mm256_cvtepi8_epi32(bytes);
    scales.halves[1] = _mm256_cvtepi8_epi32(_mm_unpackhi_epi64(bytes, bytes));
    scales.d = read_half(block + offsetof(BlockQ6_K, d));
  }
  // The lower lanes of a group's sums belong to its first 16 columns.
  static __m256i scale32(const Scales& scales, uint32_t group) {
    const auto first = static_cast<int>(group % 4 * 2);
    const __m256i order = _mm256_setr_epi32(first, first, first, first, first + 1, first + 1, first + 1, first + 1);
    return _mm256_permutevar8x32_epi32(scales.halves[group / 4], order);
  }
  static __m256i scale16(const Scales& scales, uint32_t group) {
    const __m256i wide = scale32(scales, group);
    return _mm256_packs_epi32(wide, wide);
  }
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

// Blocks of 32 weights with an f16 scale each, and perhaps an f16 minimum.
struct OneScale {
  float d, minimum;
};

// w = (q - kBias) * d, or q * d + m, which subtracts -m.
template <typename Block, bool kHasMinimum, bool kFifthBit, uint8_t kBias>
struct IntegerNibbles {
  static constexpr uint32_t kBlockWeights = 32, kBlockBytes = sizeof(Block), kUnitGroups = 1;
  static constexpr bool kBlockScale = false, kMinimums = kHasMinimum;
  using Scales = OneScale;
  static void prepare(const uint8_t* block, Scales& scales) {
    scales.d = read_half(block);
    scales.minimum = kHasMinimum ? -read_half(block + 2) : 0.0f;
  }
  static void unpack(const uint8_t* block, uint32_t, __m256i* out) {
    const __m128i packed = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + offsetof(Block, qs)));
    __m256i quants = _mm256_and_si256(_mm256_set_m128i(_mm_srli_epi16(packed, 4), packed), _mm256_set1_epi8(15));
    if constexpr (kFifthBit) {
      const __m256i source_byte = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
      const __m256i own_bit = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201u));
      const __m256i bits = _mm256_set1_epi32(static_cast<int>(read_u32(block + offsetof(Block, qs) - 4)));
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
  static constexpr uint32_t kBlockWeights = 32, kBlockBytes = sizeof(BlockQ8_0), kUnitGroups = 1;
  static constexpr bool kBlockScale = false, kMinimums = false;
  using Scales = OneScale;
  static void prepare(const uint8_t* block, Scales& scales) { scales = {read_half(block), 0.0f}; }
  static void unpack(const uint8_t* block, uint32_t, __m256i* out) { split_signed(load_256(block + 2), out); }
};

}  // namespace
}  // namespace greta::cpu
