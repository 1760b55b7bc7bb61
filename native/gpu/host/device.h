// The device as host code sees it: status of runtime calls, owned memory.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "gpu/gx/gx.h"

namespace greta::gpu {

// `what` names the block that was being done: it is all a person learns when a device dies.
inline Status device_status(hipError_t error, const std::string& what) {
  if (error == hipSuccess) return {};
  if (error == hipErrorOutOfMemory) return {StatusCode::out_of_memory, "The device ran out of memory in " + what + "."};
  return {StatusCode::device_lost, "The device failed in " + what + ": " + hipGetErrorString(error) + ". The engine has to be restarted."};
}

class DeviceMemory {
 public:
  DeviceMemory() = default;
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;
  ~DeviceMemory() { release(); }

  Status allocate(uint64_t bytes, const std::string& what) {
    release();
    void* pointer = nullptr;
    GRETA_RETURN_IF_ERROR(device_status(hipMalloc(&pointer, bytes == 0 ? 1 : bytes), "allocating " + std::to_string(bytes) + " bytes for " + what));
    data_ = static_cast<uint8_t*>(pointer);
    bytes_ = bytes;
    return {};
  }
  void release() {
    if (data_) (void)hipFree(data_);
    data_ = nullptr;
  }
  uint8_t* data() const { return data_; }
  uint64_t bytes() const { return bytes_; }

 private:
  uint8_t* data_ = nullptr;
  uint64_t bytes_ = 0;
};

// Hands out 256-byte aligned pieces of an area; with a null base it only counts.
class Carver {
 public:
  explicit Carver(uint8_t* base) : base_(base) {}
  template <class T>
  T* take(uint64_t count) {
    const uint64_t at = used_;
    used_ += (count * sizeof(T) + 255) / 256 * 256;
    return base_ ? reinterpret_cast<T*>(base_ + at) : nullptr;
  }
  uint64_t used() const { return used_; }

 private:
  uint8_t* base_;
  uint64_t used_ = 0;
};

}  // namespace greta::gpu
