#if defined(__x86_64__)
#pragma GCC diagnostic ignored "-Wpsabi"
#pragma GCC diagnostic ignored "-Wunused-function"  // AVX2's own panel products come with its panels
#include "backend/cpu/integer_panel_avx512.h"
#include "tests/emulated_integers.h"

namespace greta::cpu::testing {

const IntegerKernels& emulated_wide_kernels() {
  static const IntegerKernels table = make_wide_integer_table();
  return table;
}

}  // namespace greta::cpu::testing
#endif
