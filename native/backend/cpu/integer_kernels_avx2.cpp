// Integer products (integer_table.h) in AVX2: the table and the packing of inputs.
#if defined(__x86_64__)
#include <cmath>

#include "backend/cpu/integer_products_avx2.h"

namespace greta::cpu {
namespace {

constexpr int kOnePlaneBits = 13, kTwoPlaneBits = 27;
// Smaller magnitudes count as zero, so that every scale and its inverse are normal f32 numbers.
constexpr int kLeastExponent = -90;

struct BlockRange {
  float largest;
  bool finite;
};
BlockRange range_of(const float* x) {
  const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
  // As integers, magnitudes order like floats, and NaN and infinity come last.
  __m256i largest = _mm256_setzero_si256();
  for (uint32_t c = 0; c < kIntegerColumns; c += 8)
    largest = _mm256_max_epu32(largest, _mm256_castps_si256(_mm256_and_ps(_mm256_loadu_ps(x + c), magnitude)));
  __m128i half = _mm_max_epu32(_mm256_castsi256_si128(largest), _mm256_extracti128_si256(largest, 1));
  half = _mm_max_epu32(half, _mm_shuffle_epi32(half, 0x4e));
  half = _mm_max_epu32(half, _mm_shuffle_epi32(half, 0xb1));
  const auto bits = static_cast<uint32_t>(_mm_cvtsi128_si32(half));
  float value;
  std::memcpy(&value, &bits, 4);
  return {value, bits < 0x7f800000u};
}

// Even 16-bit lanes of 32 numbers in order, then the odd ones.
void store_integer_order(__m256i first, __m256i second, int16_t* target) {
  const __m256i even = _mm256_packs_epi32(_mm256_srai_epi32(_mm256_slli_epi32(first, 16), 16), _mm256_srai_epi32(_mm256_slli_epi32(second, 16), 16));
  const __m256i odd = _mm256_packs_epi32(_mm256_srai_epi32(first, 16), _mm256_srai_epi32(second, 16));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(target), _mm256_permute4x64_epi64(even, 0xd8));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(target + 16), _mm256_permute4x64_epi64(odd, 0xd8));
}

// Four vectors of 32-bit numbers that fit 16 bits, as two vectors of 16 numbers in order.
void narrow(const __m256i* wide, __m256i* out) {
  for (uint32_t i = 0; i < 2; ++i) out[i] = _mm256_permute4x64_epi64(_mm256_packs_epi32(wide[2 * i], wide[2 * i + 1]), 0xd8);
}

int64_t sum_of(const __m256i* wide) {
  const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(wide[0], wide[1]), _mm256_add_epi32(wide[2], wide[3]));
  alignas(32) int32_t lanes[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), sum);
  int64_t total = 0;
  for (const int32_t lane : lanes) total += lane;
  return total;
}

void pack_whole_block(const float* x, uint32_t plane_count, int16_t* planes, InputFacts* facts) {
  const BlockRange range = range_of(x);
  int exponent = kLeastExponent;
  if (range.finite && range.largest > 0.0f) std::frexp(range.largest, &exponent);  // largest < 2^exponent
  if (exponent < kLeastExponent) exponent = kLeastExponent;
  const int bits = plane_count == 1 ? kOnePlaneBits : kTwoPlaneBits;
  facts->scale = std::ldexp(1.0f, exponent - bits);
  facts->finite = range.finite ? 1 : 0;
  const __m256 inverse = _mm256_set1_ps(std::ldexp(1.0f, bits - exponent));
  const __m256i rounding = _mm256_set1_epi32(1 << (kHighShift - 1));
  for (uint32_t group = 0; group < 8; ++group) {
    __m256i quants[4], high[4], packed[2];
    for (uint32_t i = 0; i < 4; ++i) quants[i] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + group * 32 + i * 8), inverse));
    int64_t sum = 0;
    if (plane_count == 2) {
      for (uint32_t i = 0; i < 4; ++i) {
        high[i] = _mm256_srai_epi32(_mm256_add_epi32(quants[i], rounding), kHighShift);
        quants[i] = _mm256_sub_epi32(quants[i], _mm256_slli_epi32(high[i], kHighShift));
      }
      narrow(high, packed);
      store_integer_order(packed[0], packed[1], planes + group * 32);
      sum = sum_of(high) * (1 << kHighShift);
    }
    narrow(quants, packed);
    store_integer_order(packed[0], packed[1], planes + (plane_count - 1) * kIntegerColumns + group * 32);
    facts->group_sums[group] = static_cast<float>(static_cast<double>(sum + sum_of(quants)) * static_cast<double>(facts->scale));
  }
}

void pack(const float* x, uint32_t count, uint32_t plane_count, int16_t* planes, InputFacts* facts) {
  if (count == kIntegerColumns) return pack_whole_block(x, plane_count, planes, facts);
  float padded[kIntegerColumns] = {};
  std::memcpy(padded, x, count * sizeof(float));
  pack_whole_block(padded, plane_count, planes, facts);
}

template <typename Type>
constexpr IntegerTypeKernels integer_kernels_of() {
  return {{vector_product<Type, 1>, vector_product<Type, 2>},
          {panel_product<1, Type::kBlockScale>, panel_product<2, Type::kBlockScale>},
          unpack_block<Type>,
          Type::kMinimums};
}

constexpr IntegerKernels make_integer_table() {
  IntegerKernels table{};
  table.types[type_index(DType::q4_0)] = integer_kernels_of<IntegerQ4_0>();
  table.types[type_index(DType::q4_1)] = integer_kernels_of<IntegerQ4_1>();
  table.types[type_index(DType::q5_0)] = integer_kernels_of<IntegerQ5_0>();
  table.types[type_index(DType::q5_1)] = integer_kernels_of<IntegerQ5_1>();
  table.types[type_index(DType::q8_0)] = integer_kernels_of<IntegerQ8_0>();
  table.types[type_index(DType::q4_k)] = integer_kernels_of<IntegerQ4_K>();
  table.types[type_index(DType::q5_k)] = integer_kernels_of<IntegerQ5_K>();
  table.types[type_index(DType::q6_k)] = integer_kernels_of<IntegerQ6_K>();
  table.pack = pack;
  return table;
}

}  // namespace

const IntegerKernels& avx2_integer_kernels() {
  static const IntegerKernels table = [] {
    IntegerKernels kernels = make_integer_table();
    kernels.reduce_lanes = avx2_kernels().reduce_lanes;
    return kernels;
  }();
  return table;
}

}  // namespace greta::cpu
#endif
