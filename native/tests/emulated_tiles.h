// The integer products of tiles (backend/cpu/integer_tiles.h) with emulated tile instructions, for processors without AMX. Needs AVX2.
#pragma once

#include "backend/cpu/integer_table.h"

namespace greta::cpu::testing {

const IntegerKernels& emulated_tile_kernels();

}  // namespace greta::cpu::testing
