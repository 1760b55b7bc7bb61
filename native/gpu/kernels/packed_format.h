// How matrices lie in device memory: records of 16 rows x 256 inputs, record after record along the inputs, one row tile
// after the other. A wave streams a record with 16-byte loads, and every lane finds what its share of the matrix instruction
// needs (gx/mma.h) in its own 16 bytes: lane (row, quarter t) of k block h (128 inputs) holds the 32 consecutive weights
// k = 128h + 32t .. +31, the same scale group. No type grows, but for the ones that become an affine form; the load plan
// counts the bytes.
//
//   format  from              record holds
//   f16     F32 F16 BF16      8192 B halves [h][jj][row][t][8]
//   q8      Q8_0              4096 B int8 [h][2][row][t][16], 256 B f16 scales
//   q4k     Q4_K              2048 B nibbles [h][row][t][16], 256 B headers as stored (d, dmin, 12 bytes) [row]
//   q6k     Q6_K              2048 B low nibbles, 1024 B high bits, 256 B int8 scales, 32 B f16 d [row]
//   b4      Q4_0 Q4_1         2048 B nibbles, 512 B (scale, offset) f16 pairs, one for 32 weights
//   b4s     Q2_K Q3_K         2048 B nibbles, 1024 B pairs, one for 16 weights
//   b5      Q5_0 Q5_1 Q5_K    2048 B nibbles, 512 B fifth bits, 512 B pairs
#pragma once

#include <cstdint>

#include "base/dtype.h"

namespace greta::gpu {

enum class PackedFormat : uint32_t { f16, q8, q4k, q6k, b4, b4s, b5 };
inline constexpr uint32_t kPackedFormatCount = 7;
inline constexpr uint32_t kRecordRows = 16, kRecordInputs = 256;

constexpr uint32_t record_bytes(PackedFormat format) {
  switch (format) {
    case PackedFormat::f16:
      return 8192;
    case PackedFormat::q8:
      return 4352;
    case PackedFormat::q4k:
      return 2304;
    case PackedFormat::q6k:
      return 3360;
    case PackedFormat::b4:
      return 2560;
    case PackedFormat::b4s:
      return 3072;
    case PackedFormat::b5:
      return 3072;
  }
  return 0;
}
static_assert(record_bytes(PackedFormat::q4k) == 16 * sizeof(BlockQ4_K) && record_bytes(PackedFormat::q6k) == 16 * sizeof(BlockQ6_K));
static_assert(record_bytes(PackedFormat::q8) == 16 * 8 * sizeof(BlockQ8_0));

constexpr PackedFormat packed_format(DType type) {
  switch (type) {
    case DType::f32:
    case DType::f16:
    case DType::bf16:
      return PackedFormat::f16;
    case DType::q8_0:
      return PackedFormat::q8;
    case DType::q4_k:
      return PackedFormat::q4k;
    case DType::q6_k:
      return PackedFormat::q6k;
    case DType::q4_0:
    case DType::q4_1:
      return PackedFormat::b4;
    case DType::q2_k:
    case DType::q3_k:
      return PackedFormat::b4s;
    case DType::q5_0:
    case DType::q5_1:
    case DType::q5_k:
      return PackedFormat::b5;
  }
  return PackedFormat::f16;
}

constexpr uint32_t round_up(uint32_t value, uint32_t unit) { return (value + unit - 1) / unit * unit; }

// A matrix on the device. `rows` counts padded rows (a multiple of 16); padding is zero.
struct PackedMatrix {
  uint8_t* records = nullptr;
  PackedFormat format = PackedFormat::f16;
  uint32_t tiles = 0;        // rows / 16
  uint32_t superblocks = 0;  // inputs / 256, rounded up
  uint64_t bytes() const { return uint64_t{tiles} * superblocks * record_bytes(format); }
};

// Where stored row r of a matrix goes among the packed rows of the stack it is part of.
struct RowPlacement {
  enum Kind : uint32_t { consecutive, half_split_to_interleaved, gate_of_pair, up_of_pair } kind = consecutive;
  uint32_t base = 0;
  uint32_t head_dim = 0;
};

// The order in which an activation row lies in memory as a matrix operand: within each 128 inputs, chunk 4t + jj (8 values)
// is stored as chunk 4jj + t. The map is its own inverse.
constexpr uint32_t operand_position(uint32_t k) { return (k & ~127u) | (k & 7u) | (k >> 3 & 3u) << 5 | (k >> 5 & 3u) << 3; }

}  // namespace greta::gpu
