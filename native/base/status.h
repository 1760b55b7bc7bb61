// Result of a native operation. Native code never aborts and never throws across a module boundary for bad input:
// it returns a Status, and the addon turns it into data that TypeScript words for people.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace greta {

enum class StatusCode : uint32_t {
  ok = 0,
  invalid_argument = 1,  // the caller broke a documented precondition
  unsupported = 2,       // this backend cannot do it (type, architecture, device); the message names what
  out_of_memory = 3,     // the message carries needed and available bytes
  io_error = 4,          // a file vanished, shrank or could not be mapped
  cancelled = 5,
  device_lost = 6,  // the device cannot be used again in this process
  internal = 7,     // a bug here: an invariant did not hold
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::ok; }
  StatusCode code() const { return code_; }
  // One sentence for people: the thing, what was expected, what was found. Empty when ok.
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::ok;
  std::string message_;
};

#define GRETA_RETURN_IF_ERROR(expression)          \
  do {                                             \
    ::greta::Status greta_status_ = (expression);  \
    if (!greta_status_.ok()) return greta_status_; \
  } while (false)

}  // namespace greta
