// Matrix product of activations with a stored weight matrix.
#pragma once

#include <cstdint>

#include "base/weight_view.h"

namespace greta::ops {

// The stored row that holds logical row `row` of a matrix (RowOrder in backend.h).
constexpr uint32_t stored_row(RowOrder order, uint32_t row, uint32_t head_dim) {
  if (order == RowOrder::as_stored) return row;
  const uint32_t within = row % head_dim;
  return row - within + within / 2 + (within % 2) * (head_dim / 2);
}

// First byte of logical row `row`.
inline const unsigned char* weight_row(const WeightView& weight, uint32_t row, uint32_t head_dim) {
  return static_cast<const unsigned char*>(weight.data) + row_bytes(weight.type, weight.cols) * stored_row(weight.row_order, row, head_dim);
}

// Input rows for which a weight row is expanded once, and weight rows that are expanded together (an even number).
constexpr uint32_t kMatmulTokens = 32, kMatmulRows = 8;
constexpr uint64_t matmul_scratch_doubles(uint64_t cols) { return cols * (kMatmulRows / 2 + kMatmulTokens); }

// y[t, r] = sum_c w[r, c] * x[t, c] for r in [row_begin, row_end).
// x: (tokens, w.cols) f32. scratch: matmul_scratch_doubles(w.cols) f64. y: tokens rows at `y_stride` floats. Accumulates in
// f64 over c ascending and rounds once, however many tokens there are.
void matmul(const WeightView& weight, uint32_t head_dim, const float* x, uint32_t tokens, uint32_t row_begin, uint32_t row_end, double* scratch,
            float* y, uint64_t y_stride);

}  // namespace greta::ops
