#include "ops/matmul.h"

#include <algorithm>
#include <cstring>

#include "ops/dequantize.h"

namespace greta::ops {
namespace {

// Input rows that are summed side by side.
constexpr uint32_t kLanes = 8;
// A vector of the compiler, not of an instruction set: the plainest x86-64 and arm64 have registers of this size.
typedef double Pair __attribute__((vector_size(2 * sizeof(double))));
constexpr uint32_t kPairs = kLanes / 2;

// Sums of two weight rows with kLanes input rows at once, `columns` being (cols, kLanes) f64. Each sum runs over c ascending,
// as a single one would; side by side they fill the vector registers and hide the latency of the additions. The same bits: a
// product of two f32 values is exact in f64. Two rows, because the columns come from the second cache level.
void dot_lanes(const float* row, const float* next_row, const double* columns, uint32_t cols, float (&y)[2][kLanes]) {
  Pair sums[kPairs] = {}, next_sums[kPairs] = {};
  for (uint32_t c = 0; c < cols; ++c) {
    const double w = row[c], next_w = next_row[c];
    for (uint32_t p = 0; p < kPairs; ++p) {
      Pair x;
      std::memcpy(&x, columns + static_cast<uint64_t>(c) * kLanes + 2 * p, sizeof x);
      sums[p] += w * x;
      next_sums[p] += next_w * x;
    }
  }
  for (uint32_t t = 0; t < kLanes; ++t) {
    y[0][t] = static_cast<float>(sums[t / 2][t % 2]);
    y[1][t] = static_cast<float>(next_sums[t / 2][t % 2]);
  }
}

float dot(const float* row, const float* x, uint32_t cols) {
  double sum = 0;
  for (uint32_t c = 0; c < cols; ++c) sum += static_cast<double>(row[c]) * x[c];
  return static_cast<float>(sum);
}

// Sums of kMatmulRows weight rows with one input row, side by side for the same reason.
void dot_rows(const float* rows, const float* x, uint32_t cols, float* y) {
  double sums[kMatmulRows] = {};
  for (uint32_t c = 0; c < cols; ++c) {
    const double value = x[c];
    for (uint32_t i = 0; i < kMatmulRows; ++i) sums[i] += rows[static_cast<uint64_t>(i) * cols + c] * value;
  }
  for (uint32_t i = 0; i < kMatmulRows; ++i) y[i] = static_cast<float>(sums[i]);
}

// (kLanes, cols) f32 rows as (cols, kLanes) f64.
void transpose_lanes(const float* x, uint32_t cols, double* columns) {
  for (uint32_t t = 0; t < kLanes; ++t)
    for (uint32_t c = 0; c < cols; ++c) columns[static_cast<uint64_t>(c) * kLanes + t] = x[static_cast<uint64_t>(t) * cols + c];
}

}  // namespace

void matmul(const WeightView& weight, uint32_t head_dim, const float* x, uint32_t tokens, uint32_t row_begin, uint32_t row_end, double* scratch,
            float* y, uint64_t y_stride) {
  const uint32_t cols = weight.cols;
  float* rows = reinterpret_cast<float*>(scratch);
  double* columns = scratch + static_cast<uint64_t>(cols) * kMatmulRows / 2;
  for (uint32_t first = 0; first < tokens; first += kMatmulTokens) {
    const uint32_t count = std::min(tokens - first, kMatmulTokens), grouped = count / kLanes * kLanes;
    const float* inputs = x + static_cast<uint64_t>(first) * cols;
    for (uint32_t t = 0; t < grouped; t += kLanes)
      transpose_lanes(inputs + static_cast<uint64_t>(t) * cols, cols, columns + static_cast<uint64_t>(t) * cols);
    for (uint32_t r = row_begin; r < row_end; r += kMatmulRows) {
      const uint32_t row_count = std::min(row_end - r, kMatmulRows);
      for (uint32_t i = 0; i < row_count; ++i)
        dequantize(weight.type, weight_row(weight, r + i, head_dim), cols, rows + static_cast<uint64_t>(i) * cols);
      float* output = y + static_cast<uint64_t>(first) * y_stride + r;
      for (uint32_t t = 0; t < grouped; t += kLanes) {
        for (uint32_t i = 0; i < row_count; i += 2) {
          const uint32_t next = std::min(i + 1, row_count - 1);
          float sums[2][kLanes];
          dot_lanes(rows + static_cast<uint64_t>(i) * cols, rows + static_cast<uint64_t>(next) * cols, columns + static_cast<uint64_t>(t) * cols,
                    cols, sums);
          for (uint32_t lane = 0; lane < kLanes; ++lane) {
            output[(t + lane) * y_stride + i] = sums[0][lane];
            output[(t + lane) * y_stride + next] = sums[1][lane];
          }
        }
      }
      for (uint32_t t = grouped; t < count; ++t) {
        const float* input = inputs + static_cast<uint64_t>(t) * cols;
        if (row_count == kMatmulRows)
          dot_rows(rows, input, cols, output + t * y_stride);
        else
          for (uint32_t i = 0; i < row_count; ++i) output[t * y_stride + i] = dot(rows + static_cast<uint64_t>(i) * cols, input, cols);
      }
    }
  }
}

}  // namespace greta::ops
