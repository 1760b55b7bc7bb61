// Which backends there are: two inside this program, others in shared libraries found at run time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "base/status.h"

namespace greta {

struct BackendReport {
  std::string name;
  bool available = false;
  std::string description;  // one line about the device; empty when unavailable
  std::string reason;       // why it cannot be used; empty when available
  std::string library;      // path of the library; empty for those inside this program
};

// Looks in `folders` in order for greta-<name>.so. "hip" and "cuda" are reported even where no library is found. Creates
// each backend once to learn whether a device answers; seconds may pass on the first call where a GPU runtime starts.
std::vector<BackendReport> list_backends(const std::vector<std::string>& folders);

// unsupported with the reason when `name` cannot be had.
Status create_backend(const std::string& name, const std::vector<std::string>& folders, std::unique_ptr<Backend>* backend);

// The status a backend reported, with its name in front where the message does not start with it.
Status backend_failure(const Backend& backend, const BackendError& error);

}  // namespace greta
