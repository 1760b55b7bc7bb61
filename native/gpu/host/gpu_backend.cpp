#include "gpu/host/gpu_backend.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "backend/backend_error.h"
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
  GRETA_RETURN_IF_ERROR(device_status(hipHostMalloc(&made->progress_, sizeof(uint32_t), hipHostMallocDefault), "allocating host memory"));
  *made->progress_ = 0;
  made->processors_ = static_cast<uint32_t>(processors);
  // Tuning for benchmarks: thread blocks a processor for one-token products, overlap of consecutive kernels (NVIDIA), and
  // whether kernels note where they are.
  const char* notes = std::getenv("GRETA_GPU_PROGRESS");
  made->notes_progress_ = !notes || notes[0] != '0';
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
  if (progress_) (void)hipHostFree(progress_);
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

Status GpuBackend::checked(hipError_t error, const char* what) const {
  if (error == hipSuccess) return {};
  if (!notes_progress_) return device_status(error, std::string(what) + " (" + tokens_in_work_ + ")");
  const uint32_t reached = *static_cast<volatile uint32_t*>(progress_);
  const Stage stage = static_cast<Stage>(reached % 8);
  std::string block = kStageNames[reached % 8];
  if (stage != Stage::embedding && stage != Stage::lm_head) block += " of layer " + std::to_string(reached / 8);
  return device_status(error, std::string(what) + " (last block: " + block + ", " + tokens_in_work_ + ")");
}

Status GpuBackend::finish(const char* what) {
  GRETA_RETURN_IF_ERROR(checked(hipGetLastError(), what));
  return checked(hipStreamSynchronize(stream_), what);
}

}  // namespace greta::gpu
