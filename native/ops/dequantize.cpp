#include "ops/dequantize.h"

#include <cstring>

#include "base/half.h"

namespace greta::ops {
namespace {

void expand_block(const BlockQ4_0& block, float* output) {
  const float d = half_to_float(block.d);
  for (int j = 0; j < 16; ++j) {
    output[j] = static_cast<float>((block.qs[j] & 15) - 8) * d;
    output[j + 16] = static_cast<float>((block.qs[j] >> 4) - 8) * d;
  }
}

void expand_block(const BlockQ4_1& block, float* output) {
  const float d = half_to_float(block.d), m = half_to_float(block.m);
  for (int j = 0; j < 16; ++j) {
    output[j] = static_cast<float>(block.qs[j] & 15) * d + m;
    output[j + 16] = static_cast<float>(block.qs[j] >> 4) * d + m;
  }
}

uint32_t fifth_bits(const uint8_t (&qh)[4]) { return qh[0] | (qh[1] << 8) | (qh[2] << 16) | (static_cast<uint32_t>(qh[3]) << 24); }

void expand_block(const BlockQ5_0& block, float* output) {
  const float d = half_to_float(block.d);
  const uint32_t high = fifth_bits(block.qh);
  for (int j = 0; j < 16; ++j) {
    const int low_quant = static_cast<int>((block.qs[j] & 15) | (((high >> j) & 1) << 4));
    const int high_quant = static_cast<int>((block.qs[j] >> 4) | (((high >> (j + 16)) & 1) << 4));
    output[j] = static_cast<float>(low_quant - 16) * d;
    output[j + 16] = static_cast<float>(high_quant - 16) * d;
  }
}

void expand_block(const BlockQ5_1& block, float* output) {
  const float d = half_to_float(block.d), m = half_to_float(block.m);
  const uint32_t high = fifth_bits(block.qh);
  for (int j = 0; j < 16; ++j) {
    output[j] = static_cast<float>((block.qs[j] & 15u) | (((high >> j) & 1) << 4)) * d + m;
    output[j + 16] = static_cast<float>((block.qs[j] >> 4) | (((high >> (j + 16)) & 1) << 4)) * d + m;
  }
}

void expand_block(const BlockQ8_0& block, float* output) {
  const float d = half_to_float(block.d);
  for (int j = 0; j < 32; ++j) output[j] = static_cast<float>(block.qs[j]) * d;
}

void expand_block(const BlockQ2_K& block, float* output) {
  const float d = half_to_float(block.d), dmin = half_to_float(block.dmin);
  for (int i = 0; i < 256; ++i) {
    const int group = i / 16;  // weight i: 128-half i/128, bit pair (i%128)/32, byte i%32
    const float scale = d * static_cast<float>(block.scales[group] & 15), minimum = dmin * static_cast<float>(block.scales[group] >> 4);
    const int quant = (block.qs[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3;
    output[i] = scale * static_cast<float>(quant) - minimum;
  }
}

void expand_block(const BlockQ3_K& block, float* output) {
  const float d = half_to_float(block.d);
  for (int i = 0; i < 256; ++i) {
    const float scale = d * static_cast<float>(unpack_q3_scale(block.scales, i / 16));
    const int low = (block.qs[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3;
    const int has_high = (block.hmask[i % 32] >> (i / 32)) & 1;
    output[i] = scale * static_cast<float>(low - (has_high ? 0 : 4));
  }
}

void expand_block(const BlockQ4_K& block, float* output) {
  const float d = half_to_float(block.d), dmin = half_to_float(block.dmin);
  for (int group = 0; group < 8; ++group) {
    const ScaleMinimum packed = unpack_scale_minimum(block.scales, group);
    const float scale = d * static_cast<float>(packed.scale), minimum = dmin * static_cast<float>(packed.minimum);
    for (int l = 0; l < 32; ++l) {
      const int quant = (block.qs[group / 2 * 32 + l] >> (group % 2 * 4)) & 15;
      output[group * 32 + l] = scale * static_cast<float>(quant) - minimum;
    }
  }
}

void expand_block(const BlockQ5_K& block, float* output) {
  const float d = half_to_float(block.d), dmin = half_to_float(block.dmin);
  for (int group = 0; group < 8; ++group) {
    const ScaleMinimum packed = unpack_scale_minimum(block.scales, group);
    const float scale = d * static_cast<float>(packed.scale), minimum = dmin * static_cast<float>(packed.minimum);
    for (int l = 0; l < 32; ++l) {
      const int quant = ((block.qs[group / 2 * 32 + l] >> (group % 2 * 4)) & 15) | (((block.qh[l] >> group) & 1) << 4);
      output[group * 32 + l] = scale * static_cast<float>(quant) - minimum;
    }
  }
}

void expand_block(const BlockQ6_K& block, float* output) {
  const float d = half_to_float(block.d);
  for (int i = 0; i < 256; ++i) {
    const int half = i / 128, quarter = i % 128 / 32, l = i % 32;
    const int low = (block.ql[half * 64 + quarter % 2 * 32 + l] >> (quarter / 2 * 4)) & 15;
    const int high = (block.qh[half * 32 + l] >> (quarter * 2)) & 3;
    output[i] = d * static_cast<float>(block.scales[i / 16]) * static_cast<float>((low | (high << 4)) - 32);
  }
}

template <typename Block>
void expand_blocks(const void* source, uint64_t count, uint32_t block_weights, float* output) {
  const auto* bytes = static_cast<const unsigned char*>(source);
  for (uint64_t i = 0; i < count / block_weights; ++i) {
    Block block;  // copied because blocks in a file need not be aligned
    std::memcpy(&block, bytes + i * sizeof(Block), sizeof(Block));
    expand_block(block, output + i * block_weights);
  }
}

}  // namespace

void dequantize(DType type, const void* source, uint64_t count, float* output) {
  const auto* bytes = static_cast<const unsigned char*>(source);
  switch (type) {
    case DType::f32:
      if (count != 0) std::memcpy(output, source, count * 4);
      return;
    case DType::f16:
    case DType::bf16:
      for (uint64_t i = 0; i < count; ++i) {
        uint16_t bits;
        std::memcpy(&bits, bytes + i * 2, 2);
        output[i] = type == DType::f16 ? half_to_float(bits) : bf16_to_float(bits);
      }
      return;
    case DType::q4_0:
      return expand_blocks<BlockQ4_0>(source, count, 32, output);
    case DType::q4_1:
      return expand_blocks<BlockQ4_1>(source, count, 32, output);
    case DType::q5_0:
      return expand_blocks<BlockQ5_0>(source, count, 32, output);
    case DType::q5_1:
      return expand_blocks<BlockQ5_1>(source, count, 32, output);
    case DType::q8_0:
      return expand_blocks<BlockQ8_0>(source, count, 32, output);
    case DType::q2_k:
      return expand_blocks<BlockQ2_K>(source, count, 256, output);
    case DType::q3_k:
      return expand_blocks<BlockQ3_K>(source, count, 256, output);
    case DType::q4_k:
      return expand_blocks<BlockQ4_K>(source, count, 256, output);
    case DType::q5_k:
      return expand_blocks<BlockQ5_K>(source, count, 256, output);
    case DType::q6_k:
      return expand_blocks<BlockQ6_K>(source, count, 256, output);
  }
}

}  // namespace greta::ops
