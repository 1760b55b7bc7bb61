// The vector type passes by value between inlined functions only: its ABI does not matter here.
#pragma GCC diagnostic ignored "-Wpsabi"
#include "backend/cpu/simd_portable.h"
// The vector type comes first.
#include "backend/cpu/kernel_table_entries.h"

namespace greta::cpu {

const KernelTable& portable_kernels() {
  static constexpr KernelTable table = make_table("portable");
  return table;
}

}  // namespace greta::cpu
