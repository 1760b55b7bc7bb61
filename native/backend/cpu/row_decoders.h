// Stored weights to vectors of f32 in registers, one decoder per type, over a `Simd` type. Bit-equal to ops/dequantize.h: every
// scale * quant product is exact, so only the last addition rounds. Used by the vector products (decode in registers) and by the
// panels of the matrix products (decode once, use for many tokens).
//
// A decoder has kBlockWeights, kBlockBytes, kGroupWeights, a Scales struct that prepare() fills once a block, and
//   group(block, scales, g, out): weights [g * kGroupWeights, +kGroupWeights) of the block as kGroupWeights / kLanes vectors.
#pragma once

#include <cstdint>
#include <cstring>

#include "backend/cpu/block_fields.h"
#include "base/dtype.h"
#include "ops/dequantize.h"

namespace greta::cpu {
namespace {

// Makes the compiler read what was just written from memory: a broadcast load is free where a shuffle of a register is not.
template <typename Scales>
inline void keep_in_memory(Scales& scales) {
  asm volatile("" : "+m"(scales));
}

inline constexpr uint32_t kVectors = 32 / Simd::kLanes;  // vectors in 32 weights

// Blocks of 32 weights without any structure: F32, F16, BF16.
template <uint32_t kElementBytes, Simd::Floats (*kLoad)(const uint8_t*)>
struct PlainDecoder {
  static constexpr uint32_t kBlockWeights = 32, kBlockBytes = 32 * kElementBytes, kGroupWeights = 32;
  struct Scales {};
  static void prepare(const uint8_t*, Scales&) {}
  static void group(const uint8_t* block, const Scales&, uint32_t, Simd::Floats* out) {
    for (uint32_t i = 0; i < kVectors; ++i) out[i] = kLoad(block + i * Simd::kLanes * kElementBytes);
  }
};
inline Simd::Floats load_f32(const uint8_t* p) { return Simd::load(reinterpret_cast<const float*>(p)); }
using DecodeF32 = PlainDecoder<4, load_f32>;
using DecodeF16 = PlainDecoder<2, Simd::from_half>;
using DecodeBF16 = PlainDecoder<2, Simd::from_bf16>;

// Blocks of 32 weights with one scale: w = (q - kBias) * d, or q * d + m.
template <typename Block, bool kHasMinimum, bool kFifthBit, uint8_t kBias>
struct NibbleDecoder {
  static constexpr uint32_t kBlockWeights = 32, kBlockBytes = sizeof(Block), kGroupWeights = 32;
  struct Scales {
    Simd::Floats d, m;
  };
  static void prepare(const uint8_t* block, Scales& scales) {
    scales.d = Simd::broadcast(Simd::half(load_half_bits(block)));
    if constexpr (kHasMinimum) scales.m = Simd::broadcast(Simd::half(load_half_bits(block + 2)));
  }
  static void group(const uint8_t* block, const Scales& scales, uint32_t, Simd::Floats* out) {
    Simd::Bytes quants = Simd::split_nibbles(block + offsetof(Block, qs));
    if constexpr (kFifthBit) quants = Simd::combine(quants, Simd::spread_bits(load_u32(block + offsetof(Block, qs) - 4), 16));
    if constexpr (kBias != 0) quants = Simd::subtract(quants, kBias);
    Simd::to_floats(quants, out);
    for (uint32_t i = 0; i < kVectors; ++i) out[i] = kHasMinimum ? Simd::fma(out[i], scales.d, scales.m) : Simd::mul(out[i], scales.d);
  }
};
using DecodeQ4_0 = NibbleDecoder<BlockQ4_0, false, false, 8>;
using DecodeQ4_1 = NibbleDecoder<BlockQ4_1, true, false, 0>;
using DecodeQ5_0 = NibbleDecoder<BlockQ5_0, false, true, 16>;
using DecodeQ5_1 = NibbleDecoder<BlockQ5_1, true, true, 0>;

struct DecodeQ8_0 {
  static constexpr uint32_t kBlockWeights = 32, kBlockBytes = sizeof(BlockQ8_0), kGroupWeights = 32;
  struct Scales {
    Simd::Floats d;
  };
  static void prepare(const uint8_t* block, Scales& scales) { scales.d = Simd::broadcast(Simd::half(load_half_bits(block))); }
  static void group(const uint8_t* block, const Scales& scales, uint32_t, Simd::Floats* out) {
    Simd::to_floats(Simd::load_bytes(block + 2), out);
    for (uint32_t i = 0; i < kVectors; ++i) out[i] = Simd::mul(out[i], scales.d);
  }
};

// 256 weights in groups of 16 with their own scale (and minimum): the scales of one block as f32.
struct SixteenScales {
  float scale[16];
};
struct SixteenScalesMinima {
  float scale[16], minimum[16];
};
// Vector i of group g of 32 lies in the 16-weight group 2g + i * lanes / 16.
inline float pick(const float* values, uint32_t g, uint32_t i) { return values[2 * g + i * Simd::kLanes / 16]; }

struct DecodeQ2_K {
  static constexpr uint32_t kBlockWeights = 256, kBlockBytes = sizeof(BlockQ2_K), kGroupWeights = 32;
  using Scales = SixteenScalesMinima;
  static void prepare(const uint8_t* block, Scales& scales) {
    const float d = Simd::half(load_half_bits(block + offsetof(BlockQ2_K, d)));
    const float dmin = Simd::half(load_half_bits(block + offsetof(BlockQ2_K, dmin)));
    for (uint32_t half = 0; half < 2; ++half) {
      uint64_t packed;
      std::memcpy(&packed, block + 8 * half, 8);
      Simd::scale_bytes(packed & 0x0f0f0f0f0f0f0f0fu, d, scales.scale + 8 * half);
      Simd::scale_bytes((packed >> 4) & 0x0f0f0f0f0f0f0f0fu, dmin, scales.minimum + 8 * half);
    }
  }
  static void group(const uint8_t* block, const Scales& scales, uint32_t g, Simd::Floats* out) {
    const Simd::Bytes packed = Simd::load_bytes(block + offsetof(BlockQ2_K, qs) + g / 4 * 32);
    Simd::to_floats(Simd::field(packed, static_cast<int>(g % 4 * 2), 3), out);
    for (uint32_t i = 0; i < kVectors; ++i)
      out[i] = Simd::fms(out[i], Simd::broadcast(pick(scales.scale, g, i)), Simd::broadcast(pick(scales.minimum, g, i)));
  }
};

struct DecodeQ3_K {
  static constexpr uint32_t kBlockWeights = 256, kBlockBytes = sizeof(BlockQ3_K), kGroupWeights = 32;
  using Scales = SixteenScales;
  static void prepare(const uint8_t* block, Scales& scales) {
    const float d = Simd::half(load_half_bits(block + offsetof(BlockQ3_K, d)));
    for (uint32_t i = 0; i < 16; ++i) scales.scale[i] = d * static_cast<float>(ops::unpack_q3_scale(block + offsetof(BlockQ3_K, scales), i));
  }
  static void group(const uint8_t* block, const Scales& scales, uint32_t g, Simd::Floats* out) {
    const Simd::Bytes low = Simd::field(Simd::load_bytes(block + offsetof(BlockQ3_K, qs) + g / 4 * 32), static_cast<int>(g % 4 * 2), 3);
    const Simd::Bytes high = Simd::shift_left(Simd::field(Simd::load_bytes(block), static_cast<int>(g), 1), 2);
    Simd::to_floats(Simd::subtract(Simd::combine(low, high), 4), out);
    for (uint32_t i = 0; i < kVectors; ++i) out[i] = Simd::mul(out[i], Simd::broadcast(pick(scales.scale, g, i)));
  }
};

// The eight 6-bit (scale, minimum) pairs of Q4_K and Q5_K, already times d and dmin.
struct EightScalesMinima {
  float scale[8], minimum[8];
};
inline void prepare_eight(const uint8_t* block, EightScalesMinima& scales) {
  const uint32_t a = load_u32(block + 4), b = load_u32(block + 8), c = load_u32(block + 12);
  const uint64_t scale_bytes = (a & 0x3f3f3f3fu) | (static_cast<uint64_t>((c & 0x0f0f0f0fu) | ((a >> 2) & 0x30303030u)) << 32);
  const uint64_t minimum_bytes = (b & 0x3f3f3f3fu) | (static_cast<uint64_t>(((c >> 4) & 0x0f0f0f0fu) | ((b >> 2) & 0x30303030u)) << 32);
  Simd::scale_bytes(scale_bytes, Simd::half(load_half_bits(block)), scales.scale);
  Simd::scale_bytes(minimum_bytes, Simd::half(load_half_bits(block + 2)), scales.minimum);
  keep_in_memory(scales);
}

struct DecodeQ4_K {
  static constexpr uint32_t kBlockWeights = 256, kBlockBytes = sizeof(BlockQ4_K), kGroupWeights = 64;
  using Scales = EightScalesMinima;
  static void prepare(const uint8_t* block, Scales& scales) { prepare_eight(block, scales); }
  static void group(const uint8_t* block, const Scales& scales, uint32_t g, Simd::Floats* out) {
    Simd::nibbles_to_floats(block + offsetof(BlockQ4_K, qs) + 32 * g, out, out + kVectors);
    for (uint32_t half = 0; half < 2; ++half) {
      const Simd::Floats scale = Simd::broadcast(scales.scale[2 * g + half]), minimum = Simd::broadcast(scales.minimum[2 * g + half]);
      for (uint32_t i = 0; i < kVectors; ++i) out[half * kVectors + i] = Simd::fms(out[half * kVectors + i], scale, minimum);
    }
  }
};

struct DecodeQ5_K {
  static constexpr uint32_t kBlockWeights = 256, kBlockBytes = sizeof(BlockQ5_K), kGroupWeights = 32;
  using Scales = EightScalesMinima;
  static void prepare(const uint8_t* block, Scales& scales) { prepare_eight(block, scales); }
  static void group(const uint8_t* block, const Scales& scales, uint32_t g, Simd::Floats* out) {
    const Simd::Bytes low = Simd::field(Simd::load_bytes(block + offsetof(BlockQ5_K, qs) + g / 2 * 32), static_cast<int>(g % 2 * 4), 15);
    const Simd::Bytes high = Simd::shift_left(Simd::field(Simd::load_bytes(block + offsetof(BlockQ5_K, qh)), static_cast<int>(g), 1), 4);
    Simd::to_floats(Simd::combine(low, high), out);
    const Simd::Floats scale = Simd::broadcast(scales.scale[g]), minimum = Simd::broadcast(scales.minimum[g]);
    for (uint32_t i = 0; i < kVectors; ++i) out[i] = Simd::fms(out[i], scale, minimum);
  }
};

struct DecodeQ6_K {
  static constexpr uint32_t kBlockWeights = 256, kBlockBytes = sizeof(BlockQ6_K), kGroupWeights = 32;
  using Scales = SixteenScales;
  static void prepare(const uint8_t* block, Scales& scales) {
    const float d = Simd::half(load_half_bits(block + offsetof(BlockQ6_K, d)));
    for (uint32_t half = 0; half < 2; ++half) {
      uint64_t packed;
      std::memcpy(&packed, block + offsetof(BlockQ6_K, scales) + 8 * half, 8);
      Simd::scale_signed_bytes(packed, d, scales.scale + 8 * half);
    }
    keep_in_memory(scales);
  }
  static void group(const uint8_t* block, const Scales& scales, uint32_t g, Simd::Floats* out) {
    const uint32_t half = g / 4, quarter = g % 4;
    const Simd::Bytes low = Simd::field(Simd::load_bytes(block + half * 64 + quarter % 2 * 32), static_cast<int>(quarter / 2 * 4), 15);
    const Simd::Bytes high =
        Simd::shift_left(Simd::field(Simd::load_bytes(block + offsetof(BlockQ6_K, qh) + half * 32), static_cast<int>(quarter * 2), 3), 4);
    Simd::to_floats(Simd::subtract(Simd::combine(low, high), 32), out);
    for (uint32_t i = 0; i < kVectors; ++i) out[i] = Simd::mul(out[i], Simd::broadcast(pick(scales.scale, g, i)));
  }
};

}  // namespace
}  // namespace greta::cpu
