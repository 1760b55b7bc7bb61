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
bool has_amx() { return has_avx512() && amx_available(); }
#endif
bool always() { return true; }

struct Candidate {
  const char* name;
  const char* description;
  bool (*available)();
  const KernelTable& (*kernels)();
  const TileKernels& (*tiles)();
};

// Best first.
constexpr Candidate kCandidates[] = {
#if defined(__x86_64__)
    {"amx", "AMX bf16 tiles with AVX-512", has_amx, avx512_kernels, amx_kernels},
    {"avx512", "AVX-512, 16 f32 lanes", has_avx512, avx512_kernels, nullptr},
    {"avx2", "AVX2 + FMA + F16C, 8 f32 lanes", has_avx2, avx2_kernels, nullptr},
#endif
#if defined(__ARM_NEON)
    {"neon", "NEON, 8 f32 lanes", always, portable_kernels, nullptr},
#endif
    {"scalar", "portable C++, 8 f32 lanes", always, portable_kernels, nullptr},
};

}  // namespace

Status choose_instruction_set(const char* forced, InstructionSet* chosen) {
  std::string available;
  for (const Candidate& candidate : kCandidates) {
    if (!candidate.available()) continue;
    available += available.empty() ? candidate.name : std::string(", ") + candidate.name;
    if (forced == nullptr || forced[0] == 0 || std::strcmp(forced, candidate.name) == 0) {
      *chosen = {&candidate.kernels(), candidate.tiles == nullptr ? nullptr : &candidate.tiles(), forced != nullptr && forced[0] != 0, candidate.name,
                 candidate.description};
      return {};
    }
  }
  return {StatusCode::unsupported, std::string("GRETA_CPU_ISA asks for \"") + forced + "\"; this processor has " + available + "."};
}

}  // namespace greta::cpu
