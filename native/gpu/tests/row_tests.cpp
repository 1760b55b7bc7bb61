// Op tests over rows: argmax, statistics, hashes, and the small kernels of single operations and faults.
#include "gpu/kernels/elementwise.h"
#include "gpu/kernels/packed_format.h"
#include "gpu/kernels/rows.h"
#include "gpu/tests/kernel_test_support.h"

namespace greta::gpu::testing {
namespace {

void test_summaries() {
  const uint32_t count = 4099;
  Buffer<float> values(count);
  for (float& x : values.host) x = random_float();
  values.host[17] = NAN, values.host[1000] = 2.0f, values.host[2000] = 2.0f;
  values.upload();
  Buffer<DecodeState> state(std::vector<DecodeState>{{0, 5, 0, 0}});
  Buffer<int32_t> list(4);
  argmax_advance(values.device(), count, state.device(), list.device(), stream);
  state.download(), list.download();
  check(state.host[0].token == 1000 && state.host[0].position == 6 && state.host[0].produced == 1 && list.host[0] == 1000,
        "argmax: lowest id of ties, NaN never wins, state moves on");
  values.host[18] = INFINITY, values.host[19] = -INFINITY, values.host[20] = 0, values.host[21] = 70000;
  values.upload();
  Buffer<TraceRows> point(std::vector<TraceRows>{{values.device(), count, count, 0, 0, 1}});
  Buffer<TraceStats> stats(1);
  Buffer<uint64_t> hash(1);
  trace_rows(point.device(), 1, 1, 1, stats.device(), hash.device(), stream);
  double mean = 0, squares = 0;
  uint64_t want = 0xcbf29ce484222325ull;
  for (uint32_t i = 0; i < count; i++) {
    want = (want ^ std::bit_cast<uint32_t>(values.host[i])) * 0x100000001b3ull;
    if (i < 17 || i > 19) mean += values.host[i], squares += double(values.host[i]) * values.host[i];
  }
  const TraceStats s = stats.download()[0];
  check(s.nan_count == 1 && s.positive_infinity_count == 1 && s.negative_infinity_count == 1 && s.zero_count == 1 && s.saturated_count == 3 &&
            s.max == 70000.0f && s.absmax == 70000.0f && std::fabs(s.mean - mean / (count - 3)) < 1e-4 &&
            std::fabs(s.rms / std::sqrt(squares / (count - 3)) - 1) < 1e-6,
        "row statistics");
  check(hash.download()[0] == want, "row hash");
}

// Sum, SiLU, and the edits that plant faults, with strides, over a width that no block divides.
void test_elementwise() {
  const uint32_t columns = 301, rows = 3, stride = 320, width = 512;
  Buffer<float> a(uint64_t{rows} * stride), b(uint64_t{rows} * stride), sum(uint64_t{rows} * stride), copy(uint64_t{rows} * columns);
  for (float& x : a.host) x = random_float();
  for (float& x : b.host) x = random_float();
  a.upload(), b.upload();
  add_rows({a.device(), b.device(), sum.device(), copy.device(), stride, stride, stride, columns, columns}, rows, stream);
  sum.download(), copy.download();
  Buffer<uint16_t> operand(std::vector<uint16_t>(uint64_t{rows} * width, 1));
  Buffer<float> act(uint64_t{rows} * stride);
  silu_rows(a.device(), b.device(), columns, rows, stride, act.device(), operand.device(), width, stream);
  act.download(), operand.download();
  bool sums = true, same_halves = true;
  std::vector<float> got;
  std::vector<double> want;
  for (uint32_t row = 0; row < rows; row++)
    for (uint32_t i = 0; i < columns; i++) {
      const float x = a.host[row * stride + i], y = b.host[row * stride + i];
      sums = sums && sum.host[row * stride + i] == x + y && copy.host[row * columns + i] == x + y;
      want.push_back(double(x) / (1 + std::exp(-double(x))) * y), got.push_back(act.host[row * stride + i]);
      const float half = host_half(operand.host[row * width + operand_position(i)]);
      same_halves = same_halves && std::fabs(half - act.host[row * stride + i]) <= 5e-4f * std::fabs(half) + 1e-7f;
    }
  check(sums, "sum of rows, twice");
  check_error("SiLU of 301", nmse(got, want), 1e-12);
  check(same_halves && operand.host[operand_position(columns)] == 1, "SiLU as f16 in operand order, nothing beyond the row");
  Buffer<float> bias(std::vector<float>{0.25f});
  scale_column(a.device(), stride, 7, rows, 3.0f, bias.device(), stream);
  zero_inputs(operand.device(), width, 100, 109, rows, stream);
  Buffer<uint32_t> count(std::vector<uint32_t>{4});
  set_nan({{act.device() + 5, nullptr, act.device() + 9}, operand.device() + 3, count.device()}, stream);
  const std::vector<float> before = a.host;
  const std::vector<uint16_t> halves = operand.host;
  a.download(), operand.download(), act.download(), count.download();
  bool scaled = true, zeroed = true;
  for (uint32_t i = 0; i < rows * stride; i++)
    scaled = scaled && (i % stride == 7 ? a.host[i] == std::fma(before[i] - 0.25f, 3.0f, 0.25f) : a.host[i] == before[i]);
  for (uint32_t row = 0; row < rows; row++)
    for (uint32_t i = 0; i < columns; i++) {
      const uint32_t at = row * width + operand_position(i);
      if (at != 3) zeroed = zeroed && operand.host[at] == (i >= 100 && i < 109 ? 0 : halves[at]);
    }
  check(scaled && zeroed, "a scaled column and zeroed inputs leave the rest alone");
  check(std::isnan(act.host[5]) && std::isnan(act.host[9]) && operand.host[3] == 0x7e00 && count.host[0] == 5, "NaN where it was asked for");
}

}  // namespace

void test_rows() {
  test_summaries();
  test_elementwise();
}

}  // namespace greta::gpu::testing
