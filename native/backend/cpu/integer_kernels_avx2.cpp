// Integer products (integer_table.h) in AVX2: the table and the packing of inputs.
#if defined(__x86_64__)
#include <cmath>

#include "backend/cpu/integer_panel_avx2.h"
#include "backend/cpu/integer_vector_avx2.h"

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

// Even 16-bit lanes of 32 numbers in order, and the odd ones.
void store_even_odd(__m256i first, __m256i second, int16_t* evens, int16_t* odds) {
  const __m256i even = _mm256_packs_epi32(_mm256_srai_epi32(_mm256_slli_epi32(first, 16), 16), _mm256_srai_epi32(_mm256_slli_epi32(second, 16), 16));
  const __m256i odd = _mm256_packs_epi32(_mm256_srai_epi32(first, 16), _mm256_srai_epi32(second, 16));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(evens), _mm256_permute4x64_epi64(even, 0xd8));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(odds), _mm256_permute4x64_epi64(odd, 0xd8));
}

// Four vectors of 32-bit numbers that fit 16 bits, as two vectors of 16 numbers in order.
void narrow(const __m256i* wide, __m256i* out) {
  for (uint32_t i = 0; i < 2; ++i) out[i] = _mm256_permute4x64_epi64(_mm256_packs_epi32(wide[2 * i], wide[2 * i + 1]), 0xd8);
}

int32_t sum_of(const __m256i* wide) {
  const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(wide[0], wide[1]), _mm256_add_epi32(wide[2], wide[3]));
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
  return _mm_cvtsi128_si32(half);
}

// The numbers of one group that belong to one plane, and their sum.
template <bool kVectorOrder>
int32_t store_group_plane(const __m256i* wide, uint32_t group, int16_t* plane) {
  __m256i packed[2];
  narrow(wide, packed);
  int16_t* evens = plane + (kVectorOrder ? even_place(group) : group * kIntegerGroup);
  store_even_odd(packed[0], packed[1], evens, evens + (kVectorOrder ? kOddPlace : kIntegerGroup / 2));
  const int32_t sum = sum_of(wide), high = (sum + (1 << (kSumShift - 1))) >> kSumShift;
  int16_t* pair = plane + kIntegerColumns + 2 * group;
  pair[0] = static_cast<int16_t>(high);
  pair[1] = static_cast<int16_t>(sum - high * (1 << kSumShift));
  return sum;
}

template <bool kVectorOrder>
void pack_whole_block(const float* x, uint32_t plane_count, int16_t* planes, InputFacts* facts) {
  const BlockRange range = range_of(x);
  int exponent = kLeastExponent;
  // largest <= (1 - 2^-13) * 2^exponent: rounded, no plane reaches 2^13.
  if (range.finite && range.largest > 0.0f && std::frexp(range.largest, &exponent) > 1.0f - 0x1p-13f) ++exponent;
  if (exponent < kLeastExponent) exponent = kLeastExponent;
  const int bits = plane_count == 1 ? kOnePlaneBits : kTwoPlaneBits;
  facts->scale = std::ldexp(1.0f, exponent - bits);
  facts->finite = range.finite ? 1 : 0;
  const __m256 inverse = _mm256_set1_ps(std::ldexp(1.0f, bits - exponent));
  const __m256i rounding = _mm256_set1_epi32(1 << (kHighShift - 1));
  for (uint32_t group = 0; group < kIntegerGroups; ++group) {
    __m256i quants[4], high[4];
    for (uint32_t i = 0; i < 4; ++i) quants[i] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + group * kIntegerGroup + i * 8), inverse));
    int64_t sum = 0;
    if (plane_count == 2) {
      for (uint32_t i = 0; i < 4; ++i) {
        high[i] = _mm256_srai_epi32(_mm256_add_epi32(quants[i], rounding), kHighShift);
        quants[i] = _mm256_sub_epi32(quants[i], _mm256_slli_epi32(high[i], kHighShift));
      }
      sum = static_cast<int64_t>(store_group_plane<kVectorOrder>(high, group, planes)) * (1 << kHighShift);
    }
    sum += store_group_plane<kVectorOrder>(quants, group, planes + (plane_count - 1) * kPlaneColumns);
    facts->group_sums[group] = static_cast<float>(static_cast<double>(sum) * static_cast<double>(facts->scale));
  }
  constexpr uint32_t kUsed = kIntegerColumns + 2 * kIntegerGroups;
  for (uint32_t p = 0; p < plane_count; ++p) std::memset(planes + p * kPlaneColumns + kUsed, 0, (kPlaneColumns - kUsed) * sizeof(int16_t));
}

template <bool kVectorOrder>
void pack(const IntegerPacking& packing) {
  auto* planes = reinterpret_cast<int16_t*>(packing.planes);
  if (packing.count == kIntegerColumns) return pack_whole_block<kVectorOrder>(packing.x, packing.plane_count, planes, packing.facts);
  float padded[kIntegerColumns] = {};
  std::memcpy(padded, packing.x, packing.count * sizeof(float));
  pack_whole_block<kVectorOrder>(padded, packing.plane_count, planes, packing.facts);
}

template <typename Type>
constexpr IntegerTypeKernels integer_kernels_of() {
  return {{vector_product<Type, 1>, vector_product<Type, 2>}, {panel_product<Type, 1>, panel_product<Type, 2>}, unpack_panel<Type>};
}

constexpr IntegerKernels make_integer_table() {
  IntegerKernels table{};
  for_each_integer_type([&]<typename Type>(DType type) { table.types[type_index(type)] = integer_kernels_of<Type>(); });
  table.pack_vector = pack<true>;
  table.pack_panel = pack<false>;
  table.block_inputs = 512;  // 288 KiB, and totals of 64 KiB or less
  table.unit_panels = 2;     // no faster than one, no slower: the path of the others is tested everywhere
  return table;
}

}  // namespace

const IntegerKernels& avx2_integer_kernels() {
  static constexpr IntegerKernels table = make_integer_table();
  return table;
}

}  // namespace greta::cpu
#endif
