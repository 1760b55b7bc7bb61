#if defined(__x86_64__)
// GCC 12 warns about its own AVX-512 headers (bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wunused-function"  // products without tiles come with the decoders
#include "backend/cpu/simd_avx512.h"
// The vector type comes first.
#include "backend/cpu/amx_tiles.h"
#include "backend/cpu/tile_kernels.h"

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace greta::cpu {

bool amx_available() {
#if defined(__linux__)
  static const bool available = [] {
    constexpr int kRequestPermission = 0x1023, kTileData = 18;  // arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)
    uint32_t a = 7, b = 0, c = 0, d = 0;
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    const bool has_tiles = (d >> 24 & 1) != 0 && (d >> 22 & 1) != 0 && (d >> 25 & 1) != 0;  // AMX-TILE, AMX-BF16, AMX-INT8
    const bool has_vnni = (c >> 11 & 1) != 0;                                               // AVX512_VNNI
    a = 7, c = 1;
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    const bool has_bf16_vectors = (a >> 5 & 1) != 0;  // AVX512_BF16
    return has_tiles && has_vnni && has_bf16_vectors && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  }();
  return available;
#else
  return false;
#endif
}

const TileKernels& amx_kernels() {
  static constexpr TileKernels table = make_tile_table<AmxTiles>();
  return table;
}

}  // namespace greta::cpu
#endif
