// Op tests: every kernel against plain C++ in f64, over odd sizes and every type. Compiled for each target together with the
// kernels. [--small] takes the smallest sizes (race checker, sanitizers). Last line: N passed, N failed.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "gpu/kernels/attention.h"
#include "gpu/kernels/matrix_job.h"
#include "gpu/kernels/rows.h"
#include "gpu/kernels/weights.h"

namespace {
using namespace greta;
using namespace greta::gpu;
int passed, failed;
gx::Stream stream;

void check(bool ok, const std::string& what) {
  (ok ? passed : failed)++;
  std::printf("%s %s\n", ok ? "ok  " : "FAIL", what.c_str());
}
void check_error(const std::string& what, double error, double limit) {
  char text[80];
  std::snprintf(text, sizeof text, ": NMSE %.3g (limit %.0g)", error, limit);
  check(error <= limit, what + text);
}
uint64_t seed = 88172645463325252ull;
uint64_t random_bits() {
  seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
  return seed;
}
float random_float() {
  return static_cast<float>(static_cast<int64_t>(random_bits() >> 11) - (int64_t{1} << 52)) / static_cast<float>(int64_t{1} << 52);
}

template <class T>
class Buffer {
 public:
  explicit Buffer(size_t count) : host(count) { (void)hipMalloc(&device_, std::max<size_t>(1, count) * sizeof(T)); }
  explicit Buffer(const std::vector<T>& values) : Buffer(values.size()) { host = values, upload(); }
  ~Buffer() { (void)hipFree(device_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  T* upload() {
    (void)hipMemcpyAsync(device_, host.data(), host.size() * sizeof(T), hipMemcpyHostToDevice, stream);
    (void)hipStreamSynchronize(stream);
    return device_;
  }
  std::vector<T>& download() {
    (void)hipMemcpyAsync(host.data(), device_, host.size() * sizeof(T), hipMemcpyDeviceToHost, stream);
    if (hipStreamSynchronize(stream) != hipSuccess) check(false, "the device failed");
    return host;
  }
  T* device() const { return device_; }
  std::vector<T> host;

 private:
  T* device_ = nullptr;
};

float host_half(uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const float magnitude =
      exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -24) : std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}
double nmse(const std::vector<float>& got, const std::vector<double>& want) {
  double error = 0, norm = 0;
  for (size_t i = 0; i < want.size(); i++) error += (got[i] - want[i]) * (got[i] - want[i]), norm += want[i] * want[i];
  return std::isnan(error) ? 1e30 : error / std::max(norm, 1e-30);
}

// Stored rows with random quants and sane scales.
std::vector<uint8_t> random_rows(DType type, uint32_t rows, uint32_t columns) {
  const uint64_t bytes = rows * row_bytes(type, columns);
  std::vector<uint8_t> data(bytes);
  for (uint8_t& b : data) b = static_cast<uint8_t>(random_bits() >> 20);
  const auto half_at = [&](uint64_t at, float value) {
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    const uint16_t half = static_cast<uint16_t>((bits >> 16 & 0x8000) | (((bits >> 23 & 255) - 112) << 10) | (bits >> 13 & 1023));
    std::memcpy(&data[at], &half, 2);
  };
  const uint32_t block = dtype_facts(type)->block_bytes;
  for (uint64_t at = 0; at < bytes; at += block) {
    const float d = 0.001f + 0.001f * std::fabs(random_float());
    switch (type) {
      case DType::f32: {
        const float v = random_float();
        std::memcpy(&data[at], &v, 4);
        break;
      }
      case DType::f16:
        half_at(at, 0.001f + std::fabs(random_float()));
        break;
      case DType::bf16: {
        const uint32_t v = std::bit_cast<uint32_t>(random_float()) >> 16;
        std::memcpy(&data[at], &v, 2);
        break;
      }
      case DType::q4_0:
      case DType::q5_0:
      case DType::q8_0:
        half_at(at, d);
        break;
      case DType::q4_1:
      case DType::q5_1:
        half_at(at, d), half_at(at + 2, -8 * d);
        break;
      case DType::q2_k:
        half_at(at + 80, d), half_at(at + 82, d);
        break;
      case DType::q3_k:
        half_at(at + 108, d);
        break;
      case DType::q4_k:
        half_at(at, d), half_at(at + 2, d * 7);
        break;
      case DType::q5_k:
        half_at(at, d), half_at(at + 2, d * 15);
        break;
      case DType::q6_k:
        half_at(at + 208, d);
        break;
    }
  }
  return data;
}

// f32 values of stored rows, by the kernel that dequantises exactly; that kernel is judged by exact_value below.
std::vector<float> exact_rows(DType type, const std::vector<uint8_t>& stored, uint32_t rows, uint32_t columns) {
  Buffer<uint8_t> source(stored);
  Buffer<float> values(uint64_t{rows} * columns);
  dequantize_rows(source.device(), type, rows, columns, nullptr, rows, values.device(), stream);
  return values.download();
}

// ggml-quants.c's formulas once more, written for one block at a time.
void dequantize_block(DType type, const uint8_t* b, float* y) {
  const auto half = [](const uint8_t* p) { return host_half(static_cast<uint16_t>(p[0] | p[1] << 8)); };
  const auto six = [](const uint8_t* s, int j, int* sc, int* mn) {
    if (j < 4)
      *sc = s[j] & 63, *mn = s[j + 4] & 63;
    else
      *sc = (s[j + 4] & 15) | ((s[j - 4] >> 6) << 4), *mn = (s[j + 4] >> 4) | ((s[j] >> 6) << 4);
  };
  switch (type) {
    case DType::f32:
      std::memcpy(y, b, 4);
      break;
    case DType::f16:
      *y = half(b);
      break;
    case DType::bf16: {
      const uint32_t v = static_cast<uint32_t>(b[0] | b[1] << 8) << 16;
      std::memcpy(y, &v, 4);
      break;
    }
    case DType::q4_0:
      for (int j = 0; j < 16; j++) y[j] = ((b[2 + j] & 15) - 8) * half(b), y[j + 16] = ((b[2 + j] >> 4) - 8) * half(b);
      break;
    case DType::q4_1:
      for (int j = 0; j < 16; j++) y[j] = (b[4 + j] & 15) * half(b) + half(b + 2), y[j + 16] = (b[4 + j] >> 4) * half(b) + half(b + 2);
      break;
    case DType::q5_0:
    case DType::q5_1: {
      const bool one = type == DType::q5_1;
      const uint8_t *h = b + (one ? 4 : 2), *q = h + 4;
      for (int j = 0; j < 32; j++) {
        const int v = (j < 16 ? q[j] & 15 : q[j - 16] >> 4) | (h[j / 8] >> (j % 8) & 1) << 4;
        y[j] = one ? v * half(b) + half(b + 2) : (v - 16) * half(b);
      }
      break;
    }
    case DType::q8_0:
      for (int j = 0; j < 32; j++) y[j] = static_cast<int8_t>(b[2 + j]) * half(b);
      break;
    case DType::q2_k:
      for (int j = 0; j < 256; j++)
        y[j] = half(b + 80) * (b[j / 16] & 15) * (b[16 + j / 128 * 32 + j % 32] >> (j % 128 / 32 * 2) & 3) - half(b + 82) * (b[j / 16] >> 4);
      break;
    case DType::q3_k: {
      const uint8_t* s = b + 96;
      for (int j = 0; j < 256; j++) {
        const int g = j / 16, low = g < 8 ? s[g] & 15 : s[g - 8] >> 4, scale = (low | (s[8 + g % 4] >> (g / 4 * 2) & 3) << 4) - 32;
        const int q = (b[32 + j / 128 * 32 + j % 32] >> (j % 128 / 32 * 2) & 3) - (b[j % 32] >> (j / 32) & 1 ? 0 : 4);
        y[j] = half(b + 108) * scale * q;
      }
      break;
    }
    case DType::q4_k:
    case DType::q5_k:
      for (int j = 0; j < 256; j++) {
        int sc, mn;
        six(b + 4, j / 32, &sc, &mn);
        const bool five = type == DType::q5_k;
        const int byte = b[(five ? 48 : 16) + j / 64 * 32 + j % 32];
        const int q = (j / 32 % 2 ? byte >> 4 : byte & 15) | (five ? (b[16 + j % 32] >> (j / 32) & 1) << 4 : 0);
        y[j] = half(b) * sc * q - half(b + 2) * mn;
      }
      break;
    case DType::q6_k:
      for (int j = 0; j < 256; j++) {
        const int n = j / 128, l = j % 32, part = j % 128 / 32;
        const int ql = b[n * 64 + (part & 1) * 32 + l], qh = b[128 + n * 32 + l] >> (2 * part) & 3;
        y[j] = half(b + 208) * static_cast<int8_t>(b[192 + j / 16]) * (((part < 2 ? ql & 15 : ql >> 4) | qh << 4) - 32);
      }
      break;
  }
}

void test_dequantize() {
  for (const DTypeFacts& facts : kDTypes) {
    const uint32_t columns = 512, rows = 3;
    const std::vector<uint8_t> stored = random_rows(facts.type, rows, columns);
    const std::vector<float> got = exact_rows(facts.type, stored, rows, columns);
    uint32_t different = 0;
    std::vector<float> want(facts.block_weights);
    for (size_t block = 0; block < stored.size() / facts.block_bytes; block++) {
      dequantize_block(facts.type, stored.data() + block * facts.block_bytes, want.data());
      for (uint32_t j = 0; j < facts.block_weights; j++) different += got[block * facts.block_weights + j] != want[j];
    }
    check(different == 0,
          std::string("dequantise ") + facts.name + ": " + std::to_string(different) + " of " + std::to_string(got.size()) + " values are not exact");
  }
}

struct TestMatrix {
  std::vector<double> values;  // rows x columns
  Buffer<uint8_t> records;
  PackedMatrix packed;
  TestMatrix(DType type, uint32_t rows, uint32_t columns)
      : records(0), packed{nullptr, packed_format(type), round_up(rows, 16) / 16, round_up(columns, 256) / 256} {
    const std::vector<uint8_t> stored = random_rows(type, rows, columns);
    const std::vector<float> exact = exact_rows(type, stored, rows, columns);
    values.assign(exact.begin(), exact.end());
    Buffer<uint8_t> source(stored);
    (void)hipMalloc(&packed.records, packed.bytes());
    (void)hipMemsetAsync(packed.records, 0, packed.bytes(), stream);
    repack_rows({source.device(), type, 0, rows, columns, {}, packed}, stream);
    (void)hipStreamSynchronize(stream);
  }
  ~TestMatrix() { (void)hipFree(packed.records); }
};

// One product by matvec and, for the same first token, by matmul over several tokens: right, and the same bits.
void test_product(DType type, uint32_t rows, uint32_t columns, uint32_t tokens) {
  TestMatrix matrix(type, rows, columns);
  const uint32_t width = matrix.packed.superblocks * 256;
  Buffer<float> input(uint64_t{tokens} * columns);
  for (float& x : input.host) x = random_float();
  input.upload();
  Buffer<uint16_t> operand(std::vector<uint16_t>(uint64_t{tokens} * width, 0));
  to_operand(input.device(), columns, tokens, operand.device(), width, stream);
  Buffer<float> one(rows), many(uint64_t{tokens} * rows);
  MatrixJob job{};
  job.stack[0] = matrix.packed;
  job.stack[1].superblocks = matrix.packed.superblocks;
  job.segments[0] = {0, rows, 0, nullptr};
  job.segment_count = 1, job.tokens = 1, job.input = operand.device(), job.output = one.device(), job.output_stride = rows;
  matvec(job, Epilogue::store, 5, stream);
  Buffer<uint8_t> unpacked(uint64_t{matrix.packed.tiles} * matrix.packed.superblocks * record_bytes(PackedFormat::f16));
  if (matrix.packed.format != PackedFormat::f16) {
    unpack_to_f16(matrix.packed, 0, matrix.packed.tiles, unpacked.device(), stream);
    job.stack[0].records = unpacked.device(), job.stack[0].format = PackedFormat::f16;
  }
  job.tokens = tokens, job.output = many.device();
  matmul(job, Epilogue::store, stream);
  std::vector<double> want(uint64_t{tokens} * rows);
  for (uint32_t t = 0; t < tokens; t++)
    for (uint32_t r = 0; r < rows; r++) {
      double sum = 0;
      for (uint32_t k = 0; k < columns; k++) sum += matrix.values[uint64_t{r} * columns + k] * input.host[uint64_t{t} * columns + k];
      want[uint64_t{t} * rows + r] = sum;
    }
  many.download(), one.download();
  const std::string name =
      std::string(dtype_facts(type)->name) + " " + std::to_string(rows) + "x" + std::to_string(columns) + ", " + std::to_string(tokens) + " tokens";
  check_error("product " + name, nmse(many.host, want), 1e-6);
  uint32_t different = 0;
  for (uint32_t r = 0; r < rows; r++) different += std::memcmp(&one.host[r], &many.host[r], 4) != 0;
  check(different == 0, "product " + name + ": one token and many give the same bits (" + std::to_string(different) + " differ)");
}

// Norm in the prologue of matvec against the norm kernel, residual and silu epilogues, two stacks.
void test_fused() {
  const uint32_t columns = 516, rows = 40, width = 768;
  TestMatrix matrix(DType::f16, rows, columns);
  Buffer<float> input(columns), weight(columns), normed(columns), residual(rows), bias(rows), plain(rows);
  for (float& x : input.host) x = random_float();
  for (float& x : weight.host) x = 1 + 0.1f * random_float();
  for (float& x : bias.host) x = random_float();
  for (float& x : residual.host) x = random_float();
  const std::vector<float> before = residual.host;
  input.upload(), weight.upload(), bias.upload(), residual.upload();
  Buffer<uint16_t> operand(std::vector<uint16_t>(width, 0));
  norm_rows(input.device(), weight.device(), columns, 1e-5f, 1, operand.device(), width, normed.device(), columns, stream);
  double squares = 0;
  for (const float x : input.host) squares += double(x) * x;
  std::vector<double> want(columns);
  for (uint32_t i = 0; i < columns; i++) want[i] = input.host[i] / std::sqrt(squares / columns + 1e-5) * weight.host[i];
  check_error("RMSNorm of 516", nmse(normed.download(), want), 1e-12);
  MatrixJob job{};
  job.stack[0] = matrix.packed;
  job.stack[1].superblocks = matrix.packed.superblocks;
  job.segments[0] = {0, rows, 0, bias.device()};
  job.segment_count = 1, job.tokens = 1, job.input = operand.device(), job.output = plain.device(), job.output_stride = rows;
  matvec(job, Epilogue::store, 2, stream);
  const std::vector<float> separate = plain.download();
  job.norm_input = input.device(), job.norm_weight = weight.device(), job.norm_columns = columns, job.norm_epsilon = 1e-5f;
  matvec(job, Epilogue::store, 2, stream);
  check(std::memcmp(separate.data(), plain.download().data(), rows * 4) == 0, "norm inside a product has the bits of the norm kernel");
  job.output = residual.device();
  matvec(job, Epilogue::residual, 2, stream);
  residual.download();
  bool same = true;
  for (uint32_t r = 0; r < rows; r++) same = same && std::fabs(residual.host[r] - (before[r] + plain.host[r] - bias.host[r])) < 1e-5f;
  check(same, "residual epilogue adds the product");
}

void test_rows() {
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
  Buffer<TopCandidate> top(8);
  Buffer<float> log_sum(1);
  top_candidates(values.device(), count, 8, top.device(), log_sum.device(), stream);
  std::vector<int32_t> order;
  double sum = 0;
  for (uint32_t i = 0; i < count; i++)
    if (i != 17) order.push_back(i), sum += std::exp(double(values.host[i]));
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return values.host[a] > values.host[b]; });
  bool same = true;
  top.download();
  for (int i = 0; i < 8; i++) same = same && top.host[i].id == order[i];
  check(same && std::fabs(log_sum.download()[0] - std::log(sum)) < 1e-4, "top candidates and log-sum-exp");

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

// All tokens at once against f64, then the last token once more by the one-token kernel: same bits.
void test_attention(uint32_t heads, uint32_t kv_heads, uint32_t dim, uint32_t tokens, bool half_split, bool norm) {
  AttentionJob job{};
  AttentionShape& s = job.shape;
  s = {heads,
       kv_heads,
       dim,
       round_up(dim, 32),
       round_up(tokens, kKeyChunk),
       gx::kLog2E / std::sqrt(static_cast<float>(dim)),
       dim,
       half_split ? 1u : 0u,
       1e-6f};
  const uint32_t width = (heads + 2 * kv_heads) * dim, context_stride = round_up(heads * dim, 256);
  Buffer<float> qkv(uint64_t{tokens} * width), rotations(uint64_t{s.capacity} * dim), norms(dim);
  for (float& x : qkv.host) x = 2 * random_float();
  for (float& x : norms.host) x = 1 + 0.2f * random_float();
  for (uint32_t p = 0; p < s.capacity; p++)
    for (uint32_t i = 0; i < dim / 2; i++) {
      const double angle = p * std::pow(10000.0, -2.0 * i / dim);
      rotations.host[(p * (dim / 2) + i) * 2] = static_cast<float>(std::cos(angle)),
                                           rotations.host[(p * (dim / 2) + i) * 2 + 1] = static_cast<float>(std::sin(angle));
    }
  const uint64_t cache_values = uint64_t{kv_heads} * s.capacity * s.padded_dim;
  Buffer<uint16_t> k(std::vector<uint16_t>(cache_values, 0)), v(std::vector<uint16_t>(cache_values, 0)),
      rotated(uint64_t{tokens} * heads * s.padded_dim);
  Buffer<uint16_t> context(std::vector<uint16_t>(uint64_t{tokens} * context_stride, 0));
  Buffer<float> traced(uint64_t{tokens} * (width + heads * dim)), partial(uint64_t{heads} * (s.capacity / kKeyChunk) * (s.padded_dim + 4));
  Buffer<uint32_t> arrivals(std::vector<uint32_t>(kv_heads * ((heads / kv_heads + 15) / 16), 0));
  Buffer<DecodeState> state(std::vector<DecodeState>{{0, tokens - 1, 0, 0}});
  job.cache = {k.device(), v.device()};
  job.qkv = qkv.upload(), job.qkv_stride = width, job.rotations = rotations.upload();
  norms.upload();
  if (norm) job.q_norm = job.k_norm = norms.device();
  job.tokens = tokens, job.state = state.device(), job.chunks = s.capacity / kKeyChunk, job.rotated = rotated.device(),
  job.partial = partial.device();
  job.arrivals = arrivals.device(), job.context = context.device(), job.context_stride = context_stride;
  job.trace_stride = width + heads * dim;
  job.trace_q = traced.device(), job.trace_k = job.trace_q + heads * dim, job.trace_v = job.trace_k + kv_heads * dim,
  job.trace_context = job.trace_v + kv_heads * dim;
  rotate_and_store(job, stream);
  attend_many(job, stream);
  const std::vector<float> many = traced.download();
  const std::vector<uint16_t> context_many = context.download();
  // Judged from the traced q, k, v (rounded to f16 as the kernels do is inside the tolerance).
  std::vector<double> want;
  std::vector<float> got;
  double rope_error = 0;
  for (uint32_t t = 0; t < tokens; t++)
    for (uint32_t h = 0; h < heads; h++) {
      const float* q = &many[uint64_t{t} * job.trace_stride + h * dim];
      const uint32_t kv = h / (heads / kv_heads);
      std::vector<double> p(t + 1);
      double top = -1e30, sum = 0;
      for (uint32_t u = 0; u <= t; u++) {
        const float* key = &many[uint64_t{u} * job.trace_stride + (heads + kv) * dim];
        for (uint32_t i = 0; i < dim; i++) p[u] += double(q[i]) * key[i];
        p[u] /= std::sqrt(double(dim)), top = std::max(top, p[u]);
      }
      for (double& x : p) x = std::exp(x - top), sum += x;
      for (uint32_t i = 0; i < dim; i++) {
        double o = 0;
        for (uint32_t u = 0; u <= t; u++) o += p[u] / sum * many[uint64_t{u} * job.trace_stride + (heads + kv_heads + kv) * dim + i];
        want.push_back(o), got.push_back(many[uint64_t{t} * job.trace_stride + width + h * dim + i]);
      }
      // Rotation keeps each pair's length.
      const float* raw = &qkv.host[uint64_t{t} * width + h * dim];
      double squares = 0;
      for (uint32_t i = 0; i < dim; i++) squares += double(raw[i]) * raw[i];
      const double scale = norm ? 1 / std::sqrt(squares / dim + 1e-6) : 1;
      for (uint32_t i = 0; i < dim / 2; i++) {
        const uint32_t a = half_split ? i : 2 * i, b = half_split ? i + dim / 2 : 2 * i + 1;
        const double x = raw[a] * scale * (norm ? norms.host[a] : 1), y = raw[b] * scale * (norm ? norms.host[b] : 1),
                     angle = t * std::pow(10000.0, -2.0 * i / dim);
        rope_error = std::max({rope_error, std::fabs(q[a] - (x * std::cos(angle) - y * std::sin(angle))),
                               std::fabs(q[b] - (x * std::sin(angle) + y * std::cos(angle)))});
      }
    }
  const std::string name =
      std::to_string(heads) + "/" + std::to_string(kv_heads) + " heads of " + std::to_string(dim) + ", " + std::to_string(tokens) + " tokens";
  check(rope_error < 1e-5, "rotation" + std::string(norm ? " with norm" : "") + (half_split ? ", half split, " : ", interleaved, ") + name);
  check_error("attention, " + name, nmse(got, want), 2e-6);
  // The last token alone: q, k, v rows of that token.
  job.qkv = qkv.device() + uint64_t{tokens - 1} * width;
  attend_one(job, stream);
  context.download();
  const bool same = std::memcmp(context.host.data(), context_many.data() + uint64_t{tokens - 1} * context_stride, context_stride * 2) == 0;
  check(same, "attention, " + name + ": one token and many give the same bits");
  std::vector<float> keys(uint64_t{tokens} * kv_heads * dim);
  Buffer<float> k_rows(keys.size()), v_rows(keys.size());
  read_cache(s, job.cache, 0, tokens, k_rows.device(), v_rows.device(), stream);
  k_rows.download(), v_rows.download();
  double worst = 0;
  for (uint32_t t = 0; t < tokens; t++)
    for (uint32_t i = 0; i < kv_heads * dim; i++)
      worst = std::max(worst, std::fabs(double(k_rows.host[t * kv_heads * dim + i]) - many[uint64_t{t} * job.trace_stride + heads * dim + i]));
  check(worst < 4e-3, "the cache reads back as f16, " + name);
}
}  // namespace

int main(int count, char** arguments) {
  const bool small = count > 1 && !std::strcmp(arguments[1], "--small");
  setvbuf(stdout, nullptr, _IOLBF, 0);
  (void)hipStreamCreateWithFlags(&stream, hipStreamNonBlocking);
  if (prepare_matrix_kernels() != hipSuccess) return std::printf("no device\n"), 1;
  test_dequantize();
  for (const DTypeFacts& facts : kDTypes) test_product(facts.type, small ? 16 : 37, 512, small ? 2 : 5);
  if (!small) {
    test_product(DType::q8_0, 17, 96, 3);
    test_product(DType::f32, 48, 172, 65);
    test_product(DType::q4_k, 130, 2816, 130);
    test_product(DType::f16, 16, 4352, 1);
  }
  test_fused();
  test_rows();
  test_attention(2, 1, 32, small ? 3 : 40, false, false);
  if (!small) {
    test_attention(8, 2, 64, 131, false, false);
    test_attention(3, 3, 8, 17, false, false);
    test_attention(4, 1, 128, 140, true, true);
    test_attention(20, 1, 96, 20, true, false);
    test_attention(2, 2, 256, 33, false, false);
  }
  (void)hipStreamDestroy(stream);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
