#include "engine/run.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "backend/point_shapes.h"
#include "engine/backend_registry.h"

namespace greta {

namespace {

// A device's own greedy loop cannot be cancelled in between: it is asked for as many tokens as take about this long.
constexpr double kDeviceBurstMilliseconds = 30;
constexpr uint32_t kMostDeviceSteps = 32;
constexpr uint64_t kCaptureStagingBytes = uint64_t{64} << 20;

}  // namespace

RunOutcome Engine::run(const RunRequest& request, const std::function<void()>& wake) { return Run(*this, request, wake).execute(); }

Run::Run(Engine& engine, const RunRequest& request, const std::function<void()>& wake)
    : engine_(engine), request_(request), wake_(wake), start_(Clock::now()) {}

RunOutcome Run::execute() {
  Status status = prepare();
  if (status.ok()) status = request_.kind == RunKind::generate ? generate() : evaluate();
  outcome_.status = status;
  if (!status.ok()) outcome_.reason = status.code() == StatusCode::cancelled ? FinishReason::cancelled : FinishReason::failed;
  if (!request_.faults.empty()) engine_.cached_ids_.clear();
  outcome_.cached_length = static_cast<uint32_t>(engine_.cached_ids_.size());
  outcome_.total_milliseconds = elapsed();
  if (outcome_.generated_tokens > 0) outcome_.decode_milliseconds = token_milliseconds_ - outcome_.first_token_milliseconds;
  outcome_.queue_waits = engine_.steps_.wait_count();
  return outcome_;
}

Status Run::prepare() {
  GRETA_RETURN_IF_ERROR(engine_.check_ids(request_.ids));
  const ModelDescription& model = engine_.model();
  const uint32_t context = engine_.options_.load.context_capacity, batch = engine_.options_.load.batch_capacity;
  if (request_.kind == RunKind::generate) GRETA_RETURN_IF_ERROR(check_sampler_settings(request_.sampling, model.vocab_size));
  if (request_.kind == RunKind::evaluate && request_.from >= request_.ids.size())
    return {StatusCode::invalid_argument,
            "Evaluation from position " + std::to_string(request_.from) + " of a sequence of " + std::to_string(request_.ids.size()) + "."};

  sequence_.reserve(context);
  sequence_ = request_.ids;
  chunk_ = request_.prompt_chunk == 0 ? batch : std::min(request_.prompt_chunk, batch);

  StepLayout layout;
  layout.candidates = std::min({request_.candidates, kMaxCandidates, model.vocab_size});
  const uint32_t points = trace_point_count(model.layer_count);
  if (request_.trace.block_times) layout.blocks = (model.layer_count + 1) * kTimedBlockCount;
  if (request_.trace.stats) layout.stats = points;
  if (request_.trace.hashes) layout.hashes = points;
  for (const uint32_t index : request_.trace.captures) {
    const uint32_t width = trace_width(model, index);
    if (width == 0) return {StatusCode::invalid_argument, "Trace index " + std::to_string(index) + " is not a trace point of this model."};
    layout.capture_width += width;
    captures_.push_back({index, width, nullptr});
  }
  layout.logits_width = full_rows_width();
  if (layout.capture_width > 0) {
    const uint64_t affordable = std::max<uint64_t>(1, kCaptureStagingBytes / (uint64_t{layout.capture_width} * sizeof(float)));
    chunk_ = static_cast<uint32_t>(std::min<uint64_t>(chunk_, affordable));
    const uint32_t rows = std::max(chunk_, kMaxDraft + 1);
    for (const TensorCapture& capture : captures_) capture_staging_.emplace_back(static_cast<size_t>(rows) * capture.width);
  }
  constexpr uint64_t kQueueBytes = uint64_t{16} << 20;
  const uint32_t rows = static_cast<uint32_t>(std::clamp<uint64_t>(kQueueBytes / layout.row_bytes(), 16, uint64_t{context} + 1));
  engine_.steps_.configure(layout, rows);
  if (request_.ignore_cache || !request_.faults.empty()) engine_.cached_ids_.clear();
  return {};
}

uint32_t Run::full_rows_width() const {
  return request_.kind == RunKind::evaluate && request_.full_rows && request_.logits ? engine_.model().vocab_size : 0;
}

void Run::set_progress(uint32_t done) {
  engine_.progress_done_ = done;
  wake_();
}

ForwardTaps Run::taps(uint32_t count) {
  ForwardTaps taps{};
  const TraceRequest& trace = request_.trace;
  if (trace.stats) taps.stats = engine_.stats_staging_.data();
  if (trace.hashes) taps.hashes = engine_.hashes_staging_.data();
  if (trace.block_times) {
    std::fill(engine_.block_nanoseconds_.begin(), engine_.block_nanoseconds_.end(), 0);
    taps.block_nanoseconds = engine_.block_nanoseconds_.data();
  }
  for (size_t i = 0; i < captures_.size(); ++i) captures_[i].destination = capture_staging_[i].data();
  taps.captures = captures_.empty() ? nullptr : captures_.data();
  taps.capture_count = static_cast<uint32_t>(captures_.size());
  (void)count;
  return taps;
}

Status Run::forward(uint32_t count, uint32_t position, LogitsRows rows, float* logits) {
  const Clock::time_point begin = Clock::now();
  GRETA_RETURN_IF_ERROR(engine_.forward(&sequence_[position], count, position, rows, logits, taps(count), request_.faults));
  forward_count_ = count;
  forward_milliseconds_ = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  sampling_milliseconds_ = 0;
  return {};
}

// Evaluates [begin, end) in chunks. With `last_row` the final chunk ends before the last position, whose logits the first
// step needs: that position is left to the caller's first forward() unless the chunk can take it along.
Status Run::prefill(uint32_t begin, uint32_t end, bool last_row) {
  const bool traced = request_.trace.any();
  for (uint32_t position = begin; position < end;) {
    if (engine_.cancel_requested()) return {StatusCode::cancelled, "The request was cancelled."};
    const uint32_t count = std::min(chunk_, end - position);
    const bool with_row = last_row && position + count == end;
    float* row = with_row ? engine_.history_.claim(1) : nullptr;
    GRETA_RETURN_IF_ERROR(forward(count, position, with_row ? LogitsRows::last : LogitsRows::none, row));
    const double each = forward_milliseconds_ / count;
    const uint32_t silent = with_row ? count - 1 : count;
    for (uint32_t i = 0; traced && i < silent; ++i)
      GRETA_RETURN_IF_ERROR(emit(position + i, sequence_[position + i + 1], nullptr, i, StepPhase::prompt, each));
    position += count;
    set_progress(position);
    if (!with_row) continue;
    engine_.history_.assign(0, end - 1);
    outcome_.prefill_milliseconds = elapsed();
    if (request_.max_tokens == 0 || !room_for_more()) return {};
    int32_t id = -1;
    const Status chosen = choose(row, end - 1, &id);
    if (!chosen.ok()) return emit_unchosen(chosen, end - 1, row, count - 1, each);
    outcome_.first_token_milliseconds = elapsed();
    GRETA_RETURN_IF_ERROR(emit(end - 1, id, row, count - 1, StepPhase::generated, each + sampling_milliseconds_));
    done_ = finished_by(id);
  }
  return {};
}

Status Run::generate() {
  const uint32_t length = static_cast<uint32_t>(sequence_.size());
  // The last token is evaluated in any case: its logits choose the first new one.
  const uint32_t reused = std::min(engine_.shared_with_cache(sequence_), length - 1);
  outcome_.reused_tokens = reused;
  engine_.progress_total_ = length;
  engine_.progress_reused_ = reused;
  set_progress(reused);
  outcome_.reason = FinishReason::length;
  GRETA_RETURN_IF_ERROR(prefill(reused, length, true));
  while (!done_ && outcome_.generated_tokens < request_.max_tokens && room_for_more()) {
    if (engine_.cancel_requested()) return {StatusCode::cancelled, "The request was cancelled."};
    const bool greedy = request_.sampling.plain_greedy();
    if (greedy && request_.speculate)
      GRETA_RETURN_IF_ERROR(step_speculative());
    else if (greedy && engine_.greedy_loop_ && request_.candidates == 0 && !request_.trace.any() && request_.faults.empty())
      GRETA_RETURN_IF_ERROR(step_on_device());
    else
      GRETA_RETURN_IF_ERROR(step_with_logits());
  }
  return {};
}

bool Run::room_for_more() {
  if (sequence_.size() < engine_.options_.load.context_capacity) return true;
  outcome_.reason = FinishReason::context_full;
  return false;
}

bool Run::finished_by(int32_t id) {
  if (std::find(request_.stop_ids.begin(), request_.stop_ids.end(), id) == request_.stop_ids.end()) return false;
  outcome_.reason = FinishReason::end_of_generation;
  return true;
}

Status Run::step_with_logits() {
  const uint32_t position = static_cast<uint32_t>(sequence_.size()) - 1;
  float* row = engine_.history_.claim(1);
  GRETA_RETURN_IF_ERROR(forward(1, position, LogitsRows::last, row));
  engine_.history_.assign(0, position);
  int32_t id = -1;
  const Status chosen = choose(row, position, &id);
  if (!chosen.ok()) return emit_unchosen(chosen, position, row, 0, elapsed() - token_milliseconds_);
  GRETA_RETURN_IF_ERROR(emit(position, id, row, 0, StepPhase::generated, elapsed() - token_milliseconds_));
  done_ = finished_by(id);
  return {};
}

// One batch judges a guess: the tokens that the model would have chosen itself stay, the rest is forgotten. The logits of a
// position do not depend on the batch it is evaluated in, so the output is that of plain greedy decoding, bit for bit.
Status Run::step_speculative() {
  const uint32_t position = static_cast<uint32_t>(sequence_.size()) - 1;
  const uint32_t context = engine_.options_.load.context_capacity, batch = engine_.options_.load.batch_capacity;
  const uint32_t most = std::min({kMaxDraft, request_.max_tokens - outcome_.generated_tokens - 1, context - position - 2, batch - 1});
  int32_t draft[kMaxDraft] = {};
  const uint32_t drafted = most == 0 ? 0 : draft_by_lookup(sequence_.data(), position + 1, most, draft);
  if (drafted == 0) return step_with_logits();
  sequence_.insert(sequence_.end(), draft, draft + drafted);
  float* rows = engine_.history_.claim(drafted + 1);
  const Status status = forward(drafted + 1, position, LogitsRows::all, rows);
  sequence_.resize(position + 1);
  GRETA_RETURN_IF_ERROR(status);
  outcome_.drafted_tokens += drafted;

  const uint32_t vocabulary = engine_.model().vocab_size;
  const double each = (elapsed() - token_milliseconds_) / (drafted + 1);
  for (uint32_t i = 0; i <= drafted && !done_; ++i) {
    const float* row = rows + static_cast<size_t>(i) * vocabulary;
    engine_.history_.assign(i, position + i);
    int32_t id = -1;
    const Status chosen = choose(row, position + i, &id);
    if (!chosen.ok()) return emit_unchosen(chosen, position + i, row, i, each);
    const bool agreed = i < drafted && id == draft[i];
    outcome_.accepted_tokens += agreed;
    GRETA_RETURN_IF_ERROR(emit(position + i, id, row, i, StepPhase::generated, each, agreed));
    done_ = finished_by(id);
    if (!agreed) break;
  }
  // What the cache holds of rejected guesses is overwritten by the next forward().
  engine_.cached_ids_.resize(std::min(engine_.cached_ids_.size(), sequence_.size() - 1));
  return {};
}

Status Run::step_on_device() {
  const uint32_t position = static_cast<uint32_t>(sequence_.size()) - 1;
  const uint32_t context = engine_.options_.load.context_capacity;
  const uint32_t steps = std::min({device_steps_, request_.max_tokens - outcome_.generated_tokens, context - position - 1});
  int32_t produced[kMostDeviceSteps];
  uint32_t count = 0;
  BackendError error{};
  const bool decoded = engine_.backend_->decode_greedy(sequence_[position], position, steps, request_.stop_ids.data(),
                                                       static_cast<uint32_t>(request_.stop_ids.size()), produced, &count, &error);
  if (!decoded) {
    if (error.code != static_cast<uint32_t>(StatusCode::unsupported)) return backend_failure(*engine_.backend_, error);
    engine_.greedy_loop_ = false;
    return step_with_logits();
  }
  GRETA_RETURN_IF_ERROR(engine_.mapped_->check_intact());
  if (count == 0 || count > steps) return {StatusCode::internal, std::string("Backend ") + engine_.backend_->name() + " decoded no token."};
  const double each = (elapsed() - token_milliseconds_) / count;
  device_steps_ = static_cast<uint32_t>(std::clamp(kDeviceBurstMilliseconds / each, 1.0, static_cast<double>(kMostDeviceSteps)));
  for (uint32_t i = 0; i < count; ++i) {
    engine_.cached_ids_.push_back(sequence_.back());
    sequence_.push_back(produced[i]);
    ++outcome_.generated_tokens;
    GRETA_RETURN_IF_ERROR(emit(position + i, produced[i], nullptr, 0, StepPhase::generated, each));
    done_ = finished_by(produced[i]);
  }
  return {};
}

Status Run::evaluate() {
  const uint32_t length = static_cast<uint32_t>(sequence_.size());
  const uint32_t reused = std::min(engine_.shared_with_cache(sequence_), request_.from);
  outcome_.reused_tokens = reused;
  outcome_.reason = FinishReason::evaluated;
  engine_.progress_total_ = length;
  engine_.progress_reused_ = reused;
  set_progress(reused);
  GRETA_RETURN_IF_ERROR(prefill(reused, request_.from, false));
  const uint32_t vocabulary = engine_.model().vocab_size;
  const uint32_t chunk = request_.logits ? std::min(chunk_, engine_.history_.row_capacity()) : chunk_;
  for (uint32_t position = request_.from; position < length;) {
    if (engine_.cancel_requested()) return {StatusCode::cancelled, "The request was cancelled."};
    const uint32_t count = std::min(chunk, length - position);
    float* rows = request_.logits ? engine_.history_.claim(count) : nullptr;
    GRETA_RETURN_IF_ERROR(forward(count, position, request_.logits ? LogitsRows::all : LogitsRows::none, rows));
    const double each = forward_milliseconds_ / count;
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t here = position + i;
      const float* row = rows == nullptr ? nullptr : rows + static_cast<size_t>(i) * vocabulary;
      if (row != nullptr) {
        engine_.history_.assign(i, here);
        if (request_.candidates > 0) summarise_logits(row, vocabulary, request_.candidates, &summary_);
      }
      GRETA_RETURN_IF_ERROR(emit(here, here + 1 < length ? sequence_[here + 1] : -1, row, i, StepPhase::prompt, each));
    }
    position += count;
    set_progress(position);
  }
  outcome_.prefill_milliseconds = elapsed();
  return {};
}

