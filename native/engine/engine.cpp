#include "engine/engine.h"

#include <algorithm>
#include <cstring>

#include "backend/point_shapes.h"
#include "base/thread_priority.h"
#include "engine/backend_registry.h"
#include "engine/prompt_lookup.h"

namespace greta {

namespace {

constexpr uint64_t kPrefaultStepBytes = uint64_t{64} << 20;
// Share of the load's progress bar that reading the file takes; the backend's own preparation is the rest.
constexpr float kReadingShare = 0.5f;
constexpr uint64_t kStepQueueBytes = uint64_t{16} << 20;

// Speculation writes a draft's rows at once, evaluation a batch of them.
uint32_t history_rows(const EngineOptions& options, uint32_t vocabulary_size) {
  const uint64_t row = uint64_t{vocabulary_size} * sizeof(float);
  const uint64_t affordable = options.logits_history_bytes / row;
  const uint64_t most = std::max<uint64_t>(options.load.context_capacity, kMaxDraft + 1);
  return static_cast<uint32_t>(std::clamp<uint64_t>(affordable, kMaxDraft + 1, most));
}

void fill_engine_plan(const EngineOptions& options, const ModelDescription& model, const Backend& backend, EnginePlan* plan) {
  const uint64_t points = trace_point_count(model.layer_count);
  plan->logits_history_bytes = uint64_t{history_rows(options, model.vocab_size)} * model.vocab_size * sizeof(float);
  plan->engine_bytes = kStepQueueBytes + Sampler::scratch_bytes(model.vocab_size) +
                       options.load.batch_capacity * points * (sizeof(TraceStats) + sizeof(uint64_t)) + uint64_t{options.load.context_capacity} * 8;
  plan->backend_name = backend.name();
  plan->device_description = backend.device_description();
}

struct ProgressBridge {
  const std::function<bool(float)>* progress;
  static bool call(void* context, float fraction) {
    return (*static_cast<ProgressBridge*>(context)->progress)(kReadingShare + (1 - kReadingShare) * fraction);
  }
};

Status read_files(const MappedModel& model, const std::function<bool(float)>& progress) {
  const uint64_t total = model.mapped_bytes();
  uint64_t done = 0;
  for (const auto& file : model.files()) {
    for (uint64_t offset = 0; offset < file->size(); offset += kPrefaultStepBytes) {
      const uint64_t bytes = std::min(kPrefaultStepBytes, file->size() - offset);
      GRETA_RETURN_IF_ERROR(file->prefault(offset, bytes));
      done += bytes;
      if (!progress(kReadingShare * static_cast<float>(done) / static_cast<float>(total))) return {StatusCode::cancelled, "Loading was cancelled."};
    }
  }
  return {};
}

}  // namespace

Status Engine::plan(const ModelSpec& spec, const EngineOptions& options, EnginePlan* plan) {
  std::unique_ptr<MappedModel> mapped;
  GRETA_RETURN_IF_ERROR(MappedModel::open(spec, &mapped));
  std::unique_ptr<Backend> backend;
  GRETA_RETURN_IF_ERROR(create_backend(options.backend, options.backend_folders, &backend));
  BackendError error{};
  if (!backend->plan(mapped->description(), options.load, &plan->backend, &error)) return backend_failure(*backend, error);
  fill_engine_plan(options, mapped->description(), *backend, plan);
  return {};
}

Status Engine::load(const ModelSpec& spec, const EngineOptions& options, const std::function<bool(float)>& progress) {
  options_ = options;
  // Before the backend starts its threads: they are as this one.
  if (options.background) run_in_background();
  GRETA_RETURN_IF_ERROR(MappedModel::open(spec, &mapped_));
  GRETA_RETURN_IF_ERROR(create_backend(options.backend, options.backend_folders, &backend_));
  BackendError error{};
  const ModelDescription& model = mapped_->description();
  if (!backend_->plan(model, options.load, &plan_.backend, &error)) return backend_failure(*backend_, error);
  fill_engine_plan(options, model, *backend_, &plan_);
  GRETA_RETURN_IF_ERROR(read_files(*mapped_, progress));

  ProgressBridge bridge{&progress};
  if (!backend_->load(model, options.load, &ProgressBridge::call, &bridge, &error)) return backend_failure(*backend_, error);
  GRETA_RETURN_IF_ERROR(mapped_->check_intact());

  const size_t traced = static_cast<size_t>(options.load.batch_capacity) * trace_point_count(model.layer_count);
  sampler_ = std::make_unique<Sampler>(model.vocab_size);
  if (!history_.allocate(history_rows(options, model.vocab_size), model.vocab_size, options.load.context_capacity))
    return {StatusCode::out_of_memory, "The system refused the memory of the logits history."};
  cached_ids_.reserve(options.load.context_capacity);
  stats_staging_.resize(traced);
  hashes_staging_.resize(traced);
  block_nanoseconds_.resize(static_cast<size_t>(model.layer_count + 1) * kTimedBlockCount);
  return {};
}

Status Engine::check_ids(const std::vector<int32_t>& ids) const {
  const uint32_t vocabulary = model().vocab_size, context = options_.load.context_capacity;
  if (ids.empty()) return {StatusCode::invalid_argument, "The prompt is empty: at least one token is needed."};
  if (ids.size() > context)
    return {StatusCode::invalid_argument,
            "The sequence has " + std::to_string(ids.size()) + " tokens; the context of this load holds " + std::to_string(context) + "."};
  for (size_t index = 0; index < ids.size(); ++index) {
    if (ids[index] >= 0 && static_cast<uint32_t>(ids[index]) < vocabulary) continue;
    return {StatusCode::invalid_argument, "Token id " + std::to_string(ids[index]) + " at position " + std::to_string(index) +
                                              " is not in the vocabulary [0, " + std::to_string(vocabulary) + ")."};
  }
  return {};
}

uint32_t Engine::shared_with_cache(const std::vector<int32_t>& ids) const {
  const size_t most = std::min(ids.size(), cached_ids_.size());
  size_t shared = 0;
  while (shared < most && ids[shared] == cached_ids_[shared]) ++shared;
  return static_cast<uint32_t>(shared);
}

Status Engine::forward(const int32_t* tokens, uint32_t count, uint32_t position, LogitsRows rows, float* logits, const ForwardTaps& taps,
                       const std::vector<Fault>& faults) {
  ForwardInput input{};
  input.tokens = tokens;
  input.token_count = count;
  input.position = position;
  input.logits_rows = rows;
  input.logits = logits;
  input.taps = taps;
  input.faults = faults.empty() ? nullptr : faults.data();
  input.fault_count = static_cast<uint32_t>(faults.size());
  input.cancel_flag = &cancel_flag_;
  // Whatever was cached from here on is about to be overwritten; after a failure nothing of it can be relied on.
  if (cached_ids_.size() > position) cached_ids_.resize(position);
  history_.rewind(position);
  BackendError error{};
  if (!backend_->forward(input, &error)) return backend_failure(*backend_, error);
  GRETA_RETURN_IF_ERROR(mapped_->check_intact());
  cached_ids_.insert(cached_ids_.end(), tokens, tokens + count);
  return {};
}

Status Engine::fill_cache(const std::vector<int32_t>& ids, uint32_t end) {
  uint32_t position = std::min(shared_with_cache(ids), end);
  while (position < end) {
    const uint32_t count = std::min(options_.load.batch_capacity, end - position);
    GRETA_RETURN_IF_ERROR(forward(ids.data() + position, count, position, LogitsRows::none, nullptr, {}, {}));
    position += count;
  }
  return {};
}

}  // namespace greta
