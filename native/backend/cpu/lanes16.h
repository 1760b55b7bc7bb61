// Sixteen 32-bit lanes: AVX-512 where it is compiled, otherwise plain vectors of the compiler, which make the same bits (tests of
// kernels for processors that the build machine is not).
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace greta::cpu {
namespace {

struct Lanes16 {
  static constexpr uint32_t kLanes = 16, kBytes = 64;
  using Ints = int32_t __attribute__((vector_size(64)));
  using Unsigned = uint32_t __attribute__((vector_size(64)));
  using Floats = float __attribute__((vector_size(64)));
  using Shorts = uint16_t __attribute__((vector_size(64)));
  using Bytes = uint8_t __attribute__((vector_size(64)));

  [[gnu::always_inline]] static Ints load(const void* p) {
    Ints v;
    std::memcpy(&v, p, sizeof(v));
    return v;
  }
  [[gnu::always_inline]] static void store(void* p, Ints v) { std::memcpy(p, &v, sizeof(v)); }
  [[gnu::always_inline]] static Floats load_floats(const float* p) {
    Floats v;
    std::memcpy(&v, p, sizeof(v));
    return v;
  }
  [[gnu::always_inline]] static void store_floats(float* p, Floats v) { std::memcpy(p, &v, sizeof(v)); }
  // Four bytes of memory in every lane.
  [[gnu::always_inline]] static Ints broadcast_bytes(const uint8_t* p) {
    int32_t value;
    std::memcpy(&value, p, sizeof(value));
    return broadcast(value);
  }
  // 32 bytes of memory in both halves.
  [[gnu::always_inline]] static Ints broadcast_half(const void* p) {
#if defined(__AVX512F__)
    return reinterpret_cast<Ints>(_mm512_broadcast_i64x4(_mm256_loadu_si256(static_cast<const __m256i*>(p))));
#else
    Ints v;
    std::memcpy(&v, p, kBytes / 2);
    std::memcpy(reinterpret_cast<uint8_t*>(&v) + kBytes / 2, p, kBytes / 2);
    return v;
#endif
  }
  // 16 bytes of memory in every quarter.
  [[gnu::always_inline]] static Ints broadcast_quarter(const void* p) {
#if defined(__AVX512F__)
    return reinterpret_cast<Ints>(_mm512_broadcast_i32x4(_mm_loadu_si128(static_cast<const __m128i*>(p))));
#else
    Ints v;
    for (uint32_t i = 0; i < 4; ++i) std::memcpy(reinterpret_cast<uint8_t*>(&v) + 16 * i, p, 16);
    return v;
#endif
  }
  // 16 bytes of memory from each of four places.
  [[gnu::always_inline]] static Ints gather_quarters(const uint8_t* const* places) {
#if defined(__AVX512F__)
    const auto part = [&](uint32_t i) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(places[i])); };
    __m512i v = _mm512_castsi128_si512(part(0));
    v = _mm512_mask_broadcast_i32x4(v, 0x00f0, part(1));
    v = _mm512_mask_broadcast_i32x4(v, 0x0f00, part(2));
    return reinterpret_cast<Ints>(_mm512_mask_broadcast_i32x4(v, 0xf000, part(3)));
#else
    Ints v;
    for (uint32_t i = 0; i < 4; ++i) std::memcpy(reinterpret_cast<uint8_t*>(&v) + 16 * i, places[i], 16);
    return v;
#endif
  }
  // Within each quarter: the byte that the index names, zero where its highest bit is set.
  [[gnu::always_inline]] static Ints shuffle_bytes(Ints table, Ints places) {
#if defined(__AVX512BW__)
    return reinterpret_cast<Ints>(_mm512_shuffle_epi8(reinterpret_cast<__m512i>(table), reinterpret_cast<__m512i>(places)));
#else
    const auto from = reinterpret_cast<Bytes>(table), index = reinterpret_cast<Bytes>(places);
    Bytes v;
    for (uint32_t i = 0; i < kBytes; ++i) v[i] = index[i] >= 128 ? 0 : from[i / 16 * 16 + index[i] % 16];
    return reinterpret_cast<Ints>(v);
#endif
  }
  [[gnu::always_inline]] static Ints broadcast(int32_t value) { return value - Ints{}; }
  [[gnu::always_inline]] static Floats broadcast(float value) {
#if defined(__AVX512F__)
    return reinterpret_cast<Floats>(_mm512_set1_ps(value));
#else
    Floats v;
    for (uint32_t i = 0; i < kLanes; ++i) v[i] = value;
    return v;
#endif
  }

  // Nearest f32, ties to even.
  [[gnu::always_inline]] static Floats to_floats(Ints v) { return __builtin_convertvector(v, Floats); }

  // a * b + c and c - a * b, rounded once.
  [[gnu::always_inline]] static Floats fma(Floats a, Floats b, Floats c) {
#if defined(__AVX512F__)
    return reinterpret_cast<Floats>(_mm512_fmadd_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), reinterpret_cast<__m512>(c)));
