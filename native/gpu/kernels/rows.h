// Kernels over rows: RMSNorm, argmax, the trace's statistics and hashes, and small operand conversions.
#pragma once

#include "base/trace_stats.h"
#include "gpu/gx/gx.h"
#include "gpu/kernels/attention.h"

namespace greta::gpu {

// Row t: f16 operand order (rows of operand_stride) and, where not null, f32 (rows of f32_stride). columns % 4 == 0.
void norm_rows(const float* input, const float* weight, uint32_t columns, float epsilon, uint32_t rows, uint16_t* operand, uint32_t operand_stride,
               float* f32, uint32_t f32_stride, gx::Stream stream);
// f32 rows -> f16 operand order.
void to_operand(const float* input, uint32_t columns, uint32_t rows, uint16_t* operand, uint32_t operand_stride, gx::Stream stream);

// Index of the largest value, the lowest on ties; NaN never wins. Writes it to state->token; with `list`, also appends it
// there and moves on to the next position.
void argmax_advance(const float* logits, uint32_t count, DecodeState* state, int32_t* list, gx::Stream stream);

// Where a trace point's rows are.
struct TraceRows {
  const float* data;
  uint32_t width, stride;
  uint32_t column;  // trace index
  uint32_t first_row, rows;
};
// stats/hashes: (rows, columns); null = not wanted. `points` is device memory.
void trace_rows(const TraceRows* points, uint32_t point_count, uint32_t rows, uint32_t columns, TraceStats* stats, uint64_t* hashes,
                gx::Stream stream);

}  // namespace greta::gpu
