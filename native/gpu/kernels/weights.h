// Kernels that prepare weights: repack of stored rows into records, unpack of records to f16 records (the operand of large
// products), and exact dequantisation of single rows.
#pragma once

#include "gpu/gx/gx.h"
#include "gpu/kernels/packed_format.h"

namespace greta::gpu {

// Packs `row_count` stored rows (raw blocks, on the device), the first being row `first_row` of its matrix. The records were zeroed.
struct RepackJob {
  const uint8_t* source;
  DType type;
  uint32_t first_row, row_count, columns;
  RowPlacement placement;
  PackedMatrix target;
};
void repack_rows(const RepackJob& job, gx::Stream stream);

// f16 records of row tiles [first_tile, first_tile + tiles) of `matrix`, at `target`.
void unpack_to_f16(const PackedMatrix& matrix, uint32_t first_tile, uint32_t tiles, uint8_t* target, gx::Stream stream);

// output[i] = exact f32 weights of row rows[i] (device memory) of a stored matrix. rows == null: row i. A row id outside the
// matrix gives NaN.
void dequantize_rows(const uint8_t* matrix, DType type, uint32_t matrix_rows, uint32_t columns, const int32_t* rows, uint32_t row_count,
                     float* output, gx::Stream stream);

}  // namespace greta::gpu
