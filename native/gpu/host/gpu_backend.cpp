#include "gpu/host/gpu_backend.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "backend/backend_error.h"
#include "backend/point_shapes.h"
#include "gpu/host/timer.h"
#include "gpu/host/weight_loader.h"

namespace greta::gpu {

#if defined(GX_NVIDIA)
static constexpr const char* kName = "cuda";
#elif defined(GX_AMD)
static constexpr const char* kName = "hip";
#else
static constexpr const char* kName = GX_WAVE == 64 ? "emu64" : "emu32";
#endif

Status GpuBackend::create(Backend** backend) {
  int devices = 0;
  const hipError_t found = hipGetDeviceCount(&devices);
  if (found != hipSuccess || devices == 0)
    return {StatusCode::unsupported,
            std::string("No usable ") + kName + " device: " + (found != hipSuccess ? hipGetErrorString(found) : "none is present") + "."};
  auto made = std::make_unique<GpuBackend>();
  int major = 0, minor = 0, processors = 0;
  (void)hipDeviceGetAttribute(&processors, hipDeviceAttributeMultiprocessorCount, 0);
  (void)hipDeviceGetAttribute(&major, hipDeviceAttributeComputeCapabilityMajor, 0);
  (void)hipDeviceGetAttribute(&minor, hipDeviceAttributeComputeCapabilityMinor, 0);
#if defined(GX_NVIDIA)
  if (major != 9 || minor != 0)
    return {StatusCode::unsupported, "The cuda library is built for compute capability 9.0 (H100, H200); the device has " + std::to_string(major) +
                                         "." + std::to_string(minor) + "."};
#elif defined(GX_AMD)
  if (major != 9 || minor != 4)
    return {StatusCode::unsupported, "The hip library is built for gfx942 (MI300X); the device reports architecture " + std::to_string(major) + "." +
                                         std::to_string(minor) + "."};
#endif
  GRETA_RETURN_IF_ERROR(device_status(hipStreamCreateWithFlags(&made->stream_, hipStreamNonBlocking), "creating a stream"));
  GRETA_RETURN_IF_ERROR(device_status(prepare_matrix_kernels(), "preparing kernels"));
  GRETA_RETURN_IF_ERROR(device_status(hipHostMalloc(&made->host_state_, sizeof(DecodeState), hipHostMallocDefault), "allocating host memory"));
  made->processors_ = static_cast<uint32_t>(processors);
  // Tuning for benchmarks: thread blocks a processor for one-token products, and overlap of consecutive kernels (NVIDIA).
  const char* blocks = std::getenv("GRETA_GPU_BLOCKS");
  made->matvec_blocks_ = made->processors_ * (blocks ? std::max(1, std::atoi(blocks)) : 2);
#if defined(GX_NVIDIA)
  const char* overlap = std::getenv("GRETA_GPU_OVERLAP");
  gx::overlap_enabled() = !overlap || overlap[0] != '0';
#endif
  size_t available = 0, total = 0;
  (void)hipMemGetInfo(&available, &total);
  char text[200];
  std::snprintf(text, sizeof text, "%s, %d processors, %.1f GB of memory, waves of %d, %s", kName, processors, static_cast<double>(total) / 1e9,
                GX_WAVE, GX_ISA_AMD ? "MFMA 16x16x16" : "mma.sync 16x8x16");
  made->description_ = text;
  *backend = made.release();
  return {};
}

GpuBackend::~GpuBackend() {
  for (auto& [key, graph] : graphs_) (void)hipGraphExecDestroy(graph);
  for (hipEvent_t event : events_) (void)hipEventDestroy(event);
  if (host_state_) (void)hipHostFree(host_state_);
  if (stream_) (void)hipStreamDestroy(stream_);
}

const char* GpuBackend::name() const { return kName; }

Status GpuBackend::reserve(const ModelDescription& model, const LoadOptions& options, MemoryPlan* plan) {
  uint8_t* const nothing[4] = {};
  ModelMemory counted;
  GRETA_RETURN_IF_ERROR(counted.lay_out(model, options, nothing));
  *plan = {};
  plan->weights_resident = counted.weight_bytes;
  plan->kv_cache = counted.kv_bytes;
  plan->activations = counted.activation_bytes;
  plan->trace = counted.trace_bytes;
  plan->other = std::max(longest_row_bytes(model), std::min(kStagingBytes, counted.weight_bytes));  // staging, given back after the load
  size_t available = 0, total = 0;
  GRETA_RETURN_IF_ERROR(device_status(hipMemGetInfo(&available, &total), "asking for free memory"));
  const uint64_t needed = plan->weights_resident + plan->kv_cache + plan->activations + plan->trace + plan->other;
  if (needed > available)
    return {StatusCode::out_of_memory, "The model needs " + std::to_string(needed) + " bytes on the device (weights " +
                                           std::to_string(plan->weights_resident) + ", KV cache " + std::to_string(plan->kv_cache) +
                                           ", working memory " + std::to_string(plan->activations + plan->trace + plan->other) + "); " +
                                           std::to_string(available) + " are free. Choose a smaller context or model."};
  return {};
}

bool GpuBackend::plan(const ModelDescription& model, const LoadOptions& options, MemoryPlan* plan, BackendError* error) {
  const Status status = reserve(model, options, plan);
  return status.ok() || fail(error, status);
}

bool GpuBackend::load(const ModelDescription& model, const LoadOptions& options, bool (*progress)(void*, float), void* context, BackendError* error) {
  const Status status =
      loaded_ ? Status(StatusCode::invalid_argument, "This backend already has a model.") : load_checked(model, options, progress, context);
  return status.ok() || fail(error, status);
}

Status GpuBackend::load_checked(const ModelDescription& model, const LoadOptions& options, bool (*progress)(void*, float), void* context) {
  MemoryPlan plan;
  GRETA_RETURN_IF_ERROR(reserve(model, options, &plan));
  const uint64_t sizes[4] = {plan.weights_resident, plan.kv_cache, plan.activations, plan.trace};
  const char* names[4] = {"weights", "the KV cache", "activations", "the trace"};
  uint8_t* bases[4];
  for (int i = 0; i < 4; i++) {
    GRETA_RETURN_IF_ERROR(areas_[i].allocate(sizes[i], names[i]));
    bases[i] = areas_[i].data();
    if (i > 0) GRETA_RETURN_IF_ERROR(device_status(hipMemsetAsync(bases[i], 0, sizes[i], stream_), "clearing memory"));
  }
  GRETA_RETURN_IF_ERROR(staging_.allocate(plan.other, "staging"));
  GRETA_RETURN_IF_ERROR(memory_.lay_out(model, options, bases));
  GRETA_RETURN_IF_ERROR(load_weights(memory_, staging_.data(), staging_.bytes(), progress, context, stream_));
  capacity_ = options.context_capacity;
  GRETA_RETURN_IF_ERROR(set_up_tables());
  GRETA_RETURN_IF_ERROR(finish("loading"));
  staging_.release();
  loaded_ = true;
  GRETA_RETURN_IF_ERROR(capture_graphs());
  cached_positions_ = 0;
  return {};
}

Status GpuBackend::set_up_tables() {
  const ModelDescription& model = memory_.model;
  const uint32_t pairs = model.rope_dims / 2;
  std::vector<float> rotations(uint64_t{memory_.attention.capacity} * model.rope_dims);
  for (uint64_t p = 0; p < memory_.attention.capacity; p++)
    for (uint32_t i = 0; i < pairs; i++) {
      const double angle = static_cast<double>(p) * model.rope_inverse_frequencies[i];
      rotations[p * model.rope_dims + 2 * i] = static_cast<float>(std::cos(angle)) * model.rope_magnitude;
      rotations[p * model.rope_dims + 2 * i + 1] = static_cast<float>(std::sin(angle)) * model.rope_magnitude;
    }
  const uint32_t layers = model.layer_count, stride = memory_.trace_row.stride;
  std::vector<TraceRows> one, many;
  for (uint32_t l = 0; l < layers; l++)
    for (uint32_t p = 0; p < kLayerPointCount; p++) {
      const uint32_t column = trace_index(l, static_cast<LayerPoint>(p)), offset = memory_.trace_row.offset[p];
      one.push_back({memory_.trace_rows + uint64_t{l} * stride + offset, memory_.trace_row.width[p], stride, column, 0, 1});
      many.push_back({memory_.trace_rows + offset, memory_.trace_row.width[p], stride, column, 0, kTraceTokens});
    }
  const uint32_t embedding = model.embedding_length;
  for (auto* list : {&one, &many}) {
    list->push_back({memory_.trace_embedding, embedding, embedding, trace_index_embedding(), 0, kTraceTokens});
    list->push_back({memory_.trace_final_norm, embedding, embedding, trace_index_final_norm(layers), 0, kTraceTokens});
    list->push_back({memory_.logits, model.vocab_size, model.vocab_size, trace_index_logits(layers), 0, kTraceTokens});
  }
  const auto upload = [&](void* to, const void* from, uint64_t bytes) {
    return device_status(hipMemcpyAsync(to, from, bytes, hipMemcpyHostToDevice, stream_), "uploading tables");
  };
  GRETA_RETURN_IF_ERROR(upload(memory_.rotations, rotations.data(), rotations.size() * sizeof(float)));
  GRETA_RETURN_IF_ERROR(upload(memory_.trace_one, one.data(), one.size() * sizeof(TraceRows)));
  GRETA_RETURN_IF_ERROR(upload(memory_.trace_many, many.data(), many.size() * sizeof(TraceRows)));
  return finish("uploading tables");
}

Status GpuBackend::finish(const char* what) {
  const std::string block = std::string(what) + " (last block: " + last_block_ + ")";
  GRETA_RETURN_IF_ERROR(device_status(hipGetLastError(), block));
  return device_status(hipStreamSynchronize(stream_), block);
}

uint32_t GpuBackend::chunk_bucket(uint32_t position) const {
  const uint32_t needed = position / kKeyChunk + 1, most = memory_.attention.capacity / kKeyChunk;
  uint32_t bucket = 1;
  while (bucket < needed) bucket *= 2;
  return std::min(bucket, most);
}

Status GpuBackend::capture_graphs() {
  graphs_work_ = true;
  for (uint32_t position = 0; position < memory_.attention.capacity; position = chunk_bucket(position) * kKeyChunk)
    for (const Mode mode : {Mode::logits, Mode::greedy, Mode::traced}) {
      hipGraph_t graph = nullptr;
      hipGraphExec_t executable = nullptr;
      const uint32_t bucket = chunk_bucket(position);
      if (hipStreamBeginCapture(stream_, hipStreamCaptureModeThreadLocal) != hipSuccess) graphs_work_ = false;
      if (graphs_work_) {
        enqueue_one(mode, bucket, nullptr);
        if (hipStreamEndCapture(stream_, &graph) != hipSuccess || hipGraphInstantiate(&executable, graph, nullptr, nullptr, 0) != hipSuccess)
          graphs_work_ = false;
        if (graph) (void)hipGraphDestroy(graph);
      }
      if (!graphs_work_) {
        (void)hipGetLastError();
        description_ += ", without graphs (capture failed)";
        return {};
      }
      graphs_[{mode, bucket}] = executable;
    }
  return check_replay();
}

// Replayed graphs have been wrong on some driver versions: two replays must give the bits of eager launches, or graphs stay off.
Status GpuBackend::check_replay() {
  const uint32_t vocab = memory_.model.vocab_size;
  std::vector<float> eager(vocab), replayed(vocab);
  ForwardInput input{};
  const int32_t token = 0;
  input.tokens = &token, input.token_count = 1, input.logits_rows = LogitsRows::last;
  use_graphs_ = false;
  input.logits = eager.data();
  GRETA_RETURN_IF_ERROR(run_one(input, 0));
  use_graphs_ = true;
  for (int replay = 0; replay < 2; replay++) {
    input.logits = replayed.data();
    GRETA_RETURN_IF_ERROR(run_one(input, 0));
    if (std::memcmp(eager.data(), replayed.data(), vocab * sizeof(float)) == 0) continue;
    graphs_work_ = false;
    description_ += ", without graphs (a replay differed from eager execution)";
    break;
  }
  return {};
}

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
  if (input.fault_count)
    return {StatusCode::unsupported, std::string("Deliberate faults are not available on ") + kName + "; use the cpu or reference backend."};
  return {};
}

