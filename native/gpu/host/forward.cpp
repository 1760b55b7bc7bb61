// The steps that the engine asks for: forward() in slices, and greedy decode without the host in between.
#include <algorithm>
#include <chrono>

#include "backend/backend_error.h"
#include "backend/fault_plan.h"
#include "backend/point_shapes.h"
#include "gpu/host/gpu_backend.h"
#include "gpu/host/timer.h"

namespace greta::gpu {

Status GpuBackend::check_forward(const ForwardInput& input) const {
  const auto bad = [](const std::string& text) { return Status(StatusCode::invalid_argument, text); };
  if (!loaded_) return bad("No model is loaded.");
  if (input.token_count == 0 || input.token_count > memory_.batch)
    return bad("A step takes 1 to " + std::to_string(memory_.batch) + " tokens; " + std::to_string(input.token_count) + " were given.");
  if (input.position > cached_positions_)
    return bad("Position " + std::to_string(input.position) + " lies beyond the " + std::to_string(cached_positions_) + " cached positions.");
  if (input.position + input.token_count > capacity_)
    return bad("The context holds " + std::to_string(capacity_) + " positions; " + std::to_string(input.position + input.token_count) +
               " would be needed.");
  for (uint32_t i = 0; i < input.token_count; i++)
    if (input.tokens[i] < 0 || static_cast<uint32_t>(input.tokens[i]) >= memory_.model.vocab_size)
      return bad("Token id " + std::to_string(input.tokens[i]) + " is not in the vocabulary of " + std::to_string(memory_.model.vocab_size) + ".");
  if (input.logits_rows != LogitsRows::none && !input.logits) return bad("Logits were asked for without memory to put them in.");
  for (uint32_t i = 0; i < input.taps.capture_count; i++) {
    const TensorCapture& capture = input.taps.captures[i];
    const uint32_t width = trace_width(memory_.model, capture.trace_index);
    if (width == 0 || capture.width != width || !capture.destination)
      return bad("A capture of trace index " + std::to_string(capture.trace_index) + " has width " + std::to_string(capture.width) +
                 "; the point's rows have " + std::to_string(width) + ".");
  }
  return FaultPlan(input.faults, input.faults ? input.fault_count : 0).check(memory_.model);
}

bool GpuBackend::forward(const ForwardInput& request, BackendError* error) {
  ForwardInput input = request;
  if (!input.faults) input.fault_count = 0;
  Status status = check_forward(input);
  if (!status.ok()) return fail(error, status);
  const bool traced = input.taps.stats || input.taps.hashes || input.taps.capture_count;
  const uint32_t most = traced || input.fault_count ? std::min(memory_.batch, kTraceTokens) : memory_.batch;
  for (uint32_t row = 0; row < input.token_count && status.ok(); row += most) {
    if (input.cancel_flag && *input.cancel_flag) {
      cached_positions_ = input.position;
      return fail(error, StatusCode::cancelled, "The step was cancelled.");
    }
    const uint32_t count = std::min(most, input.token_count - row);
    status = count == 1 && !input.fault_count ? run_one(input, row) : run_many(input, row, count);
  }
  if (!status.ok()) return fail(error, status);
  cached_positions_ = input.position + input.token_count;
  return true;
}

Status GpuBackend::run_one(const ForwardInput& input, uint32_t row) {
  const uint32_t position = input.position + row;
  const bool wants_logits = input.logits_rows == LogitsRows::all || (input.logits_rows == LogitsRows::last && row + 1 == input.token_count);
  const bool traced = input.taps.stats || input.taps.hashes || input.taps.capture_count;
  const Mode mode = traced ? Mode::traced : Mode::logits;
  tokens_in_work_ = "position " + std::to_string(position);
  *progress_ = 0;
  *host_state_ = {input.tokens[row], position, 0, 0};
  GRETA_RETURN_IF_ERROR(checked(hipMemcpyAsync(memory_.state, host_state_, sizeof(DecodeState), hipMemcpyHostToDevice, stream_), "forward"));
  const auto before = std::chrono::steady_clock::now();
  if (input.taps.block_nanoseconds) {
    Timer timer(events_, stream_);
    enqueue_one(mode, chunk_bucket(position), &timer);
    GRETA_RETURN_IF_ERROR(finish("forward"));
    GRETA_RETURN_IF_ERROR(timer.add_to(input.taps.block_nanoseconds));
  } else {
    GRETA_RETURN_IF_ERROR(launch_mode(mode, position));
  }
  dispatch_microseconds_ = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - before).count();
  if (input.taps.hashes) {
    const uint32_t columns = trace_point_count(memory_.model.layer_count);
    gpu::trace_rows(memory_.trace_one, columns, 1, columns, nullptr, memory_.hashes, stream_);
  }
  for (uint32_t l = 0; traced && l < memory_.model.layer_count; l++)
    capture_layer(input, l, memory_.trace_rows + uint64_t{l} * memory_.trace_row.stride, row, 1);
  if (wants_logits) GRETA_RETURN_IF_ERROR(copy_logits(input, row, 1));
  if (traced) GRETA_RETURN_IF_ERROR(copy_taps(input, row, 1, wants_logits));
  return finish("forward");
}

// Norm and lm_head over the residual rows [first, first + count) of the device buffer, at most kLogitRows, into memory_.logits.
static_assert(kTraceTokens <= kLogitRows);

