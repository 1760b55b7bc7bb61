// One request in progress: prefill, then the token loop or the teacher-forced walk. Lives for the length of Engine::run().
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "engine/engine.h"
#include "engine/prompt_lookup.h"

namespace greta {

class Run {
 public:
  Run(Engine& engine, const RunRequest& request, const std::function<void()>& wake);
  RunOutcome execute();

 private:
  using Clock = std::chrono::steady_clock;

  Status prepare();
  Status prefill(uint32_t begin, uint32_t end, bool last_row);
  Status generate();
  Status evaluate();
  // Each produces at least one token, or ends the run.
  Status step_with_logits();
  Status step_speculative();
  Status step_on_device();

  Status forward(uint32_t count, uint32_t position, LogitsRows rows, float* logits);
  // The trace taps of a forward() over `count` positions, with the staging buffers this request needs.
  ForwardTaps taps(uint32_t count);
  // Chooses the token after `position` from `row` and appends it; `id` < 0 in the result means that nothing could be chosen.
  Status choose(const float* row, uint32_t position, int32_t* id);
  Status emit_unchosen(const Status& failure, uint32_t position, const float* row, uint32_t staged, double step_milliseconds);
  // Sends the row of one evaluated position. `row` null = no logits; `staged` = its index in the last forward().
  Status emit(uint32_t position, int32_t id, const float* row, uint32_t staged, StepPhase phase, double step_milliseconds, bool speculated = false);
  void fill_distribution(const float* row, int32_t id, const StepSlot& slot);
  bool finished_by(int32_t id);
  bool room_for_more();
  double elapsed() const { return std::chrono::duration<double, std::milli>(Clock::now() - start_).count(); }
  void set_progress(uint32_t done);
  uint32_t full_rows_width() const;

  Engine& engine_;
  const RunRequest& request_;
  const std::function<void()>& wake_;
  RunOutcome outcome_;
  const Clock::time_point start_;

  std::vector<int32_t> sequence_;  // grows to at most the context
  std::vector<TensorCapture> captures_;
  std::vector<std::vector<float>> capture_staging_;
  LogitsSummary summary_;
  SampledToken sampled_;
  uint32_t chunk_ = 1;
  uint32_t device_steps_ = 1;   // tokens that a device decodes on its own at a time
  uint32_t forward_count_ = 1;  // positions of the last forward()
  double forward_milliseconds_ = 0, sampling_milliseconds_ = 0;
  double token_milliseconds_ = 0;  // when the last token was finished
  bool done_ = false;
};

}  // namespace greta
