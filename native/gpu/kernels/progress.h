// What a person learns when a kernel faults: every block of a token notes, as its kernel starts, its number in host memory.
// One posted write of four bytes by one thread; after a fault nothing on the device can be read any more, host memory can.
#pragma once

#include "gpu/gx/gx.h"

namespace greta::gpu {

enum class Stage : uint32_t { embedding, qkv, attention, attention_output, gate_up, down, lm_head };
inline constexpr const char* kStageNames[] = {
    "token embedding", "query, key and value projections", "attention", "attention output projection", "gate and up projections", "down projection",
    "output head"};

struct Progress {
  uint32_t* host;  // pinned; null = not wanted
  uint32_t value;
};
constexpr uint32_t progress_value(uint32_t layer, Stage stage) { return layer * 8 + static_cast<uint32_t>(stage); }

GX_DEVICE void note(const Progress& progress) {
  if (progress.host && threadIdx.x == 0 && blockIdx.x == 0 && blockIdx.y == 0 && blockIdx.z == 0) gx::store_to_host(progress.host, progress.value);
}

}  // namespace greta::gpu
