#include "backend/cpu/cpu_isa.h"

#include <cstring>
#include <string>

namespace greta::cpu {
namespace {

#if defined(__x86_64__)
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"); }
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq");
}
// Without VNNI a product of pairs is two instructions.
const IntegerKernels& wide_integer_kernels() { return __builtin_cpu_supports("avx512vnni") ? vnni_integer_kernels() : avx512_integer_kernels(); }
bool has_amx() { return has_avx512() && amx_available(); }
#endif
bool always() { return true; }

struct Candidate {
  const char* name;
  const char* description;
  bool (*available)();
  const KernelTable& (*kernels)();
  const TileKernels& (*tiles)();
  const IntegerKernels& (*integers)();
};

// Best first.
constexpr Candidate kCandidates[] = {
#if defined(__x86_64__)
    {"amx", "AMX int8 tiles with AVX-512, bf16 tiles for unquantised weights", has_amx, avx512_kernels, amx_kernels, amx_integer_kernels},
    // Never the best: it prefills faster at bf16 precision and decodes at half the speed (docs/benchmarks.md).
    {"amx-bf16", "AMX bf16 tiles with AVX-512", has_amx, avx512_kernels, amx_kernels, nullptr},
    {"avx512", "AVX-512, integers for quantised weights", has_avx512, avx512_kernels, nullptr, wide_integer_kernels},
    {"avx2", "AVX2 + FMA + F16C, integers for quantised weights", has_avx2, avx2_kernels, nullptr, avx2_integer_kernels},
#endif
#if defined(__ARM_NEON)
    {"neon", "NEON, 8 f32 lanes", always, portable_kernels, nullptr, nullptr},
#endif
    {"scalar", "portable C++, 8 f32 lanes", always, portable_kernels, nullptr, nullptr},
};

}  // namespace

Status choose_instruction_set(const char* forced, InstructionSet* chosen) {
  std::string available;
  for (const Candidate& candidate : kCandidates) {
    if (!candidate.available()) continue;
    available += available.empty() ? candidate.name : std::string(", ") + candidate.name;
    if (forced == nullptr || forced[0] == 0 || std::strcmp(forced, candidate.name) == 0) {
      chosen->kernels = &candidate.kernels();
      chosen->tiles = candidate.tiles == nullptr ? nullptr : &candidate.tiles();
      chosen->integers = candidate.integers == nullptr ? nullptr : &candidate.integers();
      chosen->name = candidate.name;
      chosen->description = candidate.description;
      return {};
    }
  }
  return {StatusCode::unsupported, std::string("GRETA_CPU_ISA asks for \"") + forced + "\"; this processor has " + available + "."};
}

}  // namespace greta::cpu
