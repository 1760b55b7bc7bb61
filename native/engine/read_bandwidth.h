// How fast this machine reads memory: the roof that decode, which reads every weight once a token, is measured against.
#pragma once

#include <cstdint>
#include <vector>

namespace greta {

// Bytes per second of `repetitions` passes in which `thread_count` threads read `bytes` of memory between them (far beyond
// the caches if `bytes` is); empty when there is no memory. One unmeasured pass goes first.
std::vector<double> measure_read_bandwidth(uint32_t thread_count, uint64_t bytes, uint32_t repetitions);

}  // namespace greta
