// Both host backends against the independent float64 results: logits, statistics, greedy ids, chunkings.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "backend/cpu/cpu_backend.h"
#include "backend/reference/reference_backend.h"
#include "tests/gguf_model.h"
#include "tests/golden_files.h"

namespace greta::testing {
namespace {

struct GoldenCase {
  const char* model;
  const char* prompt;
};
constexpr GoldenCase kCases[] = {
    {"greta-stories-22m.Q4_K_M", "once-upon"},
    {"greta-stories-22m.Q4_K_M", "robot-moon"},
    {"greta-stories-22m.Q4_K_M", "lily-dog"},
    {"greta-stories-22m.f16", "once-upon"},
    {"greta-stories-22m.f16", "robot-moon"},
    {"greta-stories-22m.f16", "lily-dog"},
    {"stories260K.f32", "bos"},
};

struct Session {
  GgufModel file;
  std::unique_ptr<Backend> backend;
  GoldenRun golden;
  BackendError error{};

  uint32_t layers() const { return file.description().layer_count; }
  uint32_t vocab() const { return file.description().vocab_size; }

  void start(const GoldenCase& golden_case, bool use_cpu, LoadOptions options) {
    const std::string shared = shared_folder();
    REQUIRE(file.open(shared + "/models/" + golden_case.model + ".gguf"));
    REQUIRE(file.describe());
    REQUIRE(read_golden(shared + "/golden/" + golden_case.model + "/" + golden_case.prompt, layers(), &golden));
    backend = use_cpu ? create_cpu_backend() : create_reference_backend();
    const bool loaded = backend->load(file.description(), options, nullptr, nullptr, &error);
    REQUIRE_MESSAGE(loaded, error.message);
  }