Status GpuBackend::run_many(const ForwardInput& input, uint32_t first_row, uint32_t count) {
  const ModelMemory& m = memory_;
  const ModelDescription& model = m.model;
  const bool traced = input.taps.stats || input.taps.hashes || input.taps.capture_count;
  const uint32_t embedding_width = m.operand_width(model.embedding_length), columns = trace_point_count(model.layer_count);
  tokens_in_work_ = "positions " + std::to_string(input.position + first_row) + " to " + std::to_string(input.position + first_row + count - 1);
  *progress_ = 0;
  GRETA_RETURN_IF_ERROR(
      checked(hipMemcpyAsync(m.tokens, input.tokens + first_row, count * sizeof(int32_t), hipMemcpyHostToDevice, stream_), "forward"));
  std::unique_ptr<Timer> timer;
  if (input.taps.block_nanoseconds) timer = std::make_unique<Timer>(events_, stream_);
  if (traced) (void)hipMemsetAsync(m.stats, 0, uint64_t{count} * columns * sizeof(TraceStats), stream_);
  if (traced) (void)hipMemsetAsync(m.hashes, 0, uint64_t{count} * columns * sizeof(uint64_t), stream_);
  enqueue_many({&input, first_row, count, input.position + first_row, traced, timer.get()});

  const bool all = input.logits_rows == LogitsRows::all, last = input.logits_rows == LogitsRows::last && first_row + count == input.token_count;
  TraceStats* stats = traced && input.taps.stats ? m.stats : nullptr;
  uint64_t* hashes = traced && input.taps.hashes ? m.hashes : nullptr;
  if (traced) {
    norm_rows(m.residual, m.final_norm.data, model.embedding_length, model.rms_norm_epsilon, count, m.normed, embedding_width, m.trace_final_norm,
              model.embedding_length, stream_);
    gpu::trace_rows(m.trace_many + model.layer_count * kLayerPointCount + 1, 1, count, columns, stats, hashes, stream_);
  }
  for (uint32_t row = all ? 0 : count - 1; (all || last) && row < count; row += kLogitRows) {
    const uint32_t rows = std::min(kLogitRows, count - row);
    const float* residual = m.residual + uint64_t{row} * model.embedding_length;
    MatrixJob head = job_of(m.lm_head);
    head.progress = progress(model.layer_count, Stage::lm_head);
    head.output = m.logits, head.output_stride = model.vocab_size;
    if (rows == 1) {
      head.norm_input = residual, head.norm_weight = m.final_norm.data, head.norm_columns = model.embedding_length,
      head.norm_epsilon = model.rms_norm_epsilon;
      matvec(head, Epilogue::store, matvec_blocks_, stream_);
    } else {
      norm_rows(residual, m.final_norm.data, model.embedding_length, model.rms_norm_epsilon, rows, m.normed, embedding_width, nullptr, 0, stream_);
      head.tokens = rows, head.input = m.normed;
      enqueue_matmul(m.lm_head, head, Epilogue::store);
    }
    if (traced) {
      const uint64_t at = uint64_t{row} * columns;
      gpu::trace_rows(m.trace_many + model.layer_count * kLayerPointCount + 2, 1, rows, columns, stats ? stats + at : nullptr,
                      hashes ? hashes + at : nullptr, stream_);
    }
    GRETA_RETURN_IF_ERROR(copy_logits(input, first_row + row, rows));
  }
  if (timer) timer->mark(model.layer_count, TimedBlock::lm_head);
  if (traced) GRETA_RETURN_IF_ERROR(copy_taps(input, first_row, count, all || last));
  GRETA_RETURN_IF_ERROR(finish("forward"));
  return timer ? timer->add_to(input.taps.block_nanoseconds) : Status();
}

bool GpuBackend::decode_greedy(int32_t token, uint32_t position, uint32_t steps, const int32_t* stop_ids, uint32_t stop_id_count, int32_t* produced,
                               uint32_t* produced_count, BackendError* error) {
  *produced_count = 0;
  ForwardInput input{};
  input.tokens = &token, input.token_count = 1, input.position = position;
  if (const Status status = check_forward(input); !status.ok()) return fail(error, status);
  if (position + steps > capacity_)
    return fail(error, StatusCode::invalid_argument, "%u steps from position %u do not fit a context of %u.", steps, position, capacity_);
  constexpr uint32_t kAhead = 32;  // tokens between two looks at the stop ids
  while (*produced_count < steps) {
    const uint32_t count = std::min({steps - *produced_count, kAhead, kGreedyList}), start = position + *produced_count;
    *host_state_ = {*produced_count ? produced[*produced_count - 1] : token, start, 0, 0};
    tokens_in_work_ = "position " + std::to_string(start) + " or up to " + std::to_string(count - 1) + " after it";
    *progress_ = 0;
    Status status = checked(hipMemcpyAsync(memory_.state, host_state_, sizeof(DecodeState), hipMemcpyHostToDevice, stream_), "forward");
    const auto before = std::chrono::steady_clock::now();
    for (uint32_t i = 0; i < count && status.ok(); i++) status = launch_mode(Mode::greedy, start + i);
    dispatch_microseconds_ = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - before).count() / count;
    if (status.ok())
      status = checked(hipMemcpyAsync(produced + *produced_count, memory_.greedy_list, count * sizeof(int32_t), hipMemcpyDeviceToHost, stream_),
                       "greedy decode");
    if (status.ok()) status = finish("greedy decode");
    if (!status.ok()) return fail(error, status);
    for (uint32_t i = 0; i < count; i++) {
      const int32_t id = produced[(*produced_count)++];
      cached_positions_ = position + *produced_count;
      for (uint32_t s = 0; s < stop_id_count; s++)
        if (id == stop_ids[s]) return true;
    }
  }
  return true;
}

}  // namespace greta::gpu
