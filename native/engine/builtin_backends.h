// The backends compiled into this program.
#pragma once

#include <memory>

#include "backend/backend.h"
#if __has_include("backend/cpu/cpu_backend.h")
#include "backend/cpu/cpu_backend.h"
#define GRETA_HAS_CPU_BACKEND 1
#endif
#include "backend/reference/reference_backend.h"

namespace greta {

struct BuiltinBackend {
  const char* name;
  std::unique_ptr<Backend> (*create)();
};

inline constexpr BuiltinBackend kBuiltinBackends[] = {
    {"reference", &create_reference_backend},
#ifdef GRETA_HAS_CPU_BACKEND
    {"cpu", &create_cpu_backend},
#endif
};

}  // namespace greta