  void forward(const int32_t* tokens, uint32_t count, uint32_t position, LogitsRows rows, float* logits, TraceStats* stats = nullptr) {
    ForwardInput input{};
    input.tokens = tokens;
    input.token_count = count;
    input.position = position;
    input.logits_rows = rows;
    input.logits = logits;
    input.taps.stats = stats;
    const bool done = backend->forward(input, &error);
    REQUIRE_MESSAGE(done, error.message);
  }
};

LoadOptions options_for(KvType kv_type) {
  LoadOptions options{};
  options.context_capacity = 256;
  options.batch_capacity = 128;
  options.kv_type = kv_type;
  options.thread_count = 2;
  return options;
}

void check_statistics(const Session& session, const std::vector<TraceStats>& stats, uint32_t tokens, double bound) {
  const uint32_t points = trace_point_count(session.layers());
  double worst = 0;
  uint32_t worst_index = 0;
  for (const GoldenStatistics& expected : session.golden.statistics) {
    REQUIRE(expected.trace_index < points);
    double least = std::numeric_limits<double>::infinity(), largest = -least, mean = 0, square = 0;
    for (uint32_t t = 0; t < tokens; ++t) {
      const TraceStats& row = stats[static_cast<size_t>(t) * points + expected.trace_index];
      least = std::min<double>(least, row.min);
      largest = std::max<double>(largest, row.max);
      mean += static_cast<double>(row.mean) / tokens;
      square += static_cast<double>(row.rms) * row.rms / tokens;
    }
    for (const double difference : {least - expected.min, largest - expected.max, mean - expected.mean, std::sqrt(square) - expected.rms})
      if (std::fabs(difference) / expected.rms > worst) {
        worst = std::fabs(difference) / expected.rms;
        worst_index = expected.trace_index;
      }
  }
  MESSAGE("largest statistic difference, in units of its tensor's rms: ", worst, " at trace index ", worst_index);
  CHECK(worst <= bound);
}

// Fed the golden text, every position must choose the next golden id: what greedy decoding would have produced.
void check_greedy(const Session& session, const std::vector<float>& logits, uint32_t prompt_tokens) {
  const size_t vocab = session.vocab();
  for (size_t i = 0; i < session.golden.greedy_ids.size(); ++i) {
    const float* row = logits.data() + (prompt_tokens - 1 + i) * vocab;
    CHECK(std::max_element(row, row + vocab) - row == session.golden.greedy_ids[i]);
  }
}

void check_case(const GoldenCase& golden_case, bool use_cpu, KvType kv_type, double bound) {
  CAPTURE(golden_case.model);
  CAPTURE(golden_case.prompt);
  Session session;
  session.start(golden_case, use_cpu, options_for(kv_type));
  std::vector<int32_t> tokens = session.golden.prompt_ids;
  const auto prompt_tokens = static_cast<uint32_t>(tokens.size());
  tokens.insert(tokens.end(), session.golden.greedy_ids.begin(), session.golden.greedy_ids.end());
  std::vector<float> logits(tokens.size() * session.vocab());
  std::vector<TraceStats> stats(static_cast<size_t>(prompt_tokens) * trace_point_count(session.layers()));
  session.forward(tokens.data(), prompt_tokens, 0, LogitsRows::all, logits.data(), stats.data());
  session.forward(tokens.data() + prompt_tokens, static_cast<uint32_t>(tokens.size()) - prompt_tokens, prompt_tokens, LogitsRows::all,
                  logits.data() + static_cast<size_t>(prompt_tokens) * session.vocab());
  REQUIRE(logits.size() >= session.golden.logits.size());
  const double error = normalized_error(logits.data(), session.golden.logits.data(), session.golden.logits.size());
  MESSAGE(std::string(session.backend->name()), " ", std::string(golden_case.model), "/", std::string(golden_case.prompt),
          kv_type == KvType::f32 ? std::string(" f32") : std::string(" f16"), " cache: NMSE ", error);
  CHECK(error <= bound);
  if (kv_type == KvType::f32) {
    check_statistics(session, stats, prompt_tokens, 1e-5);
    check_greedy(session, logits, prompt_tokens);
  }
}

// The logits of all prompt positions must be bit-equal however the prompt is cut.
void check_chunks(const GoldenCase& golden_case, bool use_cpu, KvType kv_type) {
  CAPTURE(golden_case.model);
  Session session;
  session.start(golden_case, use_cpu, options_for(kv_type));
  std::vector<int32_t> prompt = session.golden.prompt_ids;
  prompt.insert(prompt.end(), session.golden.greedy_ids.begin(), session.golden.greedy_ids.end());
  prompt.resize(std::min<size_t>(prompt.size(), 64));
  const auto tokens = static_cast<uint32_t>(prompt.size());
  std::vector<float> whole(static_cast<size_t>(tokens) * session.vocab()), cut(whole.size());
  session.forward(prompt.data(), tokens, 0, LogitsRows::all, whole.data());
  for (const uint32_t chunk : {1u, 7u, 33u}) {
    for (uint32_t first = 0; first < tokens; first += chunk) {
      session.forward(prompt.data() + first, std::min(chunk, tokens - first), first, LogitsRows::all,
                      cut.data() + static_cast<size_t>(first) * session.vocab());
    }
    CHECK(std::memcmp(whole.data(), cut.data(), whole.size() * sizeof(float)) == 0);
  }
}

bool have_golden_data() {
  if (!shared_folder().empty()) return true;
  MESSAGE("skipped: ../shared/golden is not beside this checkout");
  return false;
}

}  // namespace

TEST_CASE("golden: reference logits, statistics and greedy ids") {
  if (!have_golden_data()) return;
  for (const GoldenCase& golden_case : kCases) check_case(golden_case, false, KvType::f32, 1e-11);
  check_case(kCases[0], false, KvType::f16, 1e-6);
}

TEST_CASE("golden: reference chunks are bit-equal") {
  if (!have_golden_data()) return;
  check_chunks(kCases[6], false, KvType::f16);
}

TEST_CASE("golden: cpu logits, statistics and greedy ids") {
  if (!have_golden_data()) return;
  for (const GoldenCase& golden_case : kCases) {
    check_case(golden_case, true, KvType::f32, 1e-9);
    check_case(golden_case, true, KvType::f16, 1e-6);
  }
}

TEST_CASE("golden: cpu chunks are bit-equal") {
  if (!have_golden_data()) return;
  for (const GoldenCase& golden_case : {kCases[0], kCases[3], kCases[6]}) {
    check_chunks(golden_case, true, KvType::f32);
    check_chunks(golden_case, true, KvType::f16);
  }
}

}  // namespace greta::testing