bool GpuBackend::forward(const ForwardInput& input, BackendError* error) {
  Status status = check_forward(input);
  if (!status.ok()) return fail(error, status);
  const bool traced = input.taps.stats || input.taps.hashes || input.taps.capture_count;
  const uint32_t most = traced ? std::min(memory_.batch, kTraceTokens) : memory_.batch;
  for (uint32_t row = 0; row < input.token_count && status.ok(); row += most) {
    if (input.cancel_flag && *input.cancel_flag) {
      cached_positions_ = input.position;
      return fail(error, StatusCode::cancelled, "The step was cancelled.");
    }
    const uint32_t count = std::min(most, input.token_count - row);
    status = count == 1 ? run_one(input, row) : run_many(input, row, count);
  }
  if (!status.ok()) return fail(error, status);
  cached_positions_ = input.position + input.token_count;
  return true;
}

Status GpuBackend::launch_mode(Mode mode, uint32_t position) {
  const uint32_t bucket = chunk_bucket(position);
  const auto graph = graphs_.find({mode, bucket});
  if (!use_graphs_ || !graphs_work_ || graph == graphs_.end()) {
    enqueue_one(mode, bucket, nullptr);
    return device_status(hipGetLastError(), "launching a token");
  }
  return device_status(hipGraphLaunch(graph->second, stream_), "launching a token's graph");
}

