// Small kernels over rows: single operations (sum, SiLU) and the edits that plant deliberate faults (backend.h).
#pragma once

#include "gpu/gx/gx.h"

namespace greta::gpu {

// output[i] = a[i] + b[i], rows of `columns` with their own strides; `output_copy` may be null.
struct AddRows {
  const float *a, *b;
  float *output, *output_copy;
  uint32_t a_stride, b_stride, output_stride, copy_stride, columns;
};
void add_rows(const AddRows& job, uint32_t rows, gx::Stream stream);

// act = silu(gate) * up in f32 (rows of f32_stride) and, where not null, as f16 in operand order.
void silu_rows(const float* gate, const float* up, uint32_t columns, uint32_t rows, uint32_t f32_stride, float* act, uint16_t* operand,
               uint32_t operand_stride, gx::Stream stream);

// Element `column` of every row becomes fma(x - bias[0], factor, bias[0]); bias null = 0.
void scale_column(float* data, uint32_t stride, uint32_t column, uint32_t rows, float factor, const float* bias, gx::Stream stream);

// Inputs [begin, end) of f16 rows in operand order become 0.
void zero_inputs(uint16_t* operand, uint32_t stride, uint32_t begin, uint32_t end, uint32_t rows, gx::Stream stream);

// Each non-null place becomes a quiet NaN; `count`, where not null, is increased.
struct NanPlaces {
  float* f32[3];
  uint16_t* f16;
  uint32_t* count;
};
void set_nan(const NanPlaces& places, gx::Stream stream);

}  // namespace greta::gpu
