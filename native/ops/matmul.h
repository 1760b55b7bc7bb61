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

// y[t, r] = sum_c w[r, c] * x[t, c] for r in [row_begin, row_end).
// x: (tokens, w.cols) f32. y: tokens rows at `y_stride` floats. row_scratch: w.cols f32. Accumulates in f64 over c ascending
// and rounds once.
void matmul(const WeightView& weight, uint32_t head_dim, const float* x, uint32_t tokens, uint32_t row_begin, uint32_t row_end, float* row_scratch,
            float* y, uint64_t y_stride);

}  // namespace greta::ops
