#include "backend/trace_sink.h"

#include <chrono>
#include <cstring>

namespace greta {
namespace {

uint64_t nanoseconds_now() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

}  // namespace

TraceSink::TraceSink(const ForwardTaps& taps, const ModelDescription& model, HostKernels& kernels, uint32_t token_count)
    : taps_(taps), kernels_(kernels), point_count_(trace_point_count(model.layer_count)) {
  // Rows without logits must read as zero; every other entry is overwritten.
  const uint32_t logits_index = trace_index_logits(model.layer_count);
  for (uint32_t t = 0; t < token_count; ++t) {
    const uint64_t entry = static_cast<uint64_t>(t) * point_count_ + logits_index;
    if (taps_.stats != nullptr) taps_.stats[entry] = TraceStats{};
    if (taps_.hashes != nullptr) taps_.hashes[entry] = 0;
  }
}

void TraceSink::observe(uint32_t index, const float* rows, uint32_t width, uint32_t row_count, uint32_t first_token) {
  const uint64_t entry = static_cast<uint64_t>(first_token) * point_count_ + index;
  if (taps_.stats != nullptr || taps_.hashes != nullptr) {
    kernels_.summarize(rows, width, row_count, taps_.stats == nullptr ? nullptr : taps_.stats + entry,
                       taps_.hashes == nullptr ? nullptr : taps_.hashes + entry, point_count_);
  }
  for (uint32_t i = 0; i < taps_.capture_count; ++i) {
    if (taps_.captures[i].trace_index == index)
      std::memcpy(taps_.captures[i].destination, rows, static_cast<uint64_t>(row_count) * width * sizeof(float));
  }
}

BlockClock::BlockClock(uint64_t* block_nanoseconds) : nanoseconds_(block_nanoseconds) {
  if (nanoseconds_ != nullptr) last_ = nanoseconds_now();
}

void BlockClock::charge(uint32_t layer, TimedBlock block) {
  if (nanoseconds_ == nullptr) return;
  const uint64_t now = nanoseconds_now();
  nanoseconds_[static_cast<uint64_t>(layer) * kTimedBlockCount + static_cast<uint32_t>(block)] += now - last_;
  last_ = now;
}

}  // namespace greta
