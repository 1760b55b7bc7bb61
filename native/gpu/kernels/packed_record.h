// Device side of packed_format.h: what a lane loads of a record, and how it becomes f16 operands. The value of a weight is
// fma(q, f16(scale), f16(offset)) in f16, from exact q: the same bits wherever a weight is used, in a matrix-vector product
// or unpacked for a large one.
#pragma once

#include "gpu/gx/mma.h"
#include "gpu/kernels/packed_format.h"

namespace greta::gpu {

// Place of (row, k block h, quarter t) in the planes that hold a few bytes for each: a lane's own entries are neighbours.
GX_DEVICE uint32_t plane_index(uint32_t row, uint32_t h, uint32_t t) { return ((row & 7) * 4 + t) * 4 + (row >> 3) * 2 + h; }

// Bytes of a plane entry -> all entries of this lane, [row i][h], as words.
template <int EntryBytes>
struct PlaneWords {
  static constexpr int kWords = gx::Mma::kRows * 2 * EntryBytes / 4;
  uint32_t v[kWords];
  GX_DEVICE void load(PlaneWords& out, const uint8_t* plane) {
    const uint8_t* mine = plane + plane_index(gx::Mma::row(0), 0, gx::Mma::quarter()) * EntryBytes;
    if constexpr (kWords == 1) {
      out.v[0] = gx::stream4(mine);
    } else if constexpr (kWords == 2) {
      const gx::U2 w = gx::stream8(mine);
      out.v[0] = w.v[0], out.v[1] = w.v[1];
    } else {
#pragma unroll
      for (int part = 0; part < kWords / 4; part++) {
        const gx::U4 w = gx::stream16(mine + 16 * part);
#pragma unroll
        for (int j = 0; j < 4; j++) out.v[4 * part + j] = w.v[j];
      }
    }
  }
};

struct Scale {
  uint32_t multiply, add;  // the same half twice each
};

inline constexpr uint32_t kMinus1024 = 0xe400e400u, kMinus1056 = 0xe420e420u, kSixteenth = 0x2c002c00u, kMinus64 = 0xd400d400u, k1024 = 0x64006400u;

// Eight nibbles -> four pairs of exact halves 0..15. Weight j of eight is nibble j/2 + 4*(j%2).
GX_DEVICE void nibbles_to_halves(uint32_t word, uint32_t (&q)[4]) {
  const uint32_t high = word >> 8;
  q[0] = gx::half2_add((word & 0x000f000fu) | k1024, kMinus1024);
  q[1] = gx::half2_fma((word & 0x00f000f0u) | k1024, kSixteenth, kMinus64);
  q[2] = gx::half2_add((high & 0x000f000fu) | k1024, kMinus1024);
  q[3] = gx::half2_fma((high & 0x00f000f0u) | k1024, kSixteenth, kMinus64);
}

template <PackedFormat F>
struct Record;

struct NibblePlane {
  gx::U4 words[gx::Mma::kRows][2];
  GX_DEVICE void load(NibblePlane& out, const uint8_t* record) {
#pragma unroll
    for (int h = 0; h < 2; h++)
#pragma unroll
      for (int i = 0; i < gx::Mma::kRows; i++) out.words[i][h] = gx::stream16(record + ((h * 16 + gx::Mma::row(i)) * 4 + gx::Mma::quarter()) * 16);
  }
};

// kHalves: k blocks of 128 that one load() brings (2, or 1 where a whole record would fill the registers).
template <>
struct Record<PackedFormat::f16> {
  static constexpr int kHalves = 1;
  gx::U4 words[gx::Mma::kRows][4];
  GX_DEVICE void load(Record& out, const uint8_t* record, int h) {
#pragma unroll
    for (int jj = 0; jj < 4; jj++)
#pragma unroll
      for (int i = 0; i < gx::Mma::kRows; i++)
        out.words[i][jj] = gx::stream16(record + (((h * 4 + jj) * 16 + gx::Mma::row(i)) * 4 + gx::Mma::quarter()) * 16);
  }
  GX_DEVICE Scale scale(const Record&, int, int) { return {0, 0}; }
  GX_DEVICE void unpack(const Record& in, const Scale&, int i, int, int jj, uint32_t (&out)[4]) {
#pragma unroll
    for (int j = 0; j < 4; j++) out[j] = in.words[i][jj].v[j];
  }
};

template <>
struct Record<PackedFormat::q8> {
  static constexpr int kHalves = 2;
  gx::U4 words[gx::Mma::kRows][2][2];
  PlaneWords<2> scales;
  GX_DEVICE void load(Record& out, const uint8_t* record, int) {
#pragma unroll
    for (int h = 0; h < 2; h++)
#pragma unroll
      for (int u = 0; u < 2; u++)
#pragma unroll
        for (int i = 0; i < gx::Mma::kRows; i++)
          out.words[i][h][u] = gx::stream16(record + (((h * 2 + u) * 16 + gx::Mma::row(i)) * 4 + gx::Mma::quarter()) * 16);
    PlaneWords<2>::load(out.scales, record + 4096);
  }
  GX_DEVICE Scale scale(const Record& in, int i, int h) { return {h ? gx::broadcast_high(in.scales.v[i]) : gx::broadcast_low(in.scales.v[i]), 0}; }
  GX_DEVICE void unpack(const Record& in, const Scale& s, int i, int h, int jj, uint32_t (&out)[4]) {
    const gx::U4& block = in.words[i][h][jj >> 1];
#pragma unroll
    for (int j = 0; j < 4; j++) {
      // Stored as q + 128, so that 1024 + byte is a half: two bytes to two halves, then minus 1152.
      const uint32_t word = block.v[(jj & 1) * 2 + (j >> 1)] >> (16 * (j & 1));
      const uint32_t pair = (word & 0xffu) | (word & 0xff00u) << 8 | k1024;
      out[j] = gx::half2_multiply(gx::half2_add(pair, 0xe480e480u), s.multiply);
    }
  }
};

template <>
struct Record<PackedFormat::q4k> {
  static constexpr int kHalves = 2;
  NibblePlane nibbles;
  gx::U4 headers[gx::Mma::kRows];
  GX_DEVICE void load(Record& out, const uint8_t* record, int) {
    NibblePlane::load(out.nibbles, record);
#pragma unroll
    for (int i = 0; i < gx::Mma::kRows; i++) out.headers[i] = gx::stream16(record + 2048 + gx::Mma::row(i) * 16);
  }
  // Six-bit scale and minimum of group 4h + t: ggml's packing, without a branch on the lane.
  GX_DEVICE Scale scale(const Record& in, int i, int h) {
    const uint32_t* b = in.headers[i].v;
    const int shift = 8 * gx::Mma::quarter();
    uint32_t sc = h ? (b[3] & 0x0f0f0f0fu) | (b[1] >> 2 & 0x30303030u) : b[1] & 0x3f3f3f3fu;
    uint32_t mn = h ? (b[3] >> 4 & 0x0f0f0f0fu) | (b[2] >> 2 & 0x30303030u) : b[2] & 0x3f3f3f3fu;
    sc = sc >> shift & 0xffu, mn = mn >> shift & 0xffu;
    const uint32_t factors = gx::half2_add(sc | mn << 16 | k1024, kMinus1024);
    const uint32_t product = gx::half2_multiply(factors, b[0] ^ 0x80000000u);  // (d, -dmin)
    return {gx::broadcast_low(product), gx::broadcast_high(product)};
  }
  GX_DEVICE void unpack(const Record& in, const Scale& s, int i, int h, int jj, uint32_t (&out)[4]) {
    nibbles_to_halves(in.nibbles.words[i][h].v[jj], out);
#pragma unroll
    for (int j = 0; j < 4; j++) out[j] = gx::half2_fma(out[j], s.multiply, s.add);
  }
};

template <>
struct Record<PackedFormat::q6k> {
  static constexpr int kHalves = 2;
  NibblePlane nibbles;
  PlaneWords<8> high;
  PlaneWords<2> scales;
  uint32_t d[gx::Mma::kRows];
  GX_DEVICE void load(Record& out, const uint8_t* record, int) {
    NibblePlane::load(out.nibbles, record);
    PlaneWords<8>::load(out.high, record + 2048);
    PlaneWords<2>::load(out.scales, record + 3072);
#pragma unroll
    for (int i = 0; i < gx::Mma::kRows; i++) out.d[i] = *reinterpret_cast<const uint16_t*>(record + 3328 + gx::Mma::row(i) * 2);
  }
  GX_DEVICE Scale scale(const Record& in, int i, int h) {
    const uint32_t pair = in.scales.v[i] >> (16 * h);
    const float d = gx::half_to_float(static_cast<uint16_t>(in.d[i]));
    return {gx::floats_to_halves(d * static_cast<float>(static_cast<int8_t>(pair)), d * static_cast<float>(static_cast<int8_t>(pair >> 8))), 0};
  }
  GX_DEVICE void unpack(const Record& in, const Scale& s, int i, int h, int jj, uint32_t (&out)[4]) {
    const uint32_t low = in.nibbles.words[i][h].v[jj], high = in.high.v[(i * 2 + h) * 2 + (jj >> 1)];
    const uint32_t multiply = jj < 2 ? gx::broadcast_low(s.multiply) : gx::broadcast_high(s.multiply);
#pragma unroll
    for (int j = 0; j < 4; j++) {
      const int at = 2 * ((jj & 1) * 4 + j);  // bits of this pair in each half of the high word
      const uint32_t top = (at >= 4 ? high >> (at - 4) : high << (4 - at)) & 0x00300030u;
      out[j] = gx::half2_multiply(gx::half2_add((low >> (4 * j) & 0x000f000fu) | top | k1024, kMinus1056), multiply);
    }
  }
};

template <>
struct Record<PackedFormat::b4> {
  static constexpr int kHalves = 2;
  NibblePlane nibbles;
  PlaneWords<4> scales;
  GX_DEVICE void load(Record& out, const uint8_t* record, int) {
    NibblePlane::load(out.nibbles, record);
    PlaneWords<4>::load(out.scales, record + 2048);
  }
  GX_DEVICE Scale scale(const Record& in, int i, int h) {
    return {gx::broadcast_low(in.scales.v[i * 2 + h]), gx::broadcast_high(in.scales.v[i * 2 + h])};
  }
  GX_DEVICE void unpack(const Record& in, const Scale& s, int i, int h, int jj, uint32_t (&out)[4]) {
    nibbles_to_halves(in.nibbles.words[i][h].v[jj], out);
#pragma unroll
    for (int j = 0; j < 4; j++) out[j] = gx::half2_fma(out[j], s.multiply, s.add);
  }
};

template <>
struct Record<PackedFormat::b4s> {
  static constexpr int kHalves = 2;
  NibblePlane nibbles;
  PlaneWords<8> scales;
  GX_DEVICE void load(Record& out, const uint8_t* record, int) {
    NibblePlane::load(out.nibbles, record);
    PlaneWords<8>::load(out.scales, record + 2048);
  }
  GX_DEVICE Scale scale(const Record&, int, int) { return {0, 0}; }
  GX_DEVICE void unpack(const Record& in, const Scale&, int i, int h, int jj, uint32_t (&out)[4]) {
    const uint32_t pair = in.scales.v[(i * 2 + h) * 2 + (jj >> 1)];
    nibbles_to_halves(in.nibbles.words[i][h].v[jj], out);
#pragma unroll
    for (int j = 0; j < 4; j++) out[j] = gx::half2_fma(out[j], gx::broadcast_low(pair), gx::broadcast_high(pair));
  }
};

template <>
struct Record<PackedFormat::b5> {
  static constexpr int kHalves = 2;
  NibblePlane nibbles;
  PlaneWords<4> fifth, scales;
  GX_DEVICE void load(Record& out, const uint8_t* record, int) {
    NibblePlane::load(out.nibbles, record);
    PlaneWords<4>::load(out.fifth, record + 2048);
    PlaneWords<4>::load(out.scales, record + 2560);
  }
  GX_DEVICE Scale scale(const Record& in, int i, int h) {
    return {gx::broadcast_low(in.scales.v[i * 2 + h]), gx::broadcast_high(in.scales.v[i * 2 + h])};
  }
  GX_DEVICE void unpack(const Record& in, const Scale& s, int i, int h, int jj, uint32_t (&out)[4]) {
    const uint32_t low = in.nibbles.words[i][h].v[jj], fifth = in.fifth.v[i * 2 + h];
#pragma unroll
    for (int j = 0; j < 4; j++) {
      const int at = jj * 4 + j;
      const uint32_t top = (at >= 4 ? fifth >> (at - 4) : fifth << (4 - at)) & 0x00100010u;
      const uint32_t q = gx::half2_add((low >> (4 * j) & 0x000f000fu) | top | k1024, kMinus1024);
      out[j] = gx::half2_fma(q, s.multiply, s.add);
    }
  }
};

}  // namespace greta::gpu
