// The `cpu` backend: SIMD kernels chosen at run time, threads, one arithmetic for prefill and decode.
#pragma once

#include <memory>

#include "backend/backend.h"

namespace greta {

// The instruction set is the best this processor has; the environment variable GRETA_CPU_ISA=scalar|avx2|avx512|amx|neon forces
// one. A forced set that is not available makes load() fail and say so.
std::unique_ptr<Backend> create_cpu_backend();

}  // namespace greta
