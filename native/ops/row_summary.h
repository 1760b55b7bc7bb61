// What the tracer computes from one row of a trace point: statistics and a hash of its bits.
#pragma once

#include <cstdint>

#include "base/trace_stats.h"

namespace greta::ops {

// min, max, mean, rms and absmax over the finite values of row[0..width), all 0 when there is none; counts of what is not
// finite and of zeros (either sign). saturated_count stays 0: the host stores f32. Sums in f64.
TraceStats row_statistics(const float* row, uint32_t width);

// FNV-1a (64 bit) over the bit patterns of the row's f32 words in order, each word xored in whole; never 0.
uint64_t row_hash(const float* row, uint32_t width);

// Index of the largest value, the lowest such index on ties; NaN never wins. 0 when every value is NaN. count >= 1.
uint32_t argmax(const float* values, uint32_t count);

}  // namespace greta::ops