Status GpuBackend::run_one(const ForwardInput& input, uint32_t row) {
  const uint32_t position = input.position + row;
  const bool wants_logits = input.logits_rows == LogitsRows::all || (input.logits_rows == LogitsRows::last && row + 1 == input.token_count);
  const bool traced = input.taps.stats || input.taps.hashes || input.taps.capture_count;
  const Mode mode = traced ? Mode::traced : Mode::logits;
  last_block_ = "token at position " + std::to_string(position);
  *host_state_ = {input.tokens[row], position, 0, 0};
  GRETA_RETURN_IF_ERROR(device_status(hipMemcpyAsync(memory_.state, host_state_, sizeof(DecodeState), hipMemcpyHostToDevice, stream_), last_block_));
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
  last_block_ = "positions " + std::to_string(input.position + first_row) + " to " + std::to_string(input.position + first_row + count - 1);
  GRETA_RETURN_IF_ERROR(
      device_status(hipMemcpyAsync(m.tokens, input.tokens + first_row, count * sizeof(int32_t), hipMemcpyHostToDevice, stream_), last_block_));
  std::unique_ptr<Timer> timer;
  if (input.taps.block_nanoseconds) timer = std::make_unique<Timer>(events_, stream_);
  if (traced) (void)hipMemsetAsync(m.stats, 0, uint64_t{count} * columns * sizeof(TraceStats), stream_);
  if (traced) (void)hipMemsetAsync(m.hashes, 0, uint64_t{count} * columns * sizeof(uint64_t), stream_);
  enqueue_many(count, input.position + first_row, traced, &input, first_row, timer.get());

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

// Rows of memory_.logits to where the caller wants them; `row` counts the caller's tokens.
Status GpuBackend::copy_logits(const ForwardInput& input, uint32_t row, uint32_t count) {
  const uint64_t vocab = memory_.model.vocab_size;
  float* target = input.logits + (input.logits_rows == LogitsRows::all ? row * vocab : 0);
  return device_status(hipMemcpyAsync(target, memory_.logits, count * vocab * sizeof(float), hipMemcpyDeviceToHost, stream_), "reading logits");
}

Status GpuBackend::copy_taps(const ForwardInput& input, uint32_t first_row, uint32_t count, bool has_logits) {
  const ModelDescription& model = memory_.model;
  const uint64_t columns = trace_point_count(model.layer_count), embedding = model.embedding_length;
  const auto copy = [&](void* to, const void* from, uint64_t bytes) {
    return device_status(hipMemcpyAsync(to, from, bytes, hipMemcpyDeviceToHost, stream_), "reading the trace");
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
    last_block_ = "greedy decode at position " + std::to_string(start);
    Status status = device_status(hipMemcpyAsync(memory_.state, host_state_, sizeof(DecodeState), hipMemcpyHostToDevice, stream_), last_block_);
    const auto before = std::chrono::steady_clock::now();
    for (uint32_t i = 0; i < count && status.ok(); i++) status = launch_mode(Mode::greedy, start + i);
    dispatch_microseconds_ = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - before).count() / count;
    if (status.ok())
      status = device_status(hipMemcpyAsync(produced + *produced_count, memory_.greedy_list, count * sizeof(int32_t), hipMemcpyDeviceToHost, stream_),
                             last_block_);
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

Status GpuBackend::rows_to_logits(const float* residual_rows, uint32_t row_count, float* logits) {
  const ModelMemory& m = memory_;
  const uint64_t embedding = m.model.embedding_length, vocab = m.model.vocab_size;
  const uint32_t most = std::min(m.batch, kLogitRows);
  for (uint32_t row = 0; row < row_count; row += most) {
    const uint32_t rows = std::min(most, row_count - row);
    GRETA_RETURN_IF_ERROR(
        device_status(hipMemcpyAsync(m.residual, residual_rows + row * embedding, rows * embedding * sizeof(float), hipMemcpyHostToDevice, stream_),
                      "the logit lens"));
    norm_rows(m.residual, m.final_norm.data, m.model.embedding_length, m.model.rms_norm_epsilon, rows, m.normed,
              m.operand_width(m.model.embedding_length), nullptr, 0, stream_);
    MatrixJob head = job_of(m.lm_head);
    head.tokens = rows, head.input = m.normed;
    head.output = m.logits, head.output_stride = m.model.vocab_size;
    enqueue_matmul(m.lm_head, head, Epilogue::store);
    GRETA_RETURN_IF_ERROR(device_status(hipMemcpyAsync(logits + row * vocab, m.logits, rows * vocab * sizeof(float), hipMemcpyDeviceToHost, stream_),
                                        "the logit lens"));
    GRETA_RETURN_IF_ERROR(finish("the logit lens"));
  }
  return {};
}

bool GpuBackend::lens(const float* residual_rows, uint32_t row_count, float* logits, BackendError* error) {
  const Status status = loaded_ ? rows_to_logits(residual_rows, row_count, logits) : Status(StatusCode::invalid_argument, "No model is loaded.");
  return status.ok() || fail(error, status);
}

bool GpuBackend::read_kv(uint32_t layer, uint32_t begin, uint32_t end, float* k, float* v, BackendError* error) {
  if (!loaded_ || layer >= memory_.model.layer_count || begin > end || end > cached_positions_)
    return fail(error, StatusCode::invalid_argument, "Positions %u to %u of layer %u are not in the cache of %u positions.", begin, end, layer,
                cached_positions_);
  // The trace area serves as the staging buffer: it holds at least one row of k and v.
  const uint32_t width = memory_.kv_width();
  const uint32_t most = static_cast<uint32_t>(uint64_t{memory_.trace_row_count} * memory_.trace_row.stride / (2 * width));
  for (uint32_t at = begin; at < end; at += most) {
    const uint32_t rows = std::min(most, end - at);
    float* keys = memory_.trace_rows;
    float* values = keys + uint64_t{rows} * width;
    read_cache(memory_.attention, memory_.layers[layer].cache, at, at + rows, keys, values, stream_);
    (void)hipMemcpyAsync(k + uint64_t{at - begin} * width, keys, uint64_t{rows} * width * sizeof(float), hipMemcpyDeviceToHost, stream_);
    (void)hipMemcpyAsync(v + uint64_t{at - begin} * width, values, uint64_t{rows} * width * sizeof(float), hipMemcpyDeviceToHost, stream_);
    if (const Status status = finish("reading the cache"); !status.ok()) return fail(error, status);
  }
  return true;
}

bool GpuBackend::run_operation(uint32_t layer, LayerPoint point, const float* const* inputs, uint32_t input_count, uint32_t token_count,
                               uint32_t position, float* output, BackendError* error) {
  (void)layer, (void)point, (void)inputs, (void)input_count, (void)token_count, (void)position, (void)output;
  return fail(error, StatusCode::unsupported, "Single operations are not available on %s yet; use the cpu or reference backend.", kName);
}

}  // namespace greta::gpu
