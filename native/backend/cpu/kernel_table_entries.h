// The one list of entries of a KernelTable; included last by every kernels_*.cpp.
#pragma once

#include "backend/cpu/attention_kernels.h"
#include "backend/cpu/kernel_table.h"
#include "backend/cpu/product_kernels.h"
#include "backend/cpu/row_kernels.h"

namespace greta::cpu {
namespace {

constexpr KernelTable make_table(const char* name) {
  return {name,
          Simd::kLanes,
          {type_kernels<DecodeF32>(), type_kernels<DecodeF16>(), type_kernels<DecodeBF16>(), type_kernels<DecodeQ4_0>(), type_kernels<DecodeQ4_1>(),
           type_kernels<DecodeQ5_0>(), type_kernels<DecodeQ5_1>(), type_kernels<DecodeQ8_0>(), type_kernels<DecodeQ2_K>(), type_kernels<DecodeQ3_K>(),
           type_kernels<DecodeQ4_K>(), type_kernels<DecodeQ5_K>(), type_kernels<DecodeQ6_K>()},
          panel_product,
          reduce_lanes,
          attention_chunk,
          halves_to_floats,
          rms_norm_row,
          swiglu_rows,
          add_rows,
          statistics_row,
          rope_row};
}

}  // namespace
}  // namespace greta::cpu
