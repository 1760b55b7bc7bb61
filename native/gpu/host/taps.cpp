// What a run brings back to the host: logits, statistics, hashes, captured rows.
#include <cstring>

#include "gpu/host/gpu_backend.h"

namespace greta::gpu {

// Rows of memory_.logits to where the caller wants them; `row` counts the caller's tokens.
Status GpuBackend::copy_logits(const ForwardInput& input, uint32_t row, uint32_t count) {
  const uint64_t vocab = memory_.model.vocab_size;
  float* target = input.logits + (input.logits_rows == LogitsRows::all ? row * vocab : 0);
  return checked(hipMemcpyAsync(target, memory_.logits, count * vocab * sizeof(float), hipMemcpyDeviceToHost, stream_), "reading logits");
}

Status GpuBackend::copy_taps(const ForwardInput& input, uint32_t first_row, uint32_t count, bool has_logits) {
  const ModelDescription& model = memory_.model;
  const uint64_t columns = trace_point_count(model.layer_count), embedding = model.embedding_length;
  const auto copy = [&](void* to, const void* from, uint64_t bytes) {
    return checked(hipMemcpyAsync(to, from, bytes, hipMemcpyDeviceToHost, stream_), "reading the trace");
  };
  if (input.taps.stats) GRETA_RETURN_IF_ERROR(copy(input.taps.stats + first_row * columns, memory_.stats, count * columns * sizeof(TraceStats)));
  if (input.taps.hashes) GRETA_RETURN_IF_ERROR(copy(input.taps.hashes + first_row * columns, memory_.hashes, count * columns * sizeof(uint64_t)));
  for (uint32_t c = 0; c < input.taps.capture_count; c++) {
    const TensorCapture& capture = input.taps.captures[c];
    const bool is_embedding = capture.trace_index == trace_index_embedding();
    if (!is_embedding && capture.trace_index != trace_index_final_norm(model.layer_count)) continue;
    GRETA_RETURN_IF_ERROR(copy(capture.destination + first_row * embedding, is_embedding ? memory_.trace_embedding : memory_.trace_final_norm,
                               count * embedding * sizeof(float)));
  }
  GRETA_RETURN_IF_ERROR(finish("reading the trace"));
  // The logits point is what the caller got; without logits its column is empty.
  for (uint32_t c = 0; c < input.taps.capture_count; c++) {
    const TensorCapture& capture = input.taps.captures[c];
    if (capture.trace_index != trace_index_logits(model.layer_count) || !has_logits) continue;
    const bool all = input.logits_rows == LogitsRows::all;
    const uint64_t at = all ? uint64_t{first_row} * model.vocab_size : 0, rows = all ? count : 1;
    std::memcpy(capture.destination + at, input.logits + at, rows * model.vocab_size * sizeof(float));
  }
  if (!has_logits && count == 1) {
    if (input.taps.stats) input.taps.stats[first_row * columns + columns - 1] = {};
    if (input.taps.hashes) input.taps.hashes[first_row * columns + columns - 1] = 0;
  }
  if (input.logits_rows == LogitsRows::last && has_logits && count > 1) {
    // The one row that has logits was reduced as the last of its slice.
    if (input.taps.stats)
      for (uint32_t row = first_row; row + 1 < first_row + count; row++) input.taps.stats[row * columns + columns - 1] = {};
  }
  return {};
}

void GpuBackend::capture_layer(const ForwardInput& input, uint32_t layer, const float* rows, uint32_t first_row, uint32_t count) {
  for (uint32_t c = 0; c < input.taps.capture_count; c++) {
    const TensorCapture& capture = input.taps.captures[c];
    if (capture.trace_index < 1 || (capture.trace_index - 1) / kLayerPointCount != layer ||
        capture.trace_index >= trace_index_final_norm(memory_.model.layer_count))
      continue;
    const uint32_t point = (capture.trace_index - 1) % kLayerPointCount;
    for (uint32_t row = 0; row < count; row++)
      (void)hipMemcpyAsync(capture.destination + uint64_t{first_row + row} * capture.width,
                           rows + uint64_t{row} * memory_.trace_row.stride + memory_.trace_row.offset[point], capture.width * sizeof(float),
                           hipMemcpyDeviceToHost, stream_);
  }
}

}  // namespace greta::gpu
