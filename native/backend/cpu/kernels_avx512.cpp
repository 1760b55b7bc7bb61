#if defined(__x86_64__)
// GCC 12 warns about its own AVX-512 headers (bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include "backend/cpu/simd_avx512.h"
// The vector type comes first.
#include "backend/cpu/kernel_table_entries.h"

namespace greta::cpu {

const KernelTable& avx512_kernels() {
  static constexpr KernelTable table = make_table("avx512");
  return table;
}

}  // namespace greta::cpu
#endif
