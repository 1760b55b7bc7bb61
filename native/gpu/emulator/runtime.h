// The HIP runtime calls of the host code, on the CPU: heap memory filled with NaN patterns, streams that run at once, graphs
// as recorded closures.
#pragma once
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

#include "gpu/emulator/race_checker.h"

namespace emulator {
// A device that dies: after `launches_until_lost` more kernels nothing runs any more and every wait fails (-1 = never).
inline int64_t launches_until_lost =
    std::getenv("GRETA_EMULATOR_LOSE_AFTER") ? std::strtoll(std::getenv("GRETA_EMULATOR_LOSE_AFTER"), nullptr, 10) : -1;
inline bool device_lost = false;
inline void count_launch() {
  if (launches_until_lost > 0 && --launches_until_lost == 0) device_lost = true;
}
struct Graph {
  std::vector<std::function<void()>> operations;
};
struct StreamState {
  Graph* capture = nullptr;
};
struct Event {
  std::chrono::steady_clock::time_point time;
};
}  // namespace emulator
using hipError_t = int;
using hipStream_t = emulator::StreamState*;
using hipGraph_t = emulator::Graph*;
using hipGraphExec_t = emulator::Graph*;
using hipEvent_t = emulator::Event*;
enum { hipSuccess = 0, hipErrorOutOfMemory = 2, hipErrorNotReady = 600, hipErrorLaunchFailure = 719 };
enum hipMemcpyKind { hipMemcpyHostToDevice, hipMemcpyDeviceToHost, hipMemcpyDeviceToDevice };
enum { hipStreamNonBlocking = 1, hipStreamCaptureModeThreadLocal = 1, hipHostMallocDefault = 0 };
enum { hipDeviceAttributeMultiprocessorCount, hipDeviceAttributeComputeCapabilityMajor, hipDeviceAttributeComputeCapabilityMinor };

namespace emulator {
inline void enqueue(hipStream_t stream, std::function<void()> operation) {
  if (stream && stream->capture)
    stream->capture->operations.push_back(std::move(operation));
  else if (!device_lost)
    operation();
}
}  // namespace emulator
inline const char* hipGetErrorString(hipError_t error) {
  return error == hipErrorOutOfMemory     ? "out of memory"
         : error == hipErrorLaunchFailure ? "unspecified launch failure"
         : error                          ? "error"
                                          : "no error";
}
inline hipError_t hipGetLastError() { return emulator::device_lost ? hipErrorLaunchFailure : 0; }
inline hipError_t hipGetDeviceCount(int* count) { return *count = 1, 0; }
inline hipError_t hipSetDevice(int) { return 0; }
inline hipError_t hipDeviceGetAttribute(int* value, int attribute, int) {
  return *value = attribute == hipDeviceAttributeMultiprocessorCount ? 3 : 9, 0;
}
inline hipError_t hipMemGetInfo(size_t* available, size_t* total) {
  const char* limit = std::getenv("GRETA_EMULATOR_MEMORY_BYTES");
  return *available = *total = limit ? std::strtoull(limit, nullptr, 10) : size_t{4} << 30, 0;
}
template <class T>
hipError_t hipMalloc(T** pointer, size_t bytes) {
  *pointer = static_cast<T*>(std::aligned_alloc(256, (bytes + 255) / 256 * 256));
  if (!*pointer) return hipErrorOutOfMemory;
  std::memset(static_cast<void*>(*pointer), 0xff, bytes);
  emulator::race::region(*pointer, bytes, false);
  return 0;
}
template <class T>
hipError_t hipHostMalloc(T** pointer, size_t bytes, int) {
  return hipMalloc(pointer, bytes);
}
inline hipError_t hipFree(void* pointer) {
  if (pointer) emulator::race::region(pointer, 0, false);
  std::free(pointer);
  return 0;
}
inline hipError_t hipHostFree(void* pointer) { return hipFree(pointer); }
inline hipError_t hipMemcpyAsync(void* to, const void* from, size_t bytes, hipMemcpyKind, hipStream_t stream) {
  emulator::enqueue(stream, [=] { std::memcpy(to, from, bytes); });
  return hipGetLastError();
}
inline hipError_t hipMemsetAsync(void* to, int value, size_t bytes, hipStream_t stream) {
  emulator::enqueue(stream, [=] { std::memset(to, value, bytes); });
  return hipGetLastError();
}
inline hipError_t hipStreamCreateWithFlags(hipStream_t* stream, int) { return *stream = new emulator::StreamState, 0; }
inline hipError_t hipStreamDestroy(hipStream_t stream) { return delete stream, 0; }
inline hipError_t hipStreamSynchronize(hipStream_t) { return hipGetLastError(); }
inline hipError_t hipStreamBeginCapture(hipStream_t stream, int) { return stream->capture = new emulator::Graph, 0; }
inline hipError_t hipStreamEndCapture(hipStream_t stream, hipGraph_t* graph) {
  *graph = stream->capture;
  stream->capture = nullptr;
  return 0;
}
inline hipError_t hipGraphInstantiate(hipGraphExec_t* executable, hipGraph_t graph, void*, void*, size_t) {
  return *executable = new emulator::Graph(*graph), 0;
}
inline hipError_t hipGraphLaunch(hipGraphExec_t graph, hipStream_t) {
  for (auto& operation : graph->operations)
    if (!emulator::device_lost) operation();
  return hipGetLastError();
}
inline hipError_t hipGraphExecDestroy(hipGraphExec_t graph) { return delete graph, 0; }
inline hipError_t hipGraphDestroy(hipGraph_t graph) { return delete graph, 0; }
inline hipError_t hipEventCreate(hipEvent_t* event) { return *event = new emulator::Event, 0; }
inline hipError_t hipEventRecord(hipEvent_t event, hipStream_t stream) {
  emulator::enqueue(stream, [=] { event->time = std::chrono::steady_clock::now(); });
  return 0;
}
inline hipError_t hipEventSynchronize(hipEvent_t) { return 0; }
inline hipError_t hipEventElapsedTime(float* milliseconds, hipEvent_t from, hipEvent_t to) {
  *milliseconds = std::chrono::duration<float, std::milli>(to->time - from->time).count();
  return 0;
}
inline hipError_t hipEventDestroy(hipEvent_t event) { return delete event, 0; }
