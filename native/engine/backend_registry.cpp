#include "engine/backend_registry.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "engine/builtin_backends.h"

namespace greta {

namespace {

constexpr const char* kPrefix = "greta-";
constexpr const char* kSuffix = ".so";
constexpr const char* kExpectedLibraries[] = {"hip", "cuda"};

// name -> file, the first folder wins.
std::map<std::string, std::string> find_libraries(const std::vector<std::string>& folders) {
  std::map<std::string, std::string> found;
  for (const std::string& folder : folders) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      const std::string file = entry.path().filename().string();
      const size_t affixes = std::string(kPrefix).size() + std::string(kSuffix).size();
      if (file.size() <= affixes || file.rfind(kPrefix, 0) != 0 || file.substr(file.size() - 3) != kSuffix) continue;
      found.emplace(file.substr(6, file.size() - affixes), entry.path().string());
    }
  }
  return found;
}

// greta-hip.so names no AMD runtime, so that one build serves several ROCm versions: the user's is loaded first, for all to see.
Status load_amd_runtime() {
  for (const char* runtime : {"libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5"})
    if (dlopen(runtime, RTLD_NOW | RTLD_GLOBAL) != nullptr) return {};
  return {StatusCode::unsupported,
          "No AMD runtime was found (libamdhip64.so.7, .6 or .5): install ROCm, or add its library folder to LD_LIBRARY_PATH."};
}

// The library stays loaded: GPU runtimes do not survive being unloaded.
Status open_library(const std::string& path, BackendCreateFn* create) {
  if (std::filesystem::path(path).filename() == "greta-hip.so") GRETA_RETURN_IF_ERROR(load_amd_runtime());
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return {StatusCode::unsupported, std::string("cannot be loaded: ") + dlerror()};
  const auto version = reinterpret_cast<BackendAbiVersionFn>(dlsym(library, "greta_backend_abi_version"));
  *create = reinterpret_cast<BackendCreateFn>(dlsym(library, "greta_backend_create"));
  if (version == nullptr || *create == nullptr) return {StatusCode::unsupported, path + " is not a GRETA backend library."};
  if (version() != kBackendAbiVersion)
    return {StatusCode::unsupported, path + " was built for backend interface " + std::to_string(version()) + "; this program has interface " +
                                         std::to_string(kBackendAbiVersion) + ". Build both from the same source."};
  return {};
}

Status create_from_library(const std::string& path, std::unique_ptr<Backend>* backend) {
  BackendCreateFn create = nullptr;
  GRETA_RETURN_IF_ERROR(open_library(path, &create));
  BackendError error{};
  backend->reset(create(&error));
  if (*backend == nullptr) return {StatusCode::unsupported, error.message[0] != 0 ? error.message : path + " gave no reason."};
  return {};
}

BackendReport report_of(const std::string& name, const std::string& library, const Status& status, const Backend* backend) {
  BackendReport report{name, status.ok(), {}, status.message(), library};
  if (backend != nullptr) report.description = backend->device_description();
  return report;
}

std::string joined(const std::vector<std::string>& folders) {
  std::string text;
  for (const std::string& folder : folders) text += (text.empty() ? "" : ", ") + folder;
  return text.empty() ? "no folder" : text;
}

}  // namespace

std::vector<BackendReport> list_backends(const std::vector<std::string>& folders) {
  std::vector<BackendReport> reports;
  for (const BuiltinBackend& builtin : kBuiltinBackends) {
    const std::unique_ptr<Backend> backend = builtin.create();
    reports.push_back(report_of(builtin.name, "", {}, backend.get()));
  }
  const auto libraries = find_libraries(folders);
  for (const char* name : kExpectedLibraries) {
    if (libraries.count(name) != 0) continue;
    const std::string file = std::string(kPrefix) + name + kSuffix;
    reports.push_back(report_of(name, "", {StatusCode::unsupported, file + " was not found in " + joined(folders) + "."}, nullptr));
  }
  for (const auto& [name, path] : libraries) {
    std::unique_ptr<Backend> backend;
    const Status status = create_from_library(path, &backend);
    reports.push_back(report_of(name, path, status, backend.get()));
  }
  return reports;
}

Status create_backend(const std::string& name, const std::vector<std::string>& folders, std::unique_ptr<Backend>* backend) {
  std::string known;
  for (const BuiltinBackend& builtin : kBuiltinBackends) {
    if (name == builtin.name) {
      *backend = builtin.create();
      return {};
    }
    known += std::string(builtin.name) + ", ";
  }
  const auto libraries = find_libraries(folders);
  const auto library = libraries.find(name);
  if (library == libraries.end()) {
    for (const auto& [other, path] : libraries) known += other + ", ";
    return {StatusCode::unsupported, "Backend \"" + name + "\" is not here: present are " + known.substr(0, known.size() - 2) + "; " + kPrefix +
                                         name + kSuffix + " was looked for in " + joined(folders) + "."};
  }
  const Status status = create_from_library(library->second, backend);
  if (!status.ok()) return {status.code(), "Backend \"" + name + "\" cannot be used: " + status.message()};
  return {};
}

Status backend_failure(const Backend& backend, const BackendError& error) {
  const StatusCode code = error.code == 0 ? StatusCode::internal : static_cast<StatusCode>(error.code);
  if (error.message[0] == 0) return {code, std::string("Backend ") + backend.name() + " failed without a reason."};
  return {code, error.message};
}

}  // namespace greta
