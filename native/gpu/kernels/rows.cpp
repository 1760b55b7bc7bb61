#include "gpu/kernels/rows.h"

#include "gpu/kernels/packed_format.h"
#include "gpu/kernels/reduce.h"

namespace greta::gpu {
namespace {

__global__ GX_BOUNDS(kBlockThreads, 1) void norm_kernel(const float* input, const float* weight, uint32_t columns, float epsilon, uint16_t* operand,
                                                        uint32_t operand_stride, float* f32, uint32_t f32_stride) {
  GX_SHARED(float, sums, [kWaves]);
  const float* row = input + uint64_t{blockIdx.x} * columns;
  RowQuads held;
  RowQuads::load(held, row, columns);
  const float scale = inverse_rms(held, row, columns, epsilon, sums);
  for (uint32_t i = threadIdx.x; i < columns; i += kBlockThreads) {
    const float y = row[i] * scale * weight[i];
    operand[uint64_t{blockIdx.x} * operand_stride + operand_position(i)] = gx::float_to_half(y);
    if (f32) f32[uint64_t{blockIdx.x} * f32_stride + i] = y;
  }
}

__global__ GX_BOUNDS(256, 1) void to_operand_kernel(const float* input, uint32_t columns, uint16_t* operand, uint32_t operand_stride) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < columns)
    operand[uint64_t{blockIdx.y} * operand_stride + operand_position(i)] = gx::float_to_half(input[uint64_t{blockIdx.y} * columns + i]);
}

struct Best {
  float value;
  int32_t id;
};
GX_DEVICE bool better(const Best& a, const Best& b) { return a.value > b.value || (a.value == b.value && a.id < b.id); }
// A thousand threads: one block reads the whole row from the cache.
constexpr int kArgmaxWaves = 1024 / GX_WAVE;
__global__ GX_BOUNDS(1024, 1) void argmax_kernel(const float* logits, uint32_t count, DecodeState* state, int32_t* list) {
  GX_SHARED(Best, bests, [kArgmaxWaves]);
  gx::let_successor_start();
  gx::wait_for_predecessor();
  Best best{-INFINITY, 0x7fffffff};
  for (uint32_t i = threadIdx.x; i < count; i += 1024) {
    const Best candidate{logits[i], static_cast<int32_t>(i)};
    if (better(candidate, best)) best = candidate;
  }
  for (int mask = GX_WAVE / 2; mask; mask >>= 1) {
    const Best other{gx::shuffle_xor(best.value, mask), gx::shuffle_xor(best.id, mask)};
    if (better(other, best)) best = other;
  }
  if (gx::lane() == 0) bests[gx::wave()] = best;
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int w = 0; w < kArgmaxWaves; w++)
    if (better(bests[w], best)) best = bests[w];
  state->token = best.id == 0x7fffffff ? 0 : best.id;
  if (list) {
    list[state->produced] = state->token;
    state->produced++;
    state->position++;
  }
}

