// One token as a captured graph: which graph a position needs, capture, self-check, launch.
#include <algorithm>
#include <cstring>

#include "gpu/host/gpu_backend.h"

namespace greta::gpu {

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

Status GpuBackend::launch_mode(Mode mode, uint32_t position) {
  const uint32_t bucket = chunk_bucket(position);
  const auto graph = graphs_.find({mode, bucket});
  if (!use_graphs_ || !graphs_work_ || graph == graphs_.end()) {
    enqueue_one(mode, bucket, nullptr);
    return checked(hipGetLastError(), "launching a token");
  }
  return checked(hipGraphLaunch(graph->second, stream_), "launching a token's graph");
}

}  // namespace greta::gpu
