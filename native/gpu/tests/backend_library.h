// Test code: opens a backend library the way the engine does.
#pragma once

#include <dlfcn.h>

#include <cstdio>
#include <memory>
#include <string>

#include "backend/backend.h"

namespace greta::testing {

inline std::unique_ptr<Backend> open_backend(const std::string& path) {
  if (path.find("hip") != std::string::npos)
    for (const char* runtime : {"libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5"})
      if (dlopen(runtime, RTLD_NOW | RTLD_GLOBAL)) break;
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    std::printf("%s\n", dlerror());
    return nullptr;
  }
  const auto version = reinterpret_cast<BackendAbiVersionFn>(dlsym(library, "greta_backend_abi_version"));
  const auto create = reinterpret_cast<BackendCreateFn>(dlsym(library, "greta_backend_create"));
  if (!version || !create || version() != kBackendAbiVersion) {
    std::printf("%s has another interface\n", path.c_str());
    return nullptr;
  }
  BackendError error{};
  std::unique_ptr<Backend> backend(create(&error));
  if (!backend) std::printf("%s\n", error.message);
  return backend;
}

}  // namespace greta::testing
