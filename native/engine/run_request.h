// A request to the engine and what became of it.
#pragma once

#include <cstdint>
#include <vector>

#include "backend/backend.h"
#include "base/status.h"
#include "engine/sampler.h"

namespace greta {

enum class RunKind : uint32_t {
  generate,  // prefill the sequence, then choose token after token
  evaluate,  // teacher-forced: the distribution at every position from `from` on
};

struct TraceRequest {
  bool stats = false, hashes = false, block_times = false;
  std::vector<uint32_t> captures;  // trace indices
  bool any() const { return stats || hashes || block_times || !captures.empty(); }
};

struct RunRequest {
  RunKind kind = RunKind::generate;
  std::vector<int32_t> ids;   // the whole sequence; what it shares with the cache is not evaluated again
  uint32_t candidates = 0;    // <= kMaxCandidates; 0 = no summary of the distribution at all
  uint32_t prompt_chunk = 0;  // tokens a forward() while prefilling; 0 = the load's batch
  bool ignore_cache = false;
  TraceRequest trace;
  std::vector<Fault> faults;  // the cache is not reused before nor kept after a run with faults

  // generate
  uint32_t max_tokens = 0;
  SamplerSettings sampling;
  std::vector<int32_t> stop_ids;
  bool speculate = false;  // ignored unless sampling.plain_greedy()

  // evaluate
  uint32_t from = 0;
  bool logits = true, full_rows = false;
};

enum class FinishReason : uint32_t { length, end_of_generation, context_full, cancelled, failed, evaluated };

struct RunOutcome {
  FinishReason reason = FinishReason::failed;
  Status status;
  uint32_t reused_tokens = 0, cached_length = 0, generated_tokens = 0;
  double prefill_milliseconds = 0, first_token_milliseconds = -1, decode_milliseconds = 0, total_milliseconds = 0;
  uint64_t drafted_tokens = 0, accepted_tokens = 0;
  uint64_t nan_count = 0, queue_waits = 0;
};

}  // namespace greta
