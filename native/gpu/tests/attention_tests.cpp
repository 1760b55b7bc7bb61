// Op tests of attention: every head shape, one token against many, NaN, both cache types.
#include "gpu/kernels/attention.h"
#include "gpu/kernels/packed_format.h"
#include "gpu/tests/kernel_test_support.h"

namespace greta::gpu::testing {
namespace {

// A NaN in one value: the tokens before it keep their bits, those from it on get NaN in that dimension of the heads that
// read it; at once and one by one alike. Also where the NaN lies behind a rewound token.
void test_nan(AttentionJob job, Buffer<float>& qkv, Buffer<uint16_t>& context, Buffer<uint32_t>& nonfinite, uint32_t nan_at,
              const std::string& name) {
  const AttentionShape& s = job.shape;
  const uint32_t dim = s.head_dim / 2, width = job.qkv_stride;
  const std::vector<float> clean_rows = qkv.host;
  job.qkv = qkv.device();
  rotate_and_store(job, stream);
  attend_many(job, stream);
  const std::vector<uint16_t> clean = context.download();
  qkv.host[uint64_t{nan_at} * width + (s.heads + s.kv_heads) * s.head_dim + dim] = NAN;
  qkv.upload();
  rotate_and_store(job, stream);
  attend_many(job, stream);
  const std::vector<uint16_t> broken = context.download();
  uint32_t early = 0, missing = 0;
  for (uint32_t t = 0; t < job.tokens; t++)
    for (uint32_t h = 0; h < s.heads; h++)
      for (uint32_t i = 0; i < s.head_dim; i++) {
        const uint64_t at = uint64_t{t} * job.context_stride + operand_position(h * s.head_dim + i);
        const bool hit = t >= nan_at && i == dim && h < s.heads / s.kv_heads;
        if (hit) missing += (broken[at] & 0x7fff) <= 0x7c00;
        if (!hit) early += broken[at] != clean[at];
      }
  check(early == 0 && missing == 0 && nonfinite.download()[0] > 0, "a NaN value at " + std::to_string(nan_at) + ", " + name + ": " +
                                                                       std::to_string(early) + " results of others changed, " +
                                                                       std::to_string(missing) + " of its readers missed it");
  for (const uint32_t t : {nan_at, nan_at - 1}) {  // the token itself; the one before, with the NaN behind it in the cache
    Buffer<DecodeState> state(std::vector<DecodeState>{{0, t, 0, 0}});
    AttentionJob one = job;
    one.state = state.device(), one.qkv = qkv.device() + uint64_t{t} * width;
    attend_one(one, stream);
    context.download();
    check(std::memcmp(context.host.data(), broken.data() + uint64_t{t} * job.context_stride, job.context_stride * 2) == 0,
          "a NaN value at " + std::to_string(nan_at) + ", " + name + ": token " + std::to_string(t) + " alone has the same bits");
  }
  qkv.host = clean_rows;
  qkv.upload();
}

// The f32 cache against the same f64 results, and one token against many.
void test_f32(AttentionJob job, Buffer<float>& qkv, const std::vector<double>& want, const std::string& name) {
  const AttentionShape& s = job.shape;
  const uint64_t values = uint64_t{s.kv_heads} * s.capacity * s.head_dim;
  Buffer<float> k(values), v(values), rotated(uint64_t{job.tokens} * s.heads * s.head_dim), result(uint64_t{job.tokens} * s.heads * s.head_dim);
  job.cache.k = job.cache.v = nullptr, job.cache.k_f32 = k.device(), job.cache.v_f32 = v.device();
  job.rotated_f32 = rotated.device(), job.qkv = qkv.device();
  job.trace_q = job.trace_k = job.trace_v = nullptr, job.trace_context = result.device(), job.trace_stride = s.heads * s.head_dim;
  rotate_and_store(job, stream);
  attend_f32(job, stream);
  const std::vector<float> many = result.download();
  check_error("attention over an f32 cache, " + name, nmse(many, want), 1e-11);
  const uint32_t last = job.tokens - 1;
  job.qkv = qkv.device() + uint64_t{last} * job.qkv_stride, job.tokens = 1, job.from_state = 1;
  rotate_and_store(job, stream);
  attend_f32(job, stream);
  result.download();
  check(std::memcmp(result.host.data(), many.data() + uint64_t{last} * job.trace_stride, job.trace_stride * 4) == 0,
        "attention over an f32 cache, " + name + ": one token and many give the same bits");
}

// All tokens at once against f64, then the last token once more by the one-token kernel: same bits.
void test_shape(uint32_t heads, uint32_t kv_heads, uint32_t dim, uint32_t tokens, bool half_split, bool norm, uint32_t nan_at = UINT32_MAX) {
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
  Buffer<uint32_t> nonfinite(std::vector<uint32_t>{0});
  job.cache = {k.device(), v.device(), nullptr, nullptr, nonfinite.device()};
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

  if (nan_at < tokens) test_nan(job, qkv, context, nonfinite, nan_at, name);
  test_f32(job, qkv, want, name);
}

}  // namespace

void test_attention(bool small) {
  test_shape(2, 1, 32, small ? 3 : 40, false, false, small ? 1 : 21);
  if (small) return;
  test_shape(8, 2, 64, 131, false, false, 129);
  test_shape(3, 3, 8, 17, false, false);
  test_shape(4, 1, 128, 140, true, true, 7);
  test_shape(20, 1, 96, 20, true, false);
  test_shape(2, 2, 256, 33, false, false);
}

}  // namespace greta::gpu::testing
