// Statistics of a stored weight, streamed: a 500 MB tensor needs one row of memory.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/dtype.h"
#include "base/status.h"

namespace greta {

// min .. absmax over the finite weights (0 when there is none), as TraceStats; sums in f64.
struct TensorStatistics {
  double min = 0, max = 0, mean = 0, rms = 0, absmax = 0;
  uint64_t count = 0, nan_count = 0, positive_infinity_count = 0, negative_infinity_count = 0, zero_count = 0;
  std::vector<uint64_t> histogram;  // equal bins over [min, max]; the last includes max
};

// data: rows x cols weights of `type`. `bins` = 0 skips the histogram's pass. keep_going() is asked between rows.
Status tensor_statistics(DType type, const uint8_t* data, uint64_t rows, uint64_t cols, uint32_t bins, const std::function<bool()>& keep_going,
                         TensorStatistics* statistics);

}  // namespace greta