// One block a (point, row). Sums in f64.
__global__ GX_BOUNDS(256, 1) void statistics_kernel(const TraceRows* points, uint32_t columns, TraceStats* stats) {
  constexpr int kPartials = 256 / GX_WAVE;
  GX_SHARED(double, sums, [kPartials][2]);
  GX_SHARED(float, extremes, [kPartials][3]);
  GX_SHARED(uint32_t, counts, [kPartials][6]);
  gx::let_successor_start();
  gx::wait_for_predecessor();
  const TraceRows point = points[blockIdx.x];
  const uint32_t row = blockIdx.y;
  if (row < point.first_row || row >= point.first_row + point.rows) return;
  const float* data = point.data + uint64_t{row - point.first_row} * point.stride;
  double sum = 0, squares = 0;
  float low = INFINITY, high = -INFINITY, largest = 0;
  uint32_t count[6] = {0, 0, 0, 0, 0, 0};  // NaN, +inf, -inf, zero, saturated, finite
  for (uint32_t i = threadIdx.x; i < point.width; i += 256) {
    const float x = data[i];
    if (x != x) {
      count[0]++;
      continue;
    }
    if (x == INFINITY) {
      count[1]++, count[4]++;
      continue;
    }
    if (x == -INFINITY) {
      count[2]++, count[4]++;
      continue;
    }
    if (x == 0) count[3]++;
    if (fabsf(x) >= gx::kHalfMax) count[4]++;
    count[5]++;
    low = fminf(low, x), high = fmaxf(high, x), largest = fmaxf(largest, fabsf(x));
    sum += x, squares += static_cast<double>(x) * x;
  }
  for (int mask = GX_WAVE / 2; mask; mask >>= 1) {
    sum += gx::shuffle_xor(sum, mask), squares += gx::shuffle_xor(squares, mask);
    low = fminf(low, gx::shuffle_xor(low, mask)), high = fmaxf(high, gx::shuffle_xor(high, mask));
    largest = fmaxf(largest, gx::shuffle_xor(largest, mask));
    for (int c = 0; c < 6; c++) count[c] += gx::shuffle_xor(count[c], mask);
  }
  if (gx::lane() == 0) {
    const int w = gx::wave();
    sums[w][0] = sum, sums[w][1] = squares;
    extremes[w][0] = low, extremes[w][1] = high, extremes[w][2] = largest;
    for (int c = 0; c < 6; c++) counts[w][c] = count[c];
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int w = 1; w < kPartials; w++) {
    sum += sums[w][0], squares += sums[w][1];
    low = fminf(low, extremes[w][0]), high = fmaxf(high, extremes[w][1]), largest = fmaxf(largest, extremes[w][2]);
    for (int c = 0; c < 6; c++) count[c] += counts[w][c];
  }
  TraceStats result{};
  if (count[5]) {
    result.min = low, result.max = high, result.absmax = largest;
    result.mean = static_cast<float>(sum / count[5]);
    result.rms = static_cast<float>(sqrt(squares / count[5]));
  }
  result.nan_count = count[0], result.positive_infinity_count = count[1], result.negative_infinity_count = count[2];
  result.zero_count = count[3], result.saturated_count = count[4];
  stats[uint64_t{row} * columns + point.column] = result;
}

// FNV-1a is one chain: a wave brings words to LDS, one lane hashes.
__global__ GX_BOUNDS(GX_WAVE, 1) void hash_kernel(const TraceRows* points, uint32_t columns, uint64_t* hashes) {
  GX_SHARED(uint32_t, words, [1024]);
  gx::wait_for_predecessor();
  const TraceRows point = points[blockIdx.x];
  const uint32_t row = blockIdx.y;
  if (row < point.first_row || row >= point.first_row + point.rows) return;
  const float* data = point.data + uint64_t{row - point.first_row} * point.stride;
  uint64_t hash = 0xcbf29ce484222325ull;
  for (uint32_t base = 0; base < point.width; base += 1024) {
    const uint32_t here = point.width - base < 1024 ? point.width - base : 1024;
    for (uint32_t i = gx::lane(); i < here; i += GX_WAVE) words[i] = gx::bits_as<uint32_t>(data[base + i]);
    __syncthreads();
    if (gx::lane() == 0)
      for (uint32_t i = 0; i < here; i++) hash = (hash ^ words[i]) * 0x100000001b3ull;
    __syncthreads();
  }
  if (gx::lane() == 0) hashes[uint64_t{row} * columns + point.column] = hash == 0 ? 1 : hash;
}

}  // namespace

void norm_rows(const float* input, const float* weight, uint32_t columns, float epsilon, uint32_t rows, uint16_t* operand, uint32_t operand_stride,
               float* f32, uint32_t f32_stride, gx::Stream stream) {
  gx::launch(norm_kernel, dim3(rows), dim3(kBlockThreads), 0, stream, input, weight, columns, epsilon, operand, operand_stride, f32, f32_stride);
}
void to_operand(const float* input, uint32_t columns, uint32_t rows, uint16_t* operand, uint32_t operand_stride, gx::Stream stream) {
  gx::launch(to_operand_kernel, dim3((columns + 255) / 256, rows), dim3(256), 0, stream, input, columns, operand, operand_stride);
}
void argmax_advance(const float* logits, uint32_t count, DecodeState* state, int32_t* list, gx::Stream stream) {
  gx::launch_overlapped(argmax_kernel, dim3(1), dim3(1024), 0, stream, logits, count, state, list);
}
void trace_rows(const TraceRows* points, uint32_t point_count, uint32_t rows, uint32_t columns, TraceStats* stats, uint64_t* hashes,
                gx::Stream stream) {
  if (stats) gx::launch_overlapped(statistics_kernel, dim3(point_count, rows), dim3(256), 0, stream, points, columns, stats);
  if (hashes) gx::launch_overlapped(hash_kernel, dim3(point_count, rows), dim3(GX_WAVE), 0, stream, points, columns, hashes);
}

}  // namespace greta::gpu
