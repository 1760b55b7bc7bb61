// From exact sums in int32 lanes to the f32 numbers of integer_table.h.
#pragma once

#include <immintrin.h>

#include "backend/cpu/integer_table.h"

namespace greta::cpu {
namespace {

// The f32 of both planes' sums, or of one.
template <uint32_t kPlanes>
[[gnu::always_inline]] inline __m256 joined_planes(const __m256* sums) {
  return kPlanes == 1 ? sums[0] : _mm256_fmadd_ps(sums[0], _mm256_set1_ps(1 << kHighShift), sums[kPlanes - 1]);
}
template <uint32_t kPlanes>
[[gnu::always_inline]] inline __m128 joined_planes(const __m128* sums) {
  return kPlanes == 1 ? sums[0] : _mm_fmadd_ps(sums[0], _mm_set1_ps(1 << kHighShift), sums[kPlanes - 1]);
}

// Each of four vectors' lanes added up. (vphaddd would be fewer instructions and more operations.)
[[gnu::always_inline]] inline __m128i four_sums(const __m256i* vectors) {
  const auto pairs = [](__m256i a, __m256i b) {
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b)));
  };
  const __m256 first = pairs(vectors[0], vectors[1]), second = pairs(vectors[2], vectors[3]);
  const __m256i folded =
      _mm256_add_epi32(_mm256_castps_si256(_mm256_shuffle_ps(first, second, 0x88)), _mm256_castps_si256(_mm256_shuffle_ps(first, second, 0xdd)));
  return _mm_add_epi32(_mm256_castsi256_si128(folded), _mm256_extracti128_si256(folded, 1));
}

// The nearest f32 of each of four vectors' sum of lanes; kFits: the sums fit an int32, otherwise only the lanes do.
template <bool kFits>
[[gnu::always_inline]] inline __m128 four_exact_sums(const __m256i* vectors) {
  if constexpr (kFits) return _mm_cvtepi32_ps(four_sums(vectors));
  __m256i upper[4], lower[4];
  for (uint32_t i = 0; i < 4; ++i) {
    upper[i] = _mm256_srai_epi32(vectors[i], kSplitShift);
    lower[i] = _mm256_and_si256(vectors[i], _mm256_set1_epi32((1 << kSplitShift) - 1));
  }
  return _mm_fmadd_ps(_mm_cvtepi32_ps(four_sums(upper)), _mm_set1_ps(1 << kSplitShift), _mm_cvtepi32_ps(four_sums(lower)));
}

}  // namespace
}  // namespace greta::cpu
