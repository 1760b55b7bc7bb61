// One model on one backend with one KV cache. Everything is allocated by load(); run() and the inspections allocate only
// what their request needs, before their first token. All methods but those marked "any thread" belong to the engine's thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "base/status.h"
#include "engine/logits_history.h"
#include "engine/model_spec.h"
#include "engine/run_request.h"
#include "engine/sampler.h"
#include "engine/step_queue.h"

namespace greta {

struct EngineOptions {
  std::string backend = "cpu";
  std::vector<std::string> backend_folders;  // where shared libraries are looked for
  LoadOptions load{};
  uint64_t logits_history_bytes = 0;
  bool background = false;  // its threads give way to others (base/thread_priority.h)
};

struct EnginePlan {
  MemoryPlan backend{};
  uint64_t logits_history_bytes = 0;
  uint64_t engine_bytes = 0;  // step queue, trace staging, sampler
  std::string backend_name, device_description;
};

struct RunProgress {
  uint32_t done = 0, total = 0, reused = 0;
};

class Engine {
 public:
  // What load() would take, without taking it. Maps the files (no page is read).
  static Status plan(const ModelSpec& spec, const EngineOptions& options, EnginePlan* plan);

  // progress(fraction) is called on the calling thread or a backend's; false cancels. Once.
  Status load(const ModelSpec& spec, const EngineOptions& options, const std::function<bool(float)>& progress);
  const EnginePlan& loaded_plan() const { return plan_; }
  const ModelDescription& model() const { return mapped_->description(); }

  // `wake` is called (on the engine's thread) whenever steps() or progress() has news.
  RunOutcome run(const RunRequest& request, const std::function<void()>& wake);

  // The logits computed at the last of `ids`. Evaluates what the cache lacks.
  Status evaluate_row(const std::vector<int32_t>& ids, float* logits);
  // Rows of trace points at positions [from, ids.size()); destinations[i] has room for (ids.size()-from) x trace_width(points[i]).
  Status capture(const std::vector<int32_t>& ids, uint32_t from, const std::vector<uint32_t>& points, const std::vector<Fault>& faults,
                 const std::vector<float*>& destinations);
  // Logit lens at the last of `ids`: layer_count x vocabulary.
  Status lens(const std::vector<int32_t>& ids, float* logits);
  // One operation on given inputs (row-major, token_count rows each); output is sized here.
  Status run_operation(uint32_t layer, uint32_t point, const std::vector<std::vector<float>>& inputs, uint32_t token_count, uint32_t position,
                       std::vector<float>* output);
  Status read_kv(uint32_t layer, uint32_t begin, uint32_t end, float* k, float* v);

  // Any thread.
  void request_cancel() { __atomic_store_n(&cancel_flag_, 1u, __ATOMIC_RELEASE); }
  void clear_cancel() { __atomic_store_n(&cancel_flag_, 0u, __ATOMIC_RELEASE); }
  bool cancel_requested() const { return __atomic_load_n(&cancel_flag_, __ATOMIC_ACQUIRE) != 0; }
  StepQueue& steps() { return steps_; }
  LogitsHistory& history() { return history_; }
  void reset_progress() { progress_done_ = progress_total_ = progress_reused_ = 0; }
  RunProgress progress() const { return {progress_done_.load(), progress_total_.load(), progress_reused_.load()}; }

 private:
  friend class Run;

  Status check_ids(const std::vector<int32_t>& ids) const;
  uint32_t shared_with_cache(const std::vector<int32_t>& ids) const;
  // One forward() and the book-keeping of what the cache holds.
  Status forward(const int32_t* tokens, uint32_t count, uint32_t position, LogitsRows rows, float* logits, const ForwardTaps& taps,
                 const std::vector<Fault>& faults);
  // Evaluates ids[shared, end) without logits.
  Status fill_cache(const std::vector<int32_t>& ids, uint32_t end);

  std::unique_ptr<MappedModel> mapped_;
  std::unique_ptr<Backend> backend_;
  EngineOptions options_;
  EnginePlan plan_;
  std::unique_ptr<Sampler> sampler_;
  LogitsHistory history_;
  StepQueue steps_;
  std::vector<int32_t> cached_ids_;          // the tokens whose k and v the cache holds
  std::vector<TraceStats> stats_staging_;    // batch x trace points
  std::vector<uint64_t> hashes_staging_;     // batch x trace points
  std::vector<uint64_t> block_nanoseconds_;  // (layers + 1) x kTimedBlockCount
  bool greedy_loop_ = true;                  // until the backend says it has none
  uint32_t cancel_flag_ = 0;
  std::atomic<uint32_t> progress_done_{0}, progress_total_{0}, progress_reused_{0};
};

}  // namespace greta
