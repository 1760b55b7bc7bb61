// Filling a BackendError from formatted text or from a Status.
#pragma once

#include <cstdarg>
#include <cstdio>

#include "backend/backend.h"
#include "base/status.h"

namespace greta {

// Writes code and message and returns false, so that a failing call is `return fail(error, ...)`.
[[gnu::format(printf, 3, 4)]] inline bool fail(BackendError* error, StatusCode code, const char* format, ...) {
  if (error == nullptr) return false;
  error->code = static_cast<uint32_t>(code);
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(error->message, sizeof(error->message), format, arguments);
  va_end(arguments);
  return false;
}

inline bool fail(BackendError* error, const Status& status) { return fail(error, status.code(), "%s", status.message().c_str()); }

}  // namespace greta
