// Integer products of instruction sets that this processor may lack, emulated (both need AVX2): tiles (backend/cpu/integer_tiles.h)
// with loops for tile instructions, and AVX-512 panels (integer_panel_avx512.h) with plain vectors for its lanes.
#pragma once

#include "backend/cpu/integer_table.h"

namespace greta::cpu::testing {

const IntegerKernels& emulated_tile_kernels();
const IntegerKernels& emulated_wide_kernels();

}  // namespace greta::cpu::testing
