// Sixteen f32 lanes in AVX-512 (F, BW, VL, DQ). The same members as simd_portable.h, which says what they do.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "base/half.h"

namespace greta::cpu {
namespace {

struct Simd {
  static constexpr uint32_t kLanes = 16;
  using Floats = __m512;
  using Ints = __m512i;
  using Bytes = __m256i;

  static Floats zero() { return _mm512_setzero_ps(); }
  static Floats broadcast(float value) { return _mm512_set1_ps(value); }
  static Floats load(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, Floats v) { _mm512_storeu_ps(p, v); }
  static Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
  static Floats sub(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
  static Floats mul(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  static Floats div(Floats a, Floats b) { return _mm512_div_ps(a, b); }
  static Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
  static Floats fms(Floats a, Floats b, Floats c) { return _mm512_fmsub_ps(a, b, c); }
  static Floats max(Floats a, Floats b) { return _mm512_max_ps(a, b); }
  static Floats min(Floats a, Floats b) { return _mm512_min_ps(a, b); }
  static Floats select_less(Floats a, Floats b, Floats yes, Floats no) { return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes); }
  static Floats from_ints(Ints v) { return _mm512_cvtepi32_ps(v); }
  static Ints round_to_ints(Floats v) { return _mm512_cvtps_epi32(v); }
  static Floats scale_by_power(Floats v, Ints exponent) {
    return _mm512_mul_ps(v, _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(exponent, _mm512_set1_epi32(127)), 23)));
  }
  static Floats lane_numbers() { return _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }

  static Floats from_half(const uint8_t* p) { return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))); }
  static Floats from_bf16(const uint8_t* p) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))), 16));
  }
#if defined(__AVX512BF16__)
  // Two vectors as 32 bf16, rounded to nearest even.
  static void store_bf16(const Floats* v, uint16_t* output) {
    const __m512bh rounded = _mm512_cvtne2ps_pbh(v[1], v[0]);
    std::memcpy(output, &rounded, sizeof(rounded));
  }
#endif
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
  static Bytes shift_left(Bytes v, int shift) { return _mm256_slli_epi16(v, shift); }
  static Bytes combine(Bytes a, Bytes b) { return _mm256_or_si256(a, b); }
  static Bytes subtract(Bytes v, uint8_t amount) { return _mm256_sub_epi8(v, _mm256_set1_epi8(static_cast<char>(amount))); }
  static Bytes split_nibbles(const uint8_t* p) {
    const __m128i packed = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_and_si256(_mm256_set_m128i(_mm_srli_epi16(packed, 4), packed), _mm256_set1_epi8(15));
  }
  static Bytes spread_bits(uint32_t bits, uint8_t value) { return _mm256_maskz_set1_epi8(bits, static_cast<char>(value)); }
  static void to_floats(Bytes v, Floats* out) {
    out[0] = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm256_castsi256_si128(v)));
    out[1] = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm256_extracti128_si256(v, 1)));
  }
  static void nibbles_to_floats(const uint8_t* p, Floats* low, Floats* high) {
    const __m512i mask = _mm512_set1_epi32(15);
    for (int half = 0; half < 2; ++half) {
      const __m512i wide = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * half)));
      low[half] = _mm512_cvtepi32_ps(_mm512_and_si512(wide, mask));
      high[half] = _mm512_cvtepi32_ps(_mm512_srli_epi32(wide, 4));
    }
  }

  static float sum(Floats v) {
    float results[4];
    const Floats all[4] = {v, v, v, v};
    sum4(all, results);
    return results[0];
  }
  static float largest(Floats v) { return _mm512_reduce_max_ps(v); }
  // Each vector's lanes, added in f64: lanes i and i+8, then i and i+4, then neighbours, then the two halves.
  static void sum4(const Floats* v, float* output) {
    __m256d folded[4];
    for (int i = 0; i < 4; ++i) {
      const __m512d halves = _mm512_add_pd(_mm512_cvtps_pd(_mm512_castps512_ps256(v[i])), _mm512_cvtps_pd(_mm512_extractf32x8_ps(v[i], 1)));
      folded[i] = _mm256_add_pd(_mm512_castpd512_pd256(halves), _mm512_extractf64x4_pd(halves, 1));
    }
    const __m256d first = _mm256_hadd_pd(folded[0], folded[1]), second = _mm256_hadd_pd(folded[2], folded[3]);
    const __m256d low = _mm256_permute2f128_pd(first, second, 0x20), high = _mm256_permute2f128_pd(first, second, 0x31);
    _mm_storeu_ps(output, _mm256_cvtpd_ps(_mm256_add_pd(low, high)));
  }
};

}  // namespace
}  // namespace greta::cpu
