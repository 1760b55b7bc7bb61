// The matrix instruction, as every matrix product of this backend uses it: D[16 rows][kColumns] += A[16][16] * B[16][kColumns],
// f16 operands, f32 accumulators. A is weights (or queries), B is activations (or keys): one instruction and one operand
// order everywhere, so that a column's result does not depend on how many columns there are.
//
// Both instructions give each lane a "quarter" q of the 16 products' k axis, with four elements e = 0..3 in it; which real k
// a (quarter, element) means is free as long as A and B agree. A lane holds kRows rows of A (its share: four elements each)
// and one column of B.
//   AMD  v_mfma_f32_16x16x16_f16     row = lane % 16, quarter = lane / 16, column = lane % 16; 16 columns
//   NVIDIA  mma.sync.m16n8k16         rows = lane / 4 and lane / 4 + 8, quarter = lane % 4, column = lane / 4; 8 columns
#pragma once

#include "gpu/gx/gx.h"

namespace gx {

struct Mma {
#if GX_ISA_AMD
  static constexpr int kColumns = 16, kRows = 1;
#else
  static constexpr int kColumns = 8, kRows = 2;
#endif
  static constexpr int kAccumulators = 4;
  struct Accumulator {
    float v[kAccumulators];
  };

  GX_DEVICE int quarter() {
#if GX_ISA_AMD
    return lane() >> 4;
#else
    return lane() & 3;
#endif
  }
  // Row of A that this lane supplies as its i-th, i < kRows.
  GX_DEVICE int row(int i) {
#if GX_ISA_AMD
    return lane() & 15;
#else
    return (lane() >> 2) + 8 * i;
#endif
  }
  GX_DEVICE int column() {
#if GX_ISA_AMD
    return lane() & 15;
#else
    return lane() >> 2;
#endif
  }
  // Where accumulator r of this lane lies in D.
  GX_DEVICE int result_row(int r) {
#if GX_ISA_AMD
    return 4 * (lane() >> 4) + r;
#else
    return (lane() >> 2) + 8 * (r >> 1);
#endif
  }
  GX_DEVICE int result_column(int r) {
#if GX_ISA_AMD
    return lane() & 15;
#else
    return 2 * (lane() & 3) + (r & 1);
#endif
  }
  GX_DEVICE void clear(Accumulator& d) {
#pragma unroll
    for (int r = 0; r < kAccumulators; r++) d.v[r] = 0.0f;
  }
  // a[i]: elements 0,1 and 2,3 of row i; b: elements 0,1 and 2,3 of the column.
  GX_DEVICE void multiply_add(Accumulator& d, const uint32_t (&a)[kRows][2], const uint32_t (&b)[2]) {
#if GX_ISA_AMD
    typedef _Float16 Operand __attribute__((vector_size(8)));
    typedef float Result __attribute__((vector_size(16)));
    const U2 a_bits{{a[0][0], a[0][1]}}, b_bits{{b[0], b[1]}};
    Result result;
    __builtin_memcpy(&result, d.v, sizeof result);
#if defined(GX_AMD)
    typedef _Float16 NativeOperand __attribute__((ext_vector_type(4)));
    result = __builtin_amdgcn_mfma_f32_16x16x16f16(bits_as<NativeOperand>(a_bits), bits_as<NativeOperand>(b_bits), result, 0, 0, 0);
#else
    result = emulator::mfma_16x16x16<Operand, Result>(bits_as<Operand>(a_bits), bits_as<Operand>(b_bits), result);
#endif
    __builtin_memcpy(d.v, &result, sizeof result);
#elif defined(GX_NVIDIA)
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
        : "+f"(d.v[0]), "+f"(d.v[1]), "+f"(d.v[2]), "+f"(d.v[3])
        : "r"(a[0][0]), "r"(a[1][0]), "r"(a[0][1]), "r"(a[1][1]), "r"(b[0]), "r"(b[1]));
#else
    const uint32_t a_words[4] = {a[0][0], a[1][0], a[0][1], a[1][1]};
    emulator::mma_m16n8k16(d.v, a_words, b);
#endif
  }
};

}  // namespace gx
