// What the op tests share: counting, random numbers, device buffers, errors.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "gpu/gx/gx.h"

namespace greta::gpu::testing {

inline int passed, failed;
inline gx::Stream stream;

inline void check(bool ok, const std::string& what) {
  (ok ? passed : failed)++;
  std::printf("%s %s\n", ok ? "ok  " : "FAIL", what.c_str());
}
inline void check_error(const std::string& what, double error, double limit) {
  char text[80];
  std::snprintf(text, sizeof text, ": NMSE %.3g (limit %.0g)", error, limit);
  check(error <= limit, what + text);
}
inline uint64_t seed = 88172645463325252ull;
inline uint64_t random_bits() {
  seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
  return seed;
}
inline float random_float() {
  return static_cast<float>(static_cast<int64_t>(random_bits() >> 11) - (int64_t{1} << 52)) / static_cast<float>(int64_t{1} << 52);
}

template <class T>
class Buffer {
 public:
  explicit Buffer(size_t count) : host(count) { (void)hipMalloc(&device_, std::max<size_t>(1, count) * sizeof(T)); }
  explicit Buffer(const std::vector<T>& values) : Buffer(values.size()) { host = values, upload(); }
  ~Buffer() { (void)hipFree(device_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  T* upload() {
    (void)hipMemcpyAsync(device_, host.data(), host.size() * sizeof(T), hipMemcpyHostToDevice, stream);
    (void)hipStreamSynchronize(stream);
    return device_;
  }
  std::vector<T>& download() {
    (void)hipMemcpyAsync(host.data(), device_, host.size() * sizeof(T), hipMemcpyDeviceToHost, stream);
    if (hipStreamSynchronize(stream) != hipSuccess) check(false, "the device failed");
    return host;
  }
  T* device() const { return device_; }
  std::vector<T> host;

 private:
  T* device_ = nullptr;
};

inline float host_half(uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const float magnitude =
      exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -24) : std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}
inline double nmse(const std::vector<float>& got, const std::vector<double>& want) {
  double error = 0, norm = 0;
  for (size_t i = 0; i < want.size(); i++) error += (got[i] - want[i]) * (got[i] - want[i]), norm += want[i] * want[i];
  return std::isnan(error) ? 1e30 : error / std::max(norm, 1e-30);
}

// Each file of op tests. `small` takes the smallest sizes (race checker, sanitizers).
void test_weights(bool small);
void test_rows();
void test_attention(bool small);

}  // namespace greta::gpu::testing
