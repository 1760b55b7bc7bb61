// Eight f32 lanes in AVX2 + FMA + F16C. The same members as simd_portable.h, which says what they do.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "base/half.h"

namespace greta::cpu {
namespace {

struct Simd {
  static constexpr uint32_t kLanes = 8;
  using Floats = __m256;
  using Ints = __m256i;
  using Bytes = __m256i;

  static Floats zero() { return _mm256_setzero_ps(); }
  static Floats broadcast(float value) { return _mm256_set1_ps(value); }
  static Floats load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, Floats v) { _mm256_storeu_ps(p, v); }
  static Floats add(Floats a, Floats b) { return _mm256_add_ps(a, b); }
  static Floats sub(Floats a, Floats b) { return _mm256_sub_ps(a, b); }
  static Floats mul(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
  static Floats div(Floats a, Floats b) { return _mm256_div_ps(a, b); }
  static Floats fma(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
  static Floats fms(Floats a, Floats b, Floats c) { return _mm256_fmsub_ps(a, b, c); }
  static Floats max(Floats a, Floats b) { return _mm256_max_ps(a, b); }
  static Floats min(Floats a, Floats b) { return _mm256_min_ps(a, b); }
  static Floats select_less(Floats a, Floats b, Floats yes, Floats no) { return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
  static Floats from_ints(Ints v) { return _mm256_cvtepi32_ps(v); }
  static Ints round_to_ints(Floats v) { return _mm256_cvtps_epi32(v); }
  static Floats scale_by_power(Floats v, Ints exponent) {
    return _mm256_mul_ps(v, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(exponent, _mm256_set1_epi32(127)), 23)));
  }
  static Floats lane_numbers() { return _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7); }

  static Floats from_half(const uint8_t* p) { return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))); }
  static Floats from_bf16(const uint8_t* p) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))), 16));
  }
  static float half(HalfBits bits) { return _cvtsh_ss(bits); }
  static void scale_bytes(uint64_t bytes, float factor, float* output) {
    const __m256i wide = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(bytes)));
    _mm256_storeu_ps(output, _mm256_mul_ps(_mm256_cvtepi32_ps(wide), _mm256_set1_ps(factor)));
  }
  static void scale_signed_bytes(uint64_t bytes, float factor, float* output) {
    const __m256i wide = _mm256_cvtepi8_epi32(_mm_cvtsi64_si128(static_cast<long long>(bytes)));
    _mm256_storeu_ps(output, _mm256_mul_ps(_mm256_cvtepi32_ps(wide), _mm256_set1_ps(factor)));
  }

  static Bytes load_bytes(const uint8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
  static Bytes field(Bytes v, int shift, uint8_t mask) {
    return _mm256_and_si256(_mm256_srli_epi16(v, shift), _mm256_set1_epi8(static_cast<char>(mask)));
  }
  // The bits that leave a byte must be zero.
  static Bytes shift_left(Bytes v, int shift) { return _mm256_slli_epi16(v, shift); }
  static Bytes combine(Bytes a, Bytes b) { return _mm256_or_si256(a, b); }
  static Bytes subtract(Bytes v, uint8_t amount) { return _mm256_sub_epi8(v, _mm256_set1_epi8(static_cast<char>(amount))); }
  static Bytes split_nibbles(const uint8_t* p) {
    const __m128i packed = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_and_si256(_mm256_set_m128i(_mm_srli_epi16(packed, 4), packed), _mm256_set1_epi8(15));
  }
  static Bytes spread_bits(uint32_t bits, uint8_t value) {
    const __m256i source_byte = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i own_bit = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201u));
    const __m256i spread = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(bits)), source_byte), own_bit);
    return _mm256_and_si256(_mm256_cmpeq_epi8(spread, own_bit), _mm256_set1_epi8(static_cast<char>(value)));
  }
  static void to_floats(Bytes v, Floats* out) {
    const __m128i low = _mm256_castsi256_si128(v), high = _mm256_extracti128_si256(v, 1);
    out[0] = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(low));
    out[1] = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_unpackhi_epi64(low, low)));
    out[2] = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(high));
    out[3] = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_unpackhi_epi64(high, high)));
  }
  static void nibbles_to_floats(const uint8_t* p, Floats* low, Floats* high) {
    // Each shuffle puts four bytes of either 128-bit lane into dwords: bytes 0-3 | 4-7, then 8-11 | 12-15.
    const __m256i first =
        _mm256_setr_epi32(static_cast<int>(0x80808000u), static_cast<int>(0x80808001u), static_cast<int>(0x80808002u), static_cast<int>(0x80808003u),
                          static_cast<int>(0x80808004u), static_cast<int>(0x80808005u), static_cast<int>(0x80808006u), static_cast<int>(0x80808007u));
    const __m256i second = _mm256_add_epi32(first, _mm256_set1_epi32(8));
    const __m256i mask = _mm256_set1_epi32(15);
    for (int half = 0; half < 2; ++half) {
      const __m256i packed = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * half)));
      const __m256i a = _mm256_shuffle_epi8(packed, first), b = _mm256_shuffle_epi8(packed, second);
      low[2 * half] = _mm256_cvtepi32_ps(_mm256_and_si256(a, mask));
      low[2 * half + 1] = _mm256_cvtepi32_ps(_mm256_and_si256(b, mask));
      high[2 * half] = _mm256_cvtepi32_ps(_mm256_srli_epi32(a, 4));
      high[2 * half + 1] = _mm256_cvtepi32_ps(_mm256_srli_epi32(b, 4));
    }
  }

  static float sum(Floats v) {
    float results[4];
    const Floats all[4] = {v, v, v, v};
    sum4(all, results);
    return results[0];
  }
  static float largest(Floats v) {
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
  }
  // Each vector's lanes, added in f64: lanes i and i+4, then neighbours, then the two halves.
  static void sum4(const Floats* v, float* output) {
    __m256d folded[4];
    for (int i = 0; i < 4; ++i)
      folded[i] = _mm256_add_pd(_mm256_cvtps_pd(_mm256_castps256_ps128(v[i])), _mm256_cvtps_pd(_mm256_extractf128_ps(v[i], 1)));
    const __m256d first = _mm256_hadd_pd(folded[0], folded[1]), second = _mm256_hadd_pd(folded[2], folded[3]);
    const __m256d low = _mm256_permute2f128_pd(first, second, 0x20), high = _mm256_permute2f128_pd(first, second, 0x31);
    _mm_storeu_ps(output, _mm256_cvtpd_ps(_mm256_add_pd(low, high)));
  }
};

}  // namespace
}  // namespace greta::cpu
