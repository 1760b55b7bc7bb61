// The cpu backend against the reference on small models of every type and shape; faults, captures, rewind, errors.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "backend/cpu/cpu_backend.h"
#include "backend/point_shapes.h"
#include "backend/reference/reference_backend.h"
#include "base/half.h"
#include "base/status.h"
#include "ops/row_summary.h"
#include "tests/gguf_model.h"
#include "tests/golden_files.h"
#include "tests/synthetic_model.h"

namespace greta::testing {
namespace {

struct Loaded {
  std::unique_ptr<Backend> backend;
  const ModelDescription* model;
  BackendError error{};

  Loaded(const ModelDescription& description, bool use_cpu, uint32_t threads = 2, Precision precision = Precision::f32, KvType kv = KvType::f32)
      : backend(use_cpu ? create_cpu_backend() : create_reference_backend()), model(&description) {
    LoadOptions options{};
    options.context_capacity = 96;
    options.batch_capacity = 48;
    options.kv_type = kv;
    options.precision = precision;
    options.thread_count = threads;
    const bool loaded = backend->load(description, options, nullptr, nullptr, &error);
    REQUIRE_MESSAGE(loaded, std::string(error.message));
  }

  ForwardInput input(const std::vector<int32_t>& tokens, uint32_t first, uint32_t count, float* logits) const {
    ForwardInput result{};
    result.tokens = tokens.data() + first;
    result.token_count = count;
    result.position = first;
    result.logits_rows = LogitsRows::all;
    result.logits = logits;
    return result;
  }

