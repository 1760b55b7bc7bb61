#include "gpu/kernels/weights.h"

#include "gpu/kernels/packed_record.h"

namespace greta::gpu {
namespace {

// A stored weight as scale * q + offset; floats as scale = 1 and the value in `offset`. (ggml-quants.c's formulas; products
// are exact in f32, the sum rounds once.)
struct Affine {
  int q;
  float scale, offset;
};

GX_DEVICE float read_half(const uint8_t* p) { return gx::half_to_float(static_cast<uint16_t>(p[0] | p[1] << 8)); }
GX_DEVICE uint32_t read_word(const uint8_t* p) { return p[0] | p[1] << 8 | p[2] << 16 | static_cast<uint32_t>(p[3]) << 24; }

// Six-bit scale and minimum of group j < 8 from the 12 packed bytes of Q4_K and Q5_K.
GX_DEVICE void six_bit_pair(const uint8_t* b, int j, int& scale, int& minimum) {
  if (j < 4) {
    scale = b[j] & 63, minimum = b[j + 4] & 63;
  } else {
    scale = (b[j + 4] & 15) | (b[j - 4] >> 6) << 4, minimum = b[j + 4] >> 4 | (b[j] >> 6) << 4;
  }
}

GX_DEVICE Affine affine_at(DType type, const uint8_t* row, uint32_t k) {
  const uint32_t in32 = k & 31, in256 = k & 255;
  const auto nibble16 = [&](const uint8_t* qs) { return in32 < 16 ? qs[in32] & 15 : qs[in32 - 16] >> 4; };
  switch (type) {
    case DType::f32:
      return {0, 1.0f, gx::bits_as<float>(read_word(row + 4 * k))};
    case DType::f16:
      return {0, 1.0f, read_half(row + 2 * k)};
    case DType::bf16:
      return {0, 1.0f, gx::bfloat_to_float(static_cast<uint16_t>(row[2 * k] | row[2 * k + 1] << 8))};
    case DType::q4_0: {
      const uint8_t* b = row + k / 32 * 18;
      const float d = read_half(b);
      return {nibble16(b + 2), d, -8.0f * d};
    }
    case DType::q4_1: {
      const uint8_t* b = row + k / 32 * 20;
      return {nibble16(b + 4), read_half(b), read_half(b + 2)};
    }
    case DType::q5_0: {
      const uint8_t* b = row + k / 32 * 22;
      const float d = read_half(b);
      return {nibble16(b + 6) | static_cast<int>(read_word(b + 2) >> in32 & 1) << 4, d, -16.0f * d};
    }
    case DType::q5_1: {
      const uint8_t* b = row + k / 32 * 24;
      return {nibble16(b + 8) | static_cast<int>(read_word(b + 4) >> in32 & 1) << 4, read_half(b), read_half(b + 2)};
    }
    case DType::q8_0: {
      const uint8_t* b = row + k / 32 * 34;
      return {static_cast<int8_t>(b[2 + in32]), read_half(b), 0.0f};
    }
    case DType::q2_k: {
      const uint8_t* b = row + k / 256 * 84;
      const int sc = b[in256 / 16];
      const int q = b[16 + in256 / 128 * 32 + in32] >> (2 * (in256 / 32 & 3)) & 3;
      return {q, read_half(b + 80) * (sc & 15), -(read_half(b + 82) * (sc >> 4))};
    }
    case DType::q3_k: {
      const uint8_t* b = row + k / 256 * 110;
      const int j = in256 / 16;
      const uint8_t* s = b + 96;
      const int low = j < 8 ? s[j] & 15 : s[j - 8] >> 4, top = s[8 + (j & 3)] >> (2 * (j / 4)) & 3;
      const int q = (b[32 + in256 / 128 * 32 + in32] >> (2 * (in256 / 32 & 3)) & 3) | (b[in32] >> (in256 / 32) & 1) << 2;
      const float scale = read_half(b + 108) * ((low | top << 4) - 32);
      return {q, scale, -4.0f * scale};
    }
    case DType::q4_k: {
      const uint8_t* b = row + k / 256 * 144;
      int sc, mn;
      six_bit_pair(b + 4, in256 / 32, sc, mn);
      const int byte = b[16 + in256 / 64 * 32 + in32];
      return {in256 / 32 & 1 ? byte >> 4 : byte & 15, read_half(b) * sc, -(read_half(b + 2) * mn)};
    }
    case DType::q5_k: {
      const uint8_t* b = row + k / 256 * 176;
      int sc, mn;
      six_bit_pair(b + 4, in256 / 32, sc, mn);
      const int byte = b[48 + in256 / 64 * 32 + in32];
      const int q = (in256 / 32 & 1 ? byte >> 4 : byte & 15) | (b[16 + in32] >> (in256 / 32) & 1) << 4;
      return {q, read_half(b) * sc, -(read_half(b + 2) * mn)};
    }
    case DType::q6_k: {
      const uint8_t* b = row + k / 256 * 210;
      const int half = in256 / 128, group = in256 / 32 & 3;
      const int byte = b[half * 64 + (group & 1) * 32 + in32];
      const int q = (group < 2 ? byte & 15 : byte >> 4) | (b[128 + half * 32 + in32] >> (2 * group) & 3) << 4;
      const float scale = read_half(b + 208) * static_cast<int8_t>(b[192 + in256 / 16]);
      return {q, scale, -32.0f * scale};
    }
  }
  return {0, 0.0f, 0.0f};
}
GX_DEVICE float value_of(const Affine& a) { return gx::multiply_add(static_cast<float>(a.q), a.scale, a.offset); }

GX_DEVICE uint32_t place_row(const RowPlacement& placement, uint32_t row) {
  const uint32_t half = placement.head_dim / 2;
  switch (placement.kind) {
    case RowPlacement::consecutive:
      return placement.base + row;
    case RowPlacement::half_split_to_interleaved: {
      const uint32_t head = row / placement.head_dim, in_head = row % placement.head_dim;
      return placement.base + head * placement.head_dim + in_head % half * 2 + in_head / half;
    }
    case RowPlacement::gate_of_pair:
      return placement.base + row / 8 * 16 + row % 8;
    case RowPlacement::up_of_pair:
      return placement.base + row / 8 * 16 + row % 8 + 8;
  }
  return 0;
}

// One thread: 32 consecutive weights of one stored row.
__global__ GX_BOUNDS(256, 1) void repack_kernel(RepackJob job, uint32_t row_stride, uint32_t groups) {
  const uint64_t index = uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (index >= uint64_t{groups} * job.row_count) return;
  const uint32_t row_in_job = static_cast<uint32_t>(index / groups), group = static_cast<uint32_t>(index % groups);
  const uint8_t* stored = job.source + uint64_t{row_in_job} * row_stride;
  const uint32_t packed = place_row(job.placement, job.first_row + row_in_job);
  const uint32_t k0 = group * 32, superblock = k0 / 256, h = k0 / 128 & 1, t = k0 / 32 & 3, row = packed % 16;
  const PackedFormat format = job.target.format;
  uint8_t* record = job.target.records + (uint64_t{packed / 16} * job.target.superblocks + superblock) * record_bytes(format);
  const uint32_t lane_block = ((h * 16 + row) * 4 + t) * 16, plane = plane_index(row, h, t);

  if (format == PackedFormat::f16) {
    for (uint32_t j = 0; j < 32 && k0 + j < job.columns; j++) {
      const uint32_t at = (((h * 4 + j / 8) * 16 + row) * 4 + t) * 16 + j % 8 * 2;
      *reinterpret_cast<uint16_t*>(record + at) = gx::float_to_half(value_of(affine_at(job.type, stored, k0 + j)));
    }
    return;
  }
  uint32_t nibbles[4] = {0, 0, 0, 0}, high[2] = {0, 0}, fifth = 0, pairs[2] = {0, 0};
  for (uint32_t j = 0; j < 32; j++) {
    const Affine a = affine_at(job.type, stored, k0 + j);
    if (j % 16 == 0) pairs[j / 16] = gx::floats_to_halves(a.scale, a.offset);
    if (format == PackedFormat::q8) {
      record[(((h * 2 + j / 16) * 16 + row) * 4 + t) * 16 + j % 16] = static_cast<uint8_t>(a.q + 128);
      continue;
    }
    const uint32_t pair = j / 2, odd = j & 1;
    nibbles[j / 8] |= static_cast<uint32_t>(a.q & 15) << (4 * (pair % 4) + 16 * odd);
    high[j / 16] |= static_cast<uint32_t>(a.q >> 4 & 3) << (2 * (pair % 8) + 16 * odd);
    fifth |= static_cast<uint32_t>(a.q >> 4 & 1) << (pair + 16 * odd);
  }
  if (format == PackedFormat::q8) {
    *reinterpret_cast<uint16_t*>(record + 4096 + plane * 2) = static_cast<uint16_t>(pairs[0]);
    return;
  }
  gx::store16(record + lane_block, gx::U4{{nibbles[0], nibbles[1], nibbles[2], nibbles[3]}});
  switch (format) {
    case PackedFormat::q4k:
      if (h == 0 && t == 0)
        for (uint32_t w = 0; w < 4; w++)
          *reinterpret_cast<uint32_t*>(record + 2048 + row * 16 + w * 4) = read_word(stored + superblock * 144 + w * 4);
      break;
    case PackedFormat::q6k: {
      const uint8_t* block = stored + superblock * 210;
      for (uint32_t w = 0; w < 2; w++) {
        *reinterpret_cast<uint32_t*>(record + 2048 + plane * 8 + w * 4) = high[w];
        record[3072 + plane * 2 + w] = block[192 + h * 8 + t * 2 + w];
      }
      if (h == 0 && t == 0) *reinterpret_cast<uint16_t*>(record + 3328 + row * 2) = static_cast<uint16_t>(block[208] | block[209] << 8);
      break;
    }
    case PackedFormat::b4:
      *reinterpret_cast<uint32_t*>(record + 2048 + plane * 4) = pairs[0];
      break;
    case PackedFormat::b4s:
      for (uint32_t w = 0; w < 2; w++) *reinterpret_cast<uint32_t*>(record + 2048 + plane * 8 + w * 4) = pairs[w];
      break;
    case PackedFormat::b5:
      *reinterpret_cast<uint32_t*>(record + 2048 + plane * 4) = fifth;
      *reinterpret_cast<uint32_t*>(record + 2560 + plane * 4) = pairs[0];
      break;
    default:
      break;
  }
}

// One wave: one record.
template <PackedFormat F>
__global__ GX_BOUNDS(256, 2) void unpack_kernel(const uint8_t* records, uint8_t* target, uint32_t record_count) {
  const uint32_t index = blockIdx.x * (blockDim.x / GX_WAVE) + gx::wave();
  if (index >= record_count) return;
  const uint8_t* record = records + uint64_t{index} * record_bytes(F);
  uint8_t* out = target + uint64_t{index} * record_bytes(PackedFormat::f16);
  Record<F> lane;
  Record<F>::load(lane, record, 0);
#pragma unroll
  for (int h = 0; h < 2; h++)
#pragma unroll
    for (int i = 0; i < gx::Mma::kRows; i++) {
      const Scale scale = Record<F>::scale(lane, i, h);
#pragma unroll
      for (int jj = 0; jj < 4; jj++) {
        uint32_t words[4];
        Record<F>::unpack(lane, scale, i, h, jj, words);
        gx::store16(out + (((h * 4 + jj) * 16 + gx::Mma::row(i)) * 4 + gx::Mma::quarter()) * 16, gx::U4{{words[0], words[1], words[2], words[3]}});
      }
    }
}

__global__ GX_BOUNDS(256, 1) void dequantize_kernel(const uint8_t* matrix, DType type, uint32_t matrix_rows, uint32_t row_stride, uint32_t columns,
                                                    const int32_t* rows, float* output) {
  gx::wait_for_predecessor();
  gx::let_successor_start();
  const uint32_t row = rows ? static_cast<uint32_t>(rows[blockIdx.y]) : blockIdx.y;
  const uint32_t k = blockIdx.x * blockDim.x + threadIdx.x;
  if (k >= columns) return;
  float value = NAN;
  if (row < matrix_rows) value = value_of(affine_at(type, matrix + uint64_t{row} * row_stride, k));
  output[uint64_t{blockIdx.y} * columns + k] = value;
}

}  // namespace

void repack_rows(const RepackJob& job, gx::Stream stream) {
  const uint32_t groups = (job.columns + 31) / 32;
  const uint64_t threads = uint64_t{groups} * job.row_count;
  gx::launch(repack_kernel, dim3(static_cast<unsigned>((threads + 255) / 256)), dim3(256), 0, stream, job,
             static_cast<uint32_t>(row_bytes(job.type, job.columns)), groups);
}

void unpack_to_f16(const PackedMatrix& matrix, uint32_t first_tile, uint32_t tiles, uint8_t* target, gx::Stream stream) {
  const uint32_t records = tiles * matrix.superblocks, waves = 256 / GX_WAVE;
  const uint8_t* source = matrix.records + uint64_t{first_tile} * matrix.superblocks * record_bytes(matrix.format);
  const auto run = [&](auto* kernel) { gx::launch(kernel, dim3((records + waves - 1) / waves), dim3(256), 0, stream, source, target, records); };
  switch (matrix.format) {
    case PackedFormat::f16:
      break;  // already what it should be
    case PackedFormat::q8:
      return run(unpack_kernel<PackedFormat::q8>);
    case PackedFormat::q4k:
      return run(unpack_kernel<PackedFormat::q4k>);
    case PackedFormat::q6k:
      return run(unpack_kernel<PackedFormat::q6k>);
    case PackedFormat::b4:
      return run(unpack_kernel<PackedFormat::b4>);
    case PackedFormat::b4s:
      return run(unpack_kernel<PackedFormat::b4s>);
    case PackedFormat::b5:
      return run(unpack_kernel<PackedFormat::b5>);
  }
}

void dequantize_rows(const uint8_t* matrix, DType type, uint32_t matrix_rows, uint32_t columns, const int32_t* rows, uint32_t row_count,
                     float* output, gx::Stream stream) {
  gx::launch_overlapped(dequantize_kernel, dim3((columns + 255) / 256, row_count), dim3(256), 0, stream, matrix, type, matrix_rows,
                        static_cast<uint32_t>(row_bytes(type, columns)), columns, rows, output);
}

}  // namespace greta::gpu