Status Run::choose(const float* row, uint32_t position, int32_t* id) {
  const Clock::time_point begin = Clock::now();
  const uint32_t vocabulary = engine_.model().vocab_size;
  if (request_.candidates > 0) summarise_logits(row, vocabulary, request_.candidates, &summary_);
  if (request_.sampling.plain_greedy() && request_.candidates > 0 && summary_.candidate_count > 0 && !std::isinf(summary_.candidate_logits[0]))
    sampled_ = {summary_.candidate_ids[0], 0, vocabulary - summary_.nan_count};
  else
    sampled_ = engine_.sampler_->sample(row, request_.sampling, sequence_.data(), static_cast<uint32_t>(sequence_.size()), position + 1);
  sampling_milliseconds_ = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  *id = sampled_.id;
  if (*id < 0)
    return {StatusCode::invalid_argument, "No token can be chosen for position " + std::to_string(position + 1) + ": after token id " +
                                              std::to_string(sequence_[position]) + " (generated token " +
                                              std::to_string(outcome_.generated_tokens + 1) + ") every logit is NaN, -Inf or forbidden."};
  // A speculative batch holds the guess at this place already; elsewhere this appends.
  sequence_.resize(position + 1);
  sequence_.push_back(*id);
  ++outcome_.generated_tokens;
  return {};
}

}  // namespace greta
