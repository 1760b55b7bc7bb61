// Integer products (integer_table.h) on Intel AMX: tiles for many tokens, registers for one.
#if defined(__x86_64__)
// GCC 12 warns about its own AVX-512 headers (bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include "backend/cpu/amx_tiles.h"
#include "backend/cpu/integer_tile_unpack.h"

namespace greta::cpu {

const IntegerKernels& amx_integer_kernels() {
  static const IntegerKernels table = make_integer_tile_table<AmxTiles>(vnni_integer_kernels());
  return table;
}

}  // namespace greta::cpu
#endif