#else
    for (uint32_t i = 0; i < kLanes; ++i) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
    return c;
#endif
  }
  [[gnu::always_inline]] static Floats fnma(Floats a, Floats b, Floats c) {
#if defined(__AVX512F__)
    return reinterpret_cast<Floats>(_mm512_fnmadd_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), reinterpret_cast<__m512>(c)));
#else
    return fma(-a, b, c);
#endif
  }

  // sum + the products of both 16-bit halves of each lane.
  [[gnu::always_inline]] static Ints add_pair_products(Ints sum, Ints a, Ints b) {
#if defined(__AVX512VNNI__)
    return reinterpret_cast<Ints>(_mm512_dpwssd_epi32(reinterpret_cast<__m512i>(sum), reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX512BW__)
    return sum + reinterpret_cast<Ints>(_mm512_madd_epi16(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#else
    // Wraps like the instructions: inputs beyond the last token are any numbers.
    const Ints low = ((a << 16) >> 16) * ((b << 16) >> 16), high = (a >> 16) * (b >> 16);
    return reinterpret_cast<Ints>(reinterpret_cast<Unsigned>(sum) + reinterpret_cast<Unsigned>(low) + reinterpret_cast<Unsigned>(high));
#endif
  }

  // The 16-bit numbers of `v` that the lowest five bits of the indices name.
  [[gnu::always_inline]] static Shorts permute(Shorts v, Shorts index) {
#if defined(__AVX512BW__)
    return reinterpret_cast<Shorts>(_mm512_permutexvar_epi16(reinterpret_cast<__m512i>(index), reinterpret_cast<__m512i>(v)));
#else
    return __builtin_shuffle(v, index);  // takes its indices modulo the number of lanes
#endif
  }

  // Sixteen rows of sixteen 32-bit numbers, `row_bytes` apart, column by column: target (16, 16).
  [[gnu::always_inline]] static void transpose(const uint8_t* rows, uint64_t row_bytes, uint8_t* target) {
#if defined(__AVX512F__)
    // Lanes of 128 bits of four rows at a time come in place by masked loads; what is left is 4 x 4 within them.
    __m512i fours[4][4];
#pragma GCC unroll 4
    for (uint32_t chunk = 0; chunk < 4; ++chunk) {
#pragma GCC unroll 4
      for (uint32_t i = 0; i < 4; ++i) {
        const auto part = [&](uint32_t lane) {
          return _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows + (4 * lane + i) * row_bytes + 16 * chunk));
        };
        __m512i v = _mm512_castsi128_si512(part(0));
        v = _mm512_mask_broadcast_i32x4(v, 0x00f0, part(1));
        v = _mm512_mask_broadcast_i32x4(v, 0x0f00, part(2));
        fours[chunk][i] = _mm512_mask_broadcast_i32x4(v, 0xf000, part(3));
      }
      const __m512i* v = fours[chunk];
      const __m512i a = _mm512_unpacklo_epi32(v[0], v[1]), b = _mm512_unpackhi_epi32(v[0], v[1]);
      const __m512i c = _mm512_unpacklo_epi32(v[2], v[3]), d = _mm512_unpackhi_epi32(v[2], v[3]);
      uint8_t* out = target + 4 * chunk * kBytes;
      _mm512_storeu_si512(out, _mm512_unpacklo_epi64(a, c));
      _mm512_storeu_si512(out + kBytes, _mm512_unpackhi_epi64(a, c));
      _mm512_storeu_si512(out + 2 * kBytes, _mm512_unpacklo_epi64(b, d));
      _mm512_storeu_si512(out + 3 * kBytes, _mm512_unpackhi_epi64(b, d));
    }
#else
    for (uint32_t row = 0; row < kLanes; ++row)
      for (uint32_t column = 0; column < kLanes; ++column) std::memcpy(target + (column * kLanes + row) * 4, rows + row * row_bytes + column * 4, 4);
#endif
  }
};

}  // namespace
}  // namespace greta::cpu
