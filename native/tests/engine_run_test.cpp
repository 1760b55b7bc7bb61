// The whole engine on a toy model: what the sanitizers must see is the token loop, the queue and the cancel flag together.
#include <doctest/doctest.h>

#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "engine/engine_thread.h"

using namespace greta;

namespace {

constexpr uint32_t kVocabulary = 64, kContext = 48;

// Two layers of llama with random f32 weights, in a file of their own.
class ToyModel {
 public:
  ToyModel() {
    const int file = mkstemp(path_);
    REQUIRE(file >= 0);
    spec_.layer_count = 2;
    spec_.embedding_length = 32;
    spec_.head_count = 4;
    spec_.kv_head_count = 2;
    spec_.head_dim = 8;
    spec_.feed_forward_length = 48;
    spec_.vocabulary_size = kVocabulary;
    spec_.rms_norm_epsilon = 1e-5;
    spec_.attention_scale = 1 / std::sqrt(8.0);
    spec_.rope_dims = 8;
    for (int pair = 0; pair < 4; ++pair) spec_.rope_inverse_frequencies.push_back(std::pow(10000.0, -2.0 * pair / 8));
    add(kVocabulary, 32);
    add(1, 32);
    add(kVocabulary, 32);
    for (int layer = 0; layer < 2; ++layer) {
      const uint32_t shapes[kLayerTensorCount][2] = {{1, 32}, {32, 32}, {16, 32}, {16, 32}, {0, 0},   {0, 0},   {0, 0},
                                                     {0, 0},  {0, 0},   {32, 32}, {1, 32},  {48, 32}, {48, 32}, {32, 48}};
      for (const auto& shape : shapes) add(shape[0], shape[1]);
    }
    const size_t bytes = weights_.size() * sizeof(float);
    REQUIRE(write(file, weights_.data(), bytes) == static_cast<ssize_t>(bytes));
    close(file);
    spec_.files.push_back({path_, bytes});
  }
  ~ToyModel() { std::remove(path_); }
  ModelSpec& spec() { return spec_; }

 private:
  void add(uint32_t rows, uint32_t cols) {
    TensorRecord record;
    record.present = rows > 0;
    record.offset = weights_.size() * sizeof(float);
    record.bytes = uint64_t{rows} * cols * sizeof(float);
    record.rows = rows;
    record.cols = cols;
    std::normal_distribution<float> normal(rows == 1 ? 1.0f : 0.0f, 0.3f);
    for (uint64_t i = 0; i < uint64_t{rows} * cols; ++i) weights_.push_back(normal(generator_));
    spec_.tensors.push_back(record);
  }

  char path_[40] = "/tmp/greta-toy-XXXXXX";
  std::mt19937 generator_{4};
  std::vector<float> weights_;
  ModelSpec spec_;
};

EngineOptions options_for(const char* backend, uint32_t threads) {
  EngineOptions options;
  options.backend = backend;
  options.load.context_capacity = kContext;
  options.load.batch_capacity = 16;
  options.load.kv_type = KvType::f32;
  options.load.thread_count = threads;
  options.logits_history_bytes = 20 * kVocabulary * sizeof(float);
  return options;
}

RunRequest generation(uint32_t tokens) {
  RunRequest request;
  request.ids = {1, 2, 3, 4, 5};
  request.max_tokens = tokens;
  request.candidates = 4;
  request.sampling.temperature = 1;
  request.sampling.seed = 11;
  return request;
}

struct Ran {
  RunOutcome outcome;
  std::vector<int32_t> ids;
  std::vector<uint64_t> hashes;
};

// Runs on a thread of its own while this one takes the steps.
Ran run(Engine& engine, const RunRequest& request, uint32_t cancel_after = UINT32_MAX) {
  Ran ran;
  std::atomic<bool> done{false};
  engine.clear_cancel();
  EngineThread thread;
  thread.post([&] {
    ran.outcome = engine.run(request, [] {});
    done = true;
  });
  const auto take = [&](const StepSpan& span) {
    for (uint32_t row = 0; row < span.count; ++row) {
      if (span.rows[row].phase == StepPhase::generated) ran.ids.push_back(span.rows[row].id);
      if (span.hashes != nullptr) ran.hashes.push_back(span.hashes[row * trace_point_count(2)]);
    }
    if (ran.ids.size() >= cancel_after) engine.request_cancel();
  };
  while (!done) engine.steps().drain(UINT32_MAX, take);
  while (engine.steps().drain(UINT32_MAX, take) > 0) {
  }
  return ran;
}

}  // namespace

