// Device events around the blocks of one run; without one, nothing is recorded.
#pragma once

#include <vector>

#include "gpu/host/gpu_backend.h"

namespace greta::gpu {

class GpuBackend::Timer {
 public:
  Timer(std::vector<hipEvent_t>& events, gx::Stream stream) : events_(events), stream_(stream) { record(); }

  // What was enqueued since the last mark belongs to `block` of `layer` (layer_count = outside the layers).
  void mark(uint32_t layer, TimedBlock block) {
    marks_.push_back({layer, block});
    record();
  }
  // After the stream is done: adds the times to (layer_count + 1) x kTimedBlockCount.
  Status add_to(uint64_t* nanoseconds) const {
    for (size_t i = 0; i < marks_.size(); i++) {
      float milliseconds = 0;
      GRETA_RETURN_IF_ERROR(device_status(hipEventElapsedTime(&milliseconds, events_[i], events_[i + 1]), "reading block times"));
      nanoseconds[uint64_t{marks_[i].layer} * kTimedBlockCount + static_cast<uint32_t>(marks_[i].block)] +=
          static_cast<uint64_t>(milliseconds * 1e6f);
    }
    return {};
  }

 private:
  void record() {
    if (events_.size() <= marks_.size()) {
      events_.emplace_back();
      (void)hipEventCreate(&events_.back());
    }
    (void)hipEventRecord(events_[marks_.size()], stream_);
  }
  std::vector<hipEvent_t>& events_;
  gx::Stream stream_;
  std::vector<Mark> marks_;
};

}  // namespace greta::gpu