  std::vector<float> run(const std::vector<int32_t>& tokens, uint32_t chunk, const Fault* fault = nullptr) {
    const auto count = static_cast<uint32_t>(tokens.size());
    std::vector<float> logits(static_cast<size_t>(count) * model->vocab_size);
    for (uint32_t first = 0; first < count; first += chunk) {
      ForwardInput call = input(tokens, first, std::min(chunk, count - first), logits.data() + static_cast<size_t>(first) * model->vocab_size);
      call.faults = fault;
      call.fault_count = fault == nullptr ? 0 : 1;
      const bool done = backend->forward(call, &error);
      REQUIRE_MESSAGE(done, std::string(error.message));
    }
    return logits;
  }
};

std::vector<int32_t> some_tokens(uint32_t count, uint32_t vocab) {
  std::vector<int32_t> tokens(count);
  for (uint32_t i = 0; i < count; ++i) tokens[i] = static_cast<int32_t>((i * 31 + 7) % vocab);
  return tokens;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

std::vector<SyntheticShape> shapes() {
  std::vector<SyntheticShape> result;
  for (const DTypeFacts& facts : kDTypes) {
    SyntheticShape shape;
    shape.type = facts.type;
    result.push_back(shape);
  }
  SyntheticShape odd;  // nothing is a multiple of anything
  odd.type = DType::f32;
  odd.embedding = 45;
  odd.heads = 3;
  odd.kv_heads = 1;
  odd.head_dim = 14;
  odd.rope_dims = 10;
  odd.feed_forward = 67;
  odd.vocab = 41;
  odd.biases = true;
  odd.tied = true;
  result.push_back(odd);
  SyntheticShape qwen3;
  qwen3.type = DType::q8_0;
  qwen3.pairing = RopePairing::half_split;
  qwen3.head_norms = true;
  qwen3.biases = true;
  result.push_back(qwen3);
  SyntheticShape permuted;
  permuted.type = DType::f16;
  permuted.q_k_order = RowOrder::rotary_half_split_to_interleaved;
  result.push_back(permuted);
  return result;
}

}  // namespace

TEST_CASE("cpu equals reference on every type and odd shape; chunks and threads do not change a bit") {
  for (const SyntheticShape& shape : shapes()) {
    CAPTURE(std::string(dtype_facts(shape.type)->name));
    CAPTURE(shape.embedding);
    const SyntheticModel model(shape);
    const std::vector<int32_t> tokens = some_tokens(19, shape.vocab);
    Loaded reference(model.description(), false);
    const std::vector<float> expected = reference.run(tokens, 19);
    CHECK(same_bits(expected, reference.run(tokens, 5)));
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      Loaded cpu(model.description(), true, 2, precision);
      const std::vector<float> whole = cpu.run(tokens, 19);
      CHECK(normalized_error(whole.data(), expected.data(), whole.size()) <= (precision == Precision::f32 ? 1e-9 : 1e-4));
      for (const uint32_t chunk : {1u, 2u, 7u}) CHECK(same_bits(whole, cpu.run(tokens, chunk)));
      Loaded single(model.description(), true, 1, precision);
      CHECK(same_bits(whole, single.run(tokens, 19)));
      Loaded many(model.description(), true, 5, precision);
      CHECK(same_bits(whole, many.run(tokens, 4)));
    }
  }
}

TEST_CASE("taps: statistics, hashes and captures agree with each other and change nothing") {
  SyntheticShape shape;
  const SyntheticModel model(shape);
  const std::vector<int32_t> tokens = some_tokens(5, shape.vocab);
  for (const bool use_cpu : {false, true}) {
    Loaded loaded(model.description(), use_cpu);
    const std::vector<float> plain = loaded.run(tokens, 5);
    const uint32_t points = trace_point_count(shape.layers);
    std::vector<TraceStats> stats(points * tokens.size());
    std::vector<uint64_t> hashes(stats.size()), blocks((shape.layers + 1) * kTimedBlockCount);
    std::vector<std::vector<float>> rows(points);
    std::vector<TensorCapture> captures;
    for (uint32_t i = 0; i < points; ++i) {
      const uint32_t width = trace_width(model.description(), i);
      rows[i].resize(width * tokens.size());
      captures.push_back({i, width, rows[i].data()});
    }
    std::vector<float> logits(plain.size());
    ForwardInput input = loaded.input(tokens, 0, 5, logits.data());
    input.taps = {stats.data(), hashes.data(), captures.data(), static_cast<uint32_t>(captures.size()), blocks.data()};
    REQUIRE(loaded.backend->forward(input, &loaded.error));
    CHECK(same_bits(plain, logits));
    CHECK(same_bits(rows.back(), logits));
    for (uint32_t i = 0; i < points; ++i) {
      const uint32_t width = captures[i].width;
      for (uint32_t t = 0; t < tokens.size(); ++t) {
        CHECK(hashes[t * points + i] == ops::row_hash(rows[i].data() + t * width, width));
        CHECK(stats[t * points + i].max == ops::row_statistics(rows[i].data() + t * width, width).max);
      }
    }
    uint64_t total = 0;
    for (const uint64_t nanoseconds : blocks) total += nanoseconds;
    CHECK(total > 0);
  }
}

TEST_CASE("run_operation repeats every point of a forward to the bit") {
  for (const bool use_cpu : {false, true}) {
    SyntheticShape shape;
    shape.biases = shape.head_norms = true;
    const SyntheticModel model(shape);
    Loaded loaded(model.description(), use_cpu);
    const std::vector<int32_t> tokens = some_tokens(4, shape.vocab);
    const uint32_t points = trace_point_count(shape.layers);
    std::vector<std::vector<float>> rows(points);
    std::vector<TensorCapture> captures;
    for (uint32_t i = 0; i < points; ++i) {
      rows[i].resize(trace_width(model.description(), i) * tokens.size());
      captures.push_back({i, trace_width(model.description(), i), rows[i].data()});
    }
    std::vector<float> logits(tokens.size() * shape.vocab);
    ForwardInput input = loaded.input(tokens, 0, 4, logits.data());
    input.taps.captures = captures.data();
    input.taps.capture_count = points;
    REQUIRE(loaded.backend->forward(input, &loaded.error));
    const auto at = [&](LayerPoint point) -> const std::vector<float>& { return rows[trace_index(1, point)]; };
    const std::vector<float>& before = rows[trace_index(0, LayerPoint::layer_out)];
    const struct {
      LayerPoint point;
      const std::vector<float>*first, *second;
    } operations[] = {
        {LayerPoint::attn_norm, &before, nullptr},
        {LayerPoint::q, &at(LayerPoint::attn_norm), nullptr},
        {LayerPoint::k, &at(LayerPoint::attn_norm), nullptr},
        {LayerPoint::v, &at(LayerPoint::attn_norm), nullptr},
        {LayerPoint::attn_context, &at(LayerPoint::q), nullptr},
        {LayerPoint::attn_out, &at(LayerPoint::attn_context), nullptr},
        {LayerPoint::attn_residual, &before, &at(LayerPoint::attn_out)},
        {LayerPoint::ffn_norm, &at(LayerPoint::attn_residual), nullptr},
        {LayerPoint::ffn_gate, &at(LayerPoint::ffn_norm), nullptr},
        {LayerPoint::ffn_up, &at(LayerPoint::ffn_norm), nullptr},
        {LayerPoint::ffn_act, &at(LayerPoint::ffn_gate), &at(LayerPoint::ffn_up)},
        {LayerPoint::ffn_down, &at(LayerPoint::ffn_act), nullptr},
        {LayerPoint::layer_out, &at(LayerPoint::attn_residual), &at(LayerPoint::ffn_down)},
    };
    for (const auto& operation : operations) {
      CAPTURE(std::string(kLayerPointNames[static_cast<uint32_t>(operation.point)]));
      std::vector<float> output(at(operation.point).size());
      const float* inputs[] = {operation.first->data(), operation.second == nullptr ? nullptr : operation.second->data()};
      REQUIRE(loaded.backend->run_operation(1, operation.point, inputs, operation.second == nullptr ? 1 : 2, 4, 0, output.data(), &loaded.error));
      CHECK(same_bits(output, at(operation.point)));
    }
    std::vector<float> given(at(LayerPoint::attn_context).size());
    const float* given_inputs[] = {at(LayerPoint::q).data(), at(LayerPoint::k).data(), at(LayerPoint::v).data()};
    REQUIRE(loaded.backend->run_operation(1, LayerPoint::attn_context, given_inputs, 3, 4, 0, given.data(), &loaded.error));
    CHECK(same_bits(given, at(LayerPoint::attn_context)));
    std::vector<float> lens(logits.size());
    REQUIRE(loaded.backend->lens(at(LayerPoint::layer_out).data(), 4, lens.data(), &loaded.error));
    CHECK(same_bits(lens, logits));
  }
}

TEST_CASE("faults change what they name, in both backends alike, and leave nothing behind") {
  SyntheticShape shape;
  const SyntheticModel model(shape);
  const std::vector<int32_t> tokens = some_tokens(6, shape.vocab);
  Loaded reference(model.description(), false), cpu(model.description(), true);
  const std::vector<float> healthy = reference.run(tokens, 6), healthy_cpu = cpu.run(tokens, 6);
  const Fault faults[] = {
      {FaultKind::nan_at_point, 1, static_cast<uint32_t>(LayerPoint::ffn_act), 3, 5, 0, 0},
      {FaultKind::scale_weight_row, 0, static_cast<uint32_t>(LayerPoint::ffn_gate), 0, 17, 0, 64.0f},
      {FaultKind::drop_k_tile, 1, static_cast<uint32_t>(LayerPoint::attn_out), 0, 32, 64, 0},
      {FaultKind::wrong_rope_base, 0, 0, 0, 0, 0, 50.0f},
      {FaultKind::stale_kv_slot, 1, 0, 2, 0, 0, 0},
  };
  for (const Fault& fault : faults) {
    CAPTURE(static_cast<uint32_t>(fault.kind));
    const std::vector<float> broken = reference.run(tokens, 6, &fault), broken_cpu = cpu.run(tokens, 6, &fault);
    CHECK(!same_bits(healthy, broken));
    // Tokens before the faulty position are untouched; the two backends break in the same way.
    const size_t row = shape.vocab;
    if (fault.kind == FaultKind::nan_at_point) {
      CHECK(std::memcmp(healthy.data(), broken.data(), 3 * row * sizeof(float)) == 0);
      CHECK(std::isnan(broken[3 * row]));
      CHECK(std::isnan(broken_cpu[3 * row]));
      CHECK(std::memcmp(healthy_cpu.data(), broken_cpu.data(), 3 * row * sizeof(float)) == 0);
    } else {
      CHECK(normalized_error(broken_cpu.data(), broken.data(), broken.size()) < 1e-9);
    }
    CHECK(same_bits(healthy, reference.run(tokens, 6)));
    CHECK(same_bits(healthy_cpu, cpu.run(tokens, 6)));
  }
  const Fault wild{FaultKind::scale_weight_row, 0, static_cast<uint32_t>(LayerPoint::ffn_gate), 0, 100000, 0, 1};
  std::vector<float> logits(shape.vocab);
  ForwardInput input = cpu.input(tokens, 0, 1, logits.data());
  input.faults = &wild;
  input.fault_count = 1;
  CHECK(!cpu.backend->forward(input, &cpu.error));
  CHECK(cpu.error.code == static_cast<uint32_t>(StatusCode::invalid_argument));
}

TEST_CASE("cache: rewind, read_kv, f16 rounding, cancel and refusals") {
  SyntheticShape shape;
  const SyntheticModel model(shape);
  const std::vector<int32_t> tokens = some_tokens(12, shape.vocab);
  for (const bool use_cpu : {false, true}) {
    Loaded loaded(model.description(), use_cpu, 2, Precision::f32, KvType::f16);
    const std::vector<float> first = loaded.run(tokens, 12);
    std::vector<float> again(4 * shape.vocab);
    ForwardInput input = loaded.input(tokens, 8, 4, again.data());
    REQUIRE(loaded.backend->forward(input, &loaded.error));
    CHECK(std::memcmp(again.data(), first.data() + 8 * shape.vocab, again.size() * 4) == 0);

    const uint32_t width = shape.kv_heads * shape.head_dim;
    std::vector<float> k(12 * width), v(12 * width);
    REQUIRE(loaded.backend->read_kv(1, 0, 12, k.data(), v.data(), &loaded.error));
    for (const float value : k) CHECK(value == half_to_float(float_to_half(value)));
    CHECK(!loaded.backend->read_kv(1, 0, 13, k.data(), v.data(), &loaded.error));

    volatile uint32_t cancel = 1;
    input.cancel_flag = &cancel;
    CHECK(!loaded.backend->forward(input, &loaded.error));
    CHECK(loaded.error.code == static_cast<uint32_t>(StatusCode::cancelled));
    CHECK(loaded.backend->read_kv(0, 0, 8, k.data(), v.data(), &loaded.error));
    CHECK(!loaded.backend->read_kv(0, 0, 9, k.data(), v.data(), &loaded.error));

    input.cancel_flag = nullptr;
    input.position = 40;
    CHECK(!loaded.backend->forward(input, &loaded.error));
    input.position = 8;
    input.token_count = 49;
    CHECK(!loaded.backend->forward(input, &loaded.error));
    const int32_t stranger = static_cast<int32_t>(shape.vocab);
    input.tokens = &stranger;
    input.token_count = 1;
    CHECK(!loaded.backend->forward(input, &loaded.error));
    CHECK(std::string(loaded.error.message).find("97") != std::string::npos);
  }
}

TEST_CASE("decode_greedy produces what forward and argmax produce, and stops") {
  SyntheticShape shape;
  const SyntheticModel model(shape);
  Loaded loaded(model.description(), true);
  std::vector<int32_t> produced(8), expected;
  uint32_t count = 0;
  REQUIRE(loaded.backend->decode_greedy(3, 0, 8, nullptr, 0, produced.data(), &count, &loaded.error));
  REQUIRE(count == 8);
  std::vector<int32_t> fed = {3};
  for (uint32_t i = 0; i < 8; ++i) {
    const std::vector<float> logits = loaded.run(fed, 1);
    expected.push_back(static_cast<int32_t>(ops::argmax(logits.data() + i * shape.vocab, shape.vocab)));
    fed.push_back(expected.back());
  }
  CHECK(produced == expected);
  REQUIRE(loaded.backend->decode_greedy(3, 0, 8, &expected[2], 1, produced.data(), &count, &loaded.error));
  CHECK(count <= 3);
}

TEST_CASE("bundled model: cpu equals reference within each precision's bound") {
  GgufModel file;
  if (!file.open(bundled_model()) || !file.describe()) {
    MESSAGE("skipped: resources/models has no bundled model");
    return;
  }
  const std::vector<int32_t> tokens = some_tokens(33, file.description().vocab_size);
  Loaded reference(file.description(), false);
  const std::vector<float> expected = reference.run(tokens, 33);
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    Loaded cpu(file.description(), true, 2, precision);
    const std::vector<float> whole = cpu.run(tokens, 33);
    const double error = normalized_error(whole.data(), expected.data(), whole.size());
    MESSAGE(std::string(cpu.backend->device_description()), precision == Precision::f32 ? std::string(", f32") : std::string(", bf16"), ": NMSE ",
            error);
    CHECK(error <= (precision == Precision::f32 ? 1e-9 : 1e-5));
    CHECK(same_bits(whole, cpu.run(tokens, 1)));
    CHECK(same_bits(whole, cpu.run(tokens, 7)));
  }
}

}  // namespace greta::testing