TEST_CASE("the token loop: seeds, chunks, cache, trace, cancellation and speculation") {
  ToyModel model;
  for (const char* backend : {"reference", "cpu"}) {
    CAPTURE(backend);
    Engine engine;
    REQUIRE(engine.load(model.spec(), options_for(backend, 2), [](float) { return true; }).ok());
    const Ran first = run(engine, generation(30));
    REQUIRE(first.outcome.status.ok());
    CHECK(first.outcome.reason == FinishReason::length);
    CHECK(first.ids.size() == 30);

    // The same from the cache, chunked, traced.
    RunRequest request = generation(30);
    CHECK(run(engine, request).outcome.reused_tokens == 4);
    request.ignore_cache = true;
    request.prompt_chunk = 2;
    request.trace.stats = request.trace.hashes = request.trace.block_times = true;
    const Ran traced = run(engine, request);
    CHECK(traced.ids == first.ids);
    CHECK(traced.hashes.size() == 34);
    CHECK(traced.outcome.nan_count == 0);

    const Ran cancelled = run(engine, generation(40), 3);
    CHECK((cancelled.outcome.reason == FinishReason::cancelled || cancelled.outcome.reason == FinishReason::length));
    CHECK(std::equal(cancelled.ids.begin(), cancelled.ids.begin() + std::min<size_t>(cancelled.ids.size(), 30), first.ids.begin()));

    const Ran full = run(engine, generation(1000));
    CHECK(full.outcome.reason == FinishReason::context_full);
    CHECK(full.ids.size() == kContext - 5);

    RunRequest greedy = generation(40);
    greedy.sampling = {};
    const Ran plain = run(engine, greedy);
    greedy.speculate = true;
    greedy.ignore_cache = true;
    CHECK(run(engine, greedy).ids == plain.ids);

    RunRequest evaluation;
    evaluation.kind = RunKind::evaluate;
    evaluation.ids = {1, 2, 3, 4, 5, 6, 7};
    evaluation.from = 2;
    evaluation.candidates = 1;
    evaluation.trace.hashes = true;
    CHECK(run(engine, evaluation).hashes.size() == 5);
  }
}

TEST_CASE("bad requests and bad descriptions are statuses") {
  ToyModel model;
  Engine engine;
  REQUIRE(engine.load(model.spec(), options_for("reference", 1), [](float) { return true; }).ok());
  RunRequest request = generation(1);
  request.ids = {1, 64};
  CHECK(run(engine, request).outcome.status.message().find("Token id 64 at position 1") == 0);
  request.ids = {-1};
  CHECK(run(engine, request).outcome.status.code() == StatusCode::invalid_argument);
  request.ids.clear();
  CHECK(!run(engine, request).outcome.status.ok());
  request.ids.assign(kContext + 1, 1);
  CHECK(!run(engine, request).outcome.status.ok());
  request = generation(1);
  request.sampling.top_p = 0;
  CHECK(run(engine, request).outcome.status.message().find("top-p") == 0);
  request = generation(1);
  request.trace.captures = {9999};
  CHECK(!run(engine, request).outcome.status.ok());
  CHECK(run(engine, generation(3)).outcome.status.ok());

  const auto refused = [&](auto change) {
    ModelSpec spec = model.spec();
    change(spec);
    EnginePlan plan;
    return Engine::plan(spec, options_for("reference", 1), &plan);
  };
  CHECK(refused([](ModelSpec& spec) { spec.tensors[4].rows = 33; }).message().find("q of layer 0") == 0);
  CHECK(refused([](ModelSpec& spec) { spec.tensors[4].offset = 1u << 30; }).message().find("outside its file") != std::string::npos);
  CHECK(refused([](ModelSpec& spec) { spec.tensors[4].bytes -= 4; }).code() == StatusCode::invalid_argument);
  CHECK(refused([](ModelSpec& spec) { spec.tensors[4].type = 99; }).code() == StatusCode::invalid_argument);
  CHECK(refused([](ModelSpec& spec) { spec.tensors[1].present = false; }).message().find("no final norm") != std::string::npos);
  CHECK(refused([](ModelSpec& spec) { spec.tensors.pop_back(); }).code() == StatusCode::invalid_argument);
  CHECK(refused([](ModelSpec& spec) { spec.files[0].size += 1; }).code() == StatusCode::io_error);
  CHECK(refused([](ModelSpec& spec) { spec.head_count = 0; }).code() == StatusCode::invalid_argument);
  CHECK(refused([](ModelSpec& spec) { spec.rope_dims = 10; }).code() == StatusCode::invalid_argument);
}

TEST_CASE("a load can be cancelled, and an unknown backend is named") {
  ToyModel model;
  Engine engine;
  CHECK(engine.load(model.spec(), options_for("cpu", 1), [](float) { return false; }).code() == StatusCode::cancelled);
  EnginePlan plan;
  const Status status = Engine::plan(model.spec(), options_for("abacus", 1), &plan);
  CHECK(status.code() == StatusCode::unsupported);
  CHECK(status.message().find("Backend \"abacus\" is not here") == 0);
}
