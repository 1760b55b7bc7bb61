// The backends compiled into this program.
#pragma once

#include <memory>

#include "backend/backend.h"
#include "backend/cpu/cpu_backend.h"
#include "backend/reference/reference_backend.h"

namespace greta {

struct BuiltinBackend {
  const char* name;
  std::unique_ptr<Backend> (*create)();
};

inline constexpr BuiltinBackend kBuiltinBackends[] = {
    {"reference", &create_reference_backend},
    {"cpu", &create_cpu_backend},
};

}  // namespace greta
