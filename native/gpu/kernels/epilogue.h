// What happens to a finished output value; shared by matvec and matmul so that both do the same.
#pragma once

#include "gpu/kernels/matrix_job.h"
#include "gpu/kernels/reduce.h"

namespace greta::gpu {

GX_DEVICE uint32_t run_begin(uint32_t superblocks, uint32_t run) { return superblocks * run / kWaves; }

GX_DEVICE void finish_output(const MatrixJob& job, Epilogue epilogue, uint32_t token, uint32_t packed_row, float product) {
  for (uint32_t s = 0; s < job.segment_count; s++) {
    const OutputSegment& segment = job.segments[s];
    const uint32_t row = packed_row - segment.first_row;
    if (packed_row < segment.first_row || row >= segment.rows) continue;
    if (epilogue == Epilogue::store) {
      const float value = segment.bias ? product + segment.bias[row] : product;
      job.output[uint64_t{token} * job.output_stride + segment.output_offset + row] = value;
    } else {
      float* residual = job.output + uint64_t{token} * job.output_stride + row;
      const float sum = *residual + product;
      *residual = sum;
      if (job.trace_product) job.trace_product[uint64_t{token} * job.trace_stride + row] = product;
      if (job.trace_output) job.trace_output[uint64_t{token} * job.trace_stride + row] = sum;
    }
    return;
  }
}
// `pair` counts gate/up pairs.
GX_DEVICE void finish_pair(const MatrixJob& job, uint32_t token, uint32_t pair, float gate, float up) {
  if (pair >= job.segments[0].rows) return;
  const float value = silu_times(gate, up);
  job.output_f16[uint64_t{token} * job.output_f16_stride + operand_position(pair)] = gx::float_to_half(value);
  if (!job.trace_act) return;
  job.trace_gate[uint64_t{token} * job.trace_stride + pair] = gate;
  job.trace_up[uint64_t{token} * job.trace_stride + pair] = up;
  job.trace_act[uint64_t{token} * job.trace_stride + pair] = value;
}

}  // namespace greta::gpu
