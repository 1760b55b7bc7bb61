// One matrix product with its epilogue, the same description for one token (matvec) and many (matmul). The arithmetic of an
// output is the same in both: its inputs are cut into eight runs of superblocks [n*w/8, n*(w+1)/8), each run is one chain of
// matrix instructions from zero in ascending order, and the runs are added in order.
#pragma once

#include "gpu/gx/gx.h"
#include "gpu/kernels/packed_format.h"
#include "gpu/kernels/progress.h"

namespace greta::gpu {

enum class Epilogue : uint32_t {
  store,     // output[token][segment.output_offset + row] = product + bias
  residual,  // output[token][row] += product
  silu,      // rows are gate/up pairs (8 and 8): output_f16[token][operand_position(i)] = silu(gate_i) * up_i
};

struct OutputSegment {
  uint32_t first_row, rows;  // packed rows of this segment, counted over both stacks
  uint32_t output_offset;
  const float* bias;  // null = none
};

struct MatrixJob {
  PackedMatrix stack[2];  // the second may be empty (tiles 0); both have the same superblocks
  OutputSegment segments[3];
  uint32_t segment_count;
  uint32_t first_packed_row;  // matmul: number of stack[0]'s first row among the packed rows
  uint32_t tokens;

  // Input: f16 in operand order, rows of superblocks * 256; or, for one token, an f32 row that is RMS-normalised on the way.
  const uint16_t* input;
  const float* norm_input;  // null = take `input`
  const float* norm_weight;
  uint32_t norm_columns;
  float norm_epsilon;

  float* output;  // f32, rows of output_stride
  uint32_t output_stride;
  uint16_t* output_f16;  // silu
  uint32_t output_f16_stride;

  // Copies for the trace; null = not wanted. Rows of trace_stride floats.
  float *trace_norm, *trace_product, *trace_output, *trace_gate, *trace_up, *trace_act;
  uint32_t trace_stride;
  Progress progress;

  uint32_t total_tiles() const { return stack[0].tiles + stack[1].tiles; }
};

// One token. blocks = thread blocks of the persistent grid.
void matvec(const MatrixJob& job, Epilogue epilogue, uint32_t blocks, gx::Stream stream);
// Many tokens; stack[0] must be f16 records (unpack_to_f16), stack[1] empty.
void matmul(const MatrixJob& job, Epilogue epilogue, gx::Stream stream);
// Once per process, before the first launch: large LDS on NVIDIA.
hipError_t prepare_matrix_kernels();

}  // namespace greta::gpu
