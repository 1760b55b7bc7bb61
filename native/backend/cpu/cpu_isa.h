// Which instruction set the cpu backend uses: the best of this processor, or the one that GRETA_CPU_ISA forces.
#pragma once

#include "backend/cpu/integer_table.h"
#include "backend/cpu/tile_table.h"
#include "base/status.h"

namespace greta::cpu {

struct InstructionSet {
  const KernelTable* kernels = nullptr;
  const TileKernels* tiles = nullptr;        // matrix products, where the processor has matrix tiles
  const IntegerKernels* integers = nullptr;  // products of quantised weights, where the processor has them
  const char* name = "";                     // as in GRETA_CPU_ISA
  const char* description = "";              // for people
};

// `forced` is the value of GRETA_CPU_ISA, null or "" when unset. Unknown or unavailable names give an error that lists what
// this processor has.
Status choose_instruction_set(const char* forced, InstructionSet* chosen);

}  // namespace greta::cpu
