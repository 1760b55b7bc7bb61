// Eight f32 lanes in GCC/Clang vector extensions: plain C++ everywhere, NEON on ARM (with fused multiply-add), SSE2 on x86-64.
// Every simd_*.h defines `Simd` in an anonymous namespace and every kernels_*.cpp includes exactly one of them, so that code for
// one instruction set never reaches another.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/half.h"

#if defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace greta::cpu {
namespace {

struct Simd {
  static constexpr uint32_t kLanes = 8;
  typedef float Floats __attribute__((vector_size(32)));
  typedef int32_t Ints __attribute__((vector_size(32)));
  typedef uint8_t Bytes __attribute__((vector_size(32)));

  static Floats zero() { return Floats{}; }
  static Floats broadcast(float value) { return Floats{} + value; }
  static Floats load(const float* p) {
    Floats v;
    std::memcpy(&v, p, sizeof(v));
    return v;
  }
  static void store(float* p, Floats v) { std::memcpy(p, &v, sizeof(v)); }
  static Floats add(Floats a, Floats b) { return a + b; }
  static Floats sub(Floats a, Floats b) { return a - b; }
  static Floats mul(Floats a, Floats b) { return a * b; }
  static Floats div(Floats a, Floats b) { return a / b; }
  // a * b + c; rounded once on ARM, twice elsewhere.
  static Floats fma(Floats a, Floats b, Floats c) {
#if defined(__ARM_NEON)
    float32x4_t x[2], y[2], z[2];
    std::memcpy(x, &a, 32);
    std::memcpy(y, &b, 32);
    std::memcpy(z, &c, 32);
    z[0] = vfmaq_f32(z[0], x[0], y[0]);
    z[1] = vfmaq_f32(z[1], x[1], y[1]);
    std::memcpy(&c, z, 32);
    return c;
#else
    return a * b + c;
#endif
  }
  static Floats fms(Floats a, Floats b, Floats c) { return fma(a, b, -c); }
  // The second operand where either is NaN, like the x86 instructions.
  static Floats max(Floats a, Floats b) { return a > b ? a : b; }
  static Floats min(Floats a, Floats b) { return a < b ? a : b; }
  // a < b ? yes : no, lane by lane
  static Floats select_less(Floats a, Floats b, Floats yes, Floats no) { return a < b ? yes : no; }
  static Floats from_ints(Ints v) { return __builtin_convertvector(v, Floats); }
  static Ints round_to_ints(Floats v) {
    Ints result;
    for (uint32_t i = 0; i < kLanes; ++i) result[i] = static_cast<int32_t>(std::lrintf(v[i]));
    return result;
  }
  // v * 2^exponent for exponents of normal numbers
  static Floats scale_by_power(Floats v, Ints exponent) {
    const Ints bits = (exponent + 127) << 23;
    Floats power;
    std::memcpy(&power, &bits, sizeof(bits));
    return v * power;
  }
  static Floats lane_numbers() { return Floats{0, 1, 2, 3, 4, 5, 6, 7}; }

  static Floats from_half(const uint8_t* p) {
    Floats result;
    for (uint32_t i = 0; i < kLanes; ++i) {
      HalfBits bits;
      std::memcpy(&bits, p + 2 * i, 2);
      result[i] = half_to_float(bits);
    }
    return result;
  }
  static Floats from_bf16(const uint8_t* p) {
    Floats result;
    for (uint32_t i = 0; i < kLanes; ++i) {
      uint16_t bits;
      std::memcpy(&bits, p + 2 * i, 2);
      result[i] = bf16_to_float(bits);
    }
    return result;
  }
  // 32 floats as bf16, rounded to nearest even.
  static void store_bf16(const Floats* v, uint16_t* output) {
    for (uint32_t i = 0; i < 32; ++i) output[i] = float_to_bf16(v[i / kLanes][i % kLanes]);
  }
  static float half(HalfBits bits) { return half_to_float(bits); }
  // output[i] = byte i of `bytes` * factor, i < 8
  static void scale_bytes(uint64_t bytes, float factor, float* output) {
    for (uint32_t i = 0; i < 8; ++i) output[i] = static_cast<float>((bytes >> (8 * i)) & 255) * factor;
  }
  // The same for signed bytes.
  static void scale_signed_bytes(uint64_t bytes, float factor, float* output) {
    for (uint32_t i = 0; i < 8; ++i) output[i] = static_cast<float>(static_cast<int8_t>(bytes >> (8 * i))) * factor;
  }

  static Bytes load_bytes(const uint8_t* p) {
    Bytes v;
    std::memcpy(&v, p, sizeof(v));
    return v;
  }
  static Bytes field(Bytes v, int shift, uint8_t mask) { return (v >> static_cast<uint8_t>(shift)) & mask; }
  static Bytes shift_left(Bytes v, int shift) { return v << static_cast<uint8_t>(shift); }
  static Bytes combine(Bytes a, Bytes b) { return a | b; }
  static Bytes subtract(Bytes v, uint8_t amount) { return v - amount; }
  // 16 bytes: low nibbles, then high nibbles
  static Bytes split_nibbles(const uint8_t* p) {
    Bytes v{};
    for (int i = 0; i < 16; ++i) {
      v[i] = p[i] & 15;
      v[i + 16] = p[i] >> 4;
    }
    return v;
  }
  // byte i = bit i of `bits` ? value : 0
  static Bytes spread_bits(uint32_t bits, uint8_t value) {
    Bytes v{};
    for (int i = 0; i < 32; ++i) v[i] = (bits >> i) & 1 ? value : 0;
    return v;
  }
  // 32 signed bytes as floats, in order.
  static void to_floats(Bytes v, Floats* out) {
    int8_t bytes[32];
    std::memcpy(bytes, &v, 32);
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 8; ++j) out[i][j] = static_cast<float>(bytes[8 * i + j]);
  }
  // The low nibbles of 32 bytes as floats, then the high ones.
  static void nibbles_to_floats(const uint8_t* p, Floats* low, Floats* high) {
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 8; ++j) {
        low[i][j] = static_cast<float>(p[8 * i + j] & 15);
        high[i][j] = static_cast<float>(p[8 * i + j] >> 4);
      }
    }
  }

  // The lanes added in f64, in order.
  static float sum(Floats v) {
    double total = 0;
    for (uint32_t i = 0; i < kLanes; ++i) total += static_cast<double>(v[i]);
    return static_cast<float>(total);
  }
  static float largest(Floats v) {
    float result = v[0];
    for (uint32_t i = 1; i < kLanes; ++i) result = v[i] > result ? v[i] : result;
    return result;
  }
  static void sum4(const Floats* v, float* output) {
    for (int i = 0; i < 4; ++i) output[i] = sum(v[i]);
  }
};

}  // namespace
}  // namespace greta::cpu
