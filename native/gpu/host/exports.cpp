// The two functions by which the engine finds a backend library.
#include <algorithm>
#include <vector>

#include "backend/backend_error.h"
#include "gpu/host/gpu_backend.h"

extern "C" {
__attribute__((visibility("default"))) uint32_t greta_backend_abi_version() { return greta::kBackendAbiVersion; }
__attribute__((visibility("default"))) greta::Backend* greta_backend_create(greta::BackendError* error) {
  greta::Backend* backend = nullptr;
  const greta::Status status = greta::gpu::GpuBackend::create(&backend);
  if (!status.ok()) greta::fail(error, status);
  return backend;
}
// For benchmarks: bytes read plus bytes written per second by a large device-to-device copy, in GB/s; median of five.
__attribute__((visibility("default"))) double greta_gpu_copy_bandwidth() {
  constexpr uint64_t kBytes = uint64_t{1} << 30;
  greta::gpu::DeviceMemory from, to;
  gx::Stream stream = nullptr;
  hipEvent_t begin, end;
  if (!from.allocate(kBytes, "a copy").ok() || !to.allocate(kBytes, "a copy").ok() ||
      hipStreamCreateWithFlags(&stream, hipStreamNonBlocking) != hipSuccess || hipEventCreate(&begin) != hipSuccess ||
      hipEventCreate(&end) != hipSuccess)
    return 0;
  std::vector<double> rates;
  for (int i = 0; i < 6; i++) {
    float milliseconds = 0;
    (void)hipEventRecord(begin, stream);
    (void)hipMemcpyAsync(to.data(), from.data(), kBytes, hipMemcpyDeviceToDevice, stream);
    (void)hipEventRecord(end, stream);
    (void)hipStreamSynchronize(stream);
    (void)hipEventElapsedTime(&milliseconds, begin, end);
    if (i > 0) rates.push_back(2.0 * kBytes / milliseconds / 1e6);
  }
  std::sort(rates.begin(), rates.end());
  return rates[rates.size() / 2];
}
// For benchmarks: host microseconds that the last token took to hand to the device.
__attribute__((visibility("default"))) double greta_gpu_dispatch_microseconds(greta::Backend* backend) {
  return static_cast<greta::gpu::GpuBackend*>(backend)->dispatch_microseconds();
}
// For tests of the message that a dead device leaves: the weights of a layer's down projection move to where no memory is.
__attribute__((visibility("default"))) void greta_gpu_break_weights(greta::Backend* backend, uint32_t layer) {
  static_cast<greta::gpu::GpuBackend*>(backend)->break_weights(layer);
}
#if defined(GX_EMULATOR)
// The emulated device dies after `launches` more kernels.
__attribute__((visibility("default"))) void greta_emulator_lose_device_after(int64_t launches) { emulator::launches_until_lost = launches; }
#endif
}
