#if defined(__x86_64__)
#include "backend/cpu/simd_avx2.h"
// The vector type comes first.
#include "backend/cpu/kernel_table_entries.h"

namespace greta::cpu {

const KernelTable& avx2_kernels() {
  static constexpr KernelTable table = make_table("avx2");
  return table;
}

}  // namespace greta::cpu
#endif
