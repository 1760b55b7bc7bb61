#if defined(__x86_64__)
// GCC 12 warns about its own AVX-512 headers (bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wunused-function"  // products without tiles come with the decoders
#include "backend/cpu/simd_avx512.h"
// The vector type comes first.
#include "backend/cpu/tile_kernels.h"

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace greta::cpu {
namespace {

// Intel AMX (Intel SDM volume 1, chapter 18): eight tiles of 16 rows of 64 bytes.
struct AmxTiles {
  static constexpr int64_t kRowBytes = 64;

  static void begin() {
    struct alignas(64) Configuration {
      uint8_t palette = 1, start_row = 0, reserved[14] = {};
      uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    } configuration;
    static_assert(sizeof(Configuration) == 64);
    // GCC 12 may drop the stores above: it does not know that the instruction reads them.
    asm volatile("" : : "r"(&configuration) : "memory");
    _tile_loadconfig(&configuration);
  }
  static void end() { _tile_release(); }

  // Inline assembly, because GCC's intrinsics paste their arguments into register names and refuse template parameters.
  template <int kTile>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(kTile));
  }
  template <int kTile>
  static void load(const void* source) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(source), "r"(kRowBytes), "i"(kTile) : "memory");
  }
  template <int kTile>
  static void store(float* target) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(target), "r"(kRowBytes), "i"(kTile) : "memory");
  }
  template <int kSum, int kWeights, int kInputs>
  static void add_products() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSum), "i"(kWeights), "i"(kInputs));
  }
};

}  // namespace

bool amx_available() {
#if defined(__linux__)
  static const bool available = [] {
    constexpr int kRequestPermission = 0x1023, kTileData = 18;  // arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)
    uint32_t a = 7, b = 0, c = 0, d = 0;
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    const bool has_tiles = (d >> 24 & 1) != 0 && (d >> 22 & 1) != 0;  // AMX-TILE, AMX-BF16
    a = 7, c = 1;
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    const bool has_bf16_vectors = (a >> 5 & 1) != 0;  // AVX512_BF16
    return has_tiles && has_bf16_vectors && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
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
