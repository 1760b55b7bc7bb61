// Where the rows of a trace point go during one forward(): statistics, hashes and captures. Reads only.
#pragma once

#include <cstdint>

#include "backend/backend.h"
#include "backend/host_kernels.h"

namespace greta {

class TraceSink {
 public:
  TraceSink(const ForwardTaps& taps, const ModelDescription& model, HostKernels& kernels, uint32_t token_count);

  // rows: (row_count, width) of trace point `index`, belonging to tokens first_token .. first_token + row_count of the call.
  void observe(uint32_t index, const float* rows, uint32_t width, uint32_t row_count, uint32_t first_token = 0);

 private:
  const ForwardTaps& taps_;
  HostKernels& kernels_;
  uint32_t point_count_;
};

// Adds wall time to the timed blocks; does nothing when block_nanoseconds is null.
class BlockClock {
 public:
  explicit BlockClock(uint64_t* block_nanoseconds);
  // Time since the last call belongs to this block; layer = layer_count for what lies outside the layers.
  void charge(uint32_t layer, TimedBlock block);

 private:
  uint64_t* nanoseconds_;
  uint64_t last_ = 0;
};

}  // namespace greta
