// The matrix instruction arranged for attention so that scores leave it as the operand of the second product, without a
// shuffle: NVIDIA multiplies Q * K^T and P * V, AMD K * Q^T and V^T * P^T (its result layout is the transpose of its operands').
// Keys of a 32-key block are dealt to the score tiles so that each lane ends with 8 consecutive keys a quarter.
#pragma once

#include "gpu/gx/mma.h"

namespace greta::gpu {

struct AttentionTile {
#if GX_ISA_AMD
  static constexpr int kKeys = 16, kTilesPerBlock = 2, kDims = 16, kQueryRows = 1;
  GX_DEVICE int key_of_row(int tile, int row) { return 8 * (row >> 2) + 4 * tile + (row & 3); }
  GX_DEVICE int my_key(int tile) { return key_of_row(tile, gx::Mma::row(0)); }                    // key this lane loads
  GX_DEVICE int result_key(int tile, int r) { return key_of_row(tile, gx::Mma::result_row(r)); }  // key of score r
  GX_DEVICE int my_query(int) { return gx::Mma::column(); }                                       // query row this lane loads
  GX_DEVICE int result_query(int r) { return gx::Mma::result_column(r); }
  GX_DEVICE int query_row(int) { return 0; }  // which of the lane's query rows result r is in
  GX_DEVICE int my_dim() { return gx::Mma::row(0); }
  GX_DEVICE int result_dim(int r) { return gx::Mma::result_row(r); }
  static constexpr int kReduceFrom = 16, kReduceTo = 32;  // xor masks that join the lanes of one query
#else
  static constexpr int kKeys = 8, kTilesPerBlock = 4, kDims = 8, kQueryRows = 2;
  GX_DEVICE int key_of_column(int tile, int column) { return 8 * (column >> 1) + 2 * tile + (column & 1); }
  GX_DEVICE int my_key(int tile) { return key_of_column(tile, gx::Mma::column()); }
  GX_DEVICE int result_key(int tile, int r) { return key_of_column(tile, gx::Mma::result_column(r)); }
  GX_DEVICE int my_query(int i) { return gx::Mma::row(i); }
  GX_DEVICE int result_query(int r) { return gx::Mma::result_row(r); }
  GX_DEVICE int query_row(int r) { return r >> 1; }
  GX_DEVICE int my_dim() { return gx::Mma::column(); }
  GX_DEVICE int result_dim(int r) { return gx::Mma::result_column(r); }
  static constexpr int kReduceFrom = 1, kReduceTo = 2;
#endif

  // One product step: `query` = this lane's query-side operand (two words for each of its query rows), `other` = keys or values.
  GX_DEVICE void multiply_add(gx::Mma::Accumulator& d, const uint32_t (&query)[kQueryRows][2], const uint32_t (&other)[2]) {
#if GX_ISA_AMD
    const uint32_t a[1][2] = {{other[0], other[1]}};
    gx::Mma::multiply_add(d, a, query[0]);
#else
    gx::Mma::multiply_add(d, query, other);
#endif
  }
};

// Running softmax state of one query.
struct Merge {
  float maximum, keep, take;  // new maximum; factors of the old sums and of the chunk's
};
GX_DEVICE Merge merge_chunk(float maximum, float chunk_maximum) {
  const float next = fmaxf(maximum, chunk_maximum);
  return {next, gx::exp2_fast(maximum - next), gx::exp2_fast(chunk_maximum - next)};
}
GX_DEVICE float merge_sum(const Merge& merge, float total, float chunk) { return gx::multiply_add(chunk, merge.take, total * merge.keep); }

}  // namespace greta::gpu
