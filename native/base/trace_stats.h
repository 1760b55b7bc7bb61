// Statistics of one tensor row: the unit of everything the workbench shows below the logits.
#pragma once

#include <cstdint>

namespace greta {

// Statistics of one tensor row (one token at one trace point). min, max, mean, rms and absmax are over the finite values
// only (0 when there is none); the counts say what was left out. 40 bytes, sent to the page as it is.
struct TraceStats {
  float min, max, mean, rms, absmax;
  uint32_t nan_count, positive_infinity_count, negative_infinity_count, zero_count;
  uint32_t saturated_count;  // |value| at or above the largest f16 (65504), where the device stores f16; else 0
};
static_assert(sizeof(TraceStats) == 40);

}  // namespace greta
