// Tensor element types and the packed blocks they are stored in. Ids are GGUF's (ggml docs/gguf.md); the block layouts are
// ggml's (src/ggml-common.h), little-endian. Everything here is a fact about a file format: do not reorder.
#pragma once

#include <cstddef>
#include <cstdint>

namespace greta {

enum class DType : uint32_t {
  f32 = 0,
  f16 = 1,
  q4_0 = 2,
  q4_1 = 3,
  q5_0 = 6,
  q5_1 = 7,
  q8_0 = 8,
  q2_k = 10,
  q3_k = 11,
  q4_k = 12,
  q5_k = 13,
  q6_k = 14,
  bf16 = 30,
};

using HalfBits = uint16_t;  // IEEE 754 binary16, as bits

struct BlockQ4_0 {
  HalfBits d;  // w[j] = (low nibble of qs[j] - 8) * d; w[j+16] = (high nibble - 8) * d
  uint8_t qs[16];
};
struct BlockQ4_1 {
  HalfBits d, m;  // w = q * d + m
  uint8_t qs[16];
};
struct BlockQ5_0 {
  HalfBits d;
  uint8_t qh[4];  // little-endian u32: fifth bit of w[j] is bit j, of w[j+16] is bit j+16
  uint8_t qs[16];
};
struct BlockQ5_1 {
  HalfBits d, m;
  uint8_t qh[4];
  uint8_t qs[16];
};
struct BlockQ8_0 {
  HalfBits d;
  int8_t qs[32];
};
struct BlockQ2_K {
  uint8_t scales[16];  // low 4 bits scale, high 4 bits min, one byte for each group of 16
  uint8_t qs[64];
  HalfBits d, dmin;
};
struct BlockQ3_K {
  uint8_t hmask[32];
  uint8_t qs[64];
  uint8_t scales[12];  // 16 six-bit scales, biased by 32
  HalfBits d;
};
struct BlockQ4_K {
  HalfBits d, dmin;
  uint8_t scales[12];  // 8 pairs of six-bit (scale, min)
  uint8_t qs[128];     // for each 64 weights 32 bytes: low nibbles the first 32, high nibbles the next 32
};
struct BlockQ5_K {
  HalfBits d, dmin;
  uint8_t scales[12];
  uint8_t qh[32];
  uint8_t qs[128];
};
struct BlockQ6_K {
  uint8_t ql[128];
  uint8_t qh[64];
  int8_t scales[16];
  HalfBits d;
};

static_assert(sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_1) == 20 && sizeof(BlockQ5_0) == 22 && sizeof(BlockQ5_1) == 24);
static_assert(sizeof(BlockQ8_0) == 34 && sizeof(BlockQ2_K) == 84 && sizeof(BlockQ3_K) == 110 && sizeof(BlockQ4_K) == 144);
static_assert(sizeof(BlockQ5_K) == 176 && sizeof(BlockQ6_K) == 210);

struct DTypeFacts {
  DType type;
  const char* name;        // "Q4_K", as people write it
  uint32_t block_weights;  // weights in a block; a row is a whole number of blocks
  uint32_t block_bytes;
};

inline constexpr DTypeFacts kDTypes[] = {
    {DType::f32, "F32", 1, 4},       {DType::f16, "F16", 1, 2},       {DType::bf16, "BF16", 1, 2},     {DType::q4_0, "Q4_0", 32, 18},
    {DType::q4_1, "Q4_1", 32, 20},   {DType::q5_0, "Q5_0", 32, 22},   {DType::q5_1, "Q5_1", 32, 24},   {DType::q8_0, "Q8_0", 32, 34},
    {DType::q2_k, "Q2_K", 256, 84},  {DType::q3_k, "Q3_K", 256, 110}, {DType::q4_k, "Q4_K", 256, 144}, {DType::q5_k, "Q5_K", 256, 176},
    {DType::q6_k, "Q6_K", 256, 210},
};

// Null for an id that this engine does not know.
constexpr const DTypeFacts* dtype_facts(DType type) {
  for (const DTypeFacts& facts : kDTypes)
    if (facts.type == type) return &facts;
  return nullptr;
}

// Bytes of one row of `cols` weights; 0 when the type is unknown or cols is not a whole number of blocks.
constexpr uint64_t row_bytes(DType type, uint64_t cols) {
  const DTypeFacts* facts = dtype_facts(type);
  if (facts == nullptr || cols % facts->block_weights != 0) return 0;
  return cols / facts->block_weights * facts->block_bytes;
}

}  // namespace greta
