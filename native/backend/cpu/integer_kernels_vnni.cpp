// Integer products (integer_table.h) on AVX-512 with AVX512_VNNI.
#if defined(__x86_64__)
// GCC 12 warns about its own AVX-512 headers (bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wunused-function"  // AVX2's own panel products come with its panels
#include "backend/cpu/integer_panel_avx512.h"

namespace greta::cpu {

const IntegerKernels& vnni_integer_kernels() {
  static const IntegerKernels table = make_wide_integer_table();
  return table;
}

}  // namespace greta::cpu
#endif
