// gpu_check LIBRARY [--quick | --brief] [--repeats N] [--lose-device] [--golden STEM MODEL]...: holds a backend library to golden
// logits and to itself: chunk sizes, replays, taps, rewinds, operations, faults, errors. Without MODEL it takes the bundled model and what ../shared
// has. Needs no Node.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <vector>

#include "backend/point_shapes.h"
#include "gpu/tests/check_support.h"
#include "tests/gguf_model.h"
#include "tests/golden_files.h"

namespace {
using namespace greta;
using namespace greta::testing;

void check_golden(Session& session, const std::string& stem, bool and_text) {
  GoldenRun golden;
  if (!read_golden(stem, session.model->layer_count, &golden)) return check(false, "cannot read " + stem);
  std::vector<float> logits;
  const uint32_t rows = golden.prompt_ids.size(), given = golden.logits.size() / session.model->vocab_size;
  std::vector<int32_t> ids = golden.prompt_ids;
  ids.insert(ids.end(), golden.greedy_ids.begin(), golden.greedy_ids.end());
  ids.resize(std::min<size_t>(ids.size(), given));  // some golden files carry the logits of generated tokens too
  if (!session.run(ids, 0, ids.size(), LogitsRows::all, &logits)) return check(false, stem);
  const double error = normalized_error(logits.data(), golden.logits.data(), golden.logits.size());
  check(error <= 1e-5, "golden logits " + stem.substr(stem.rfind('/') + 1) + ": NMSE " + number(error) + " (limit 1e-5, goal 1e-6)");
  if (!and_text) return;
  if (!session.run(golden.prompt_ids, 0, rows, LogitsRows::last, &logits)) return check(false, stem);
  const int32_t first = std::max_element(logits.begin(), logits.end()) - logits.begin();
  std::vector<int32_t> produced(golden.greedy_ids.size());
  uint32_t count = 0;
  bool ok = session.backend->decode_greedy(first, rows, produced.size() - 1, nullptr, 0, produced.data() + 1, &count, &session.error);
  produced[0] = first;
  uint32_t same = 0;
  while (same < produced.size() && produced[same] == golden.greedy_ids[same]) same++;
  // Where texts part, both choices must be nearly equal: the golden id within 0.01 of our largest logit.
  double gap = 0;
  if (ok && same > 0 && same < produced.size()) {
    std::vector<int32_t> prefix = golden.prompt_ids;
    prefix.insert(prefix.end(), golden.greedy_ids.begin(), golden.greedy_ids.begin() + same);
    ok = session.run(prefix, 0, prefix.size(), LogitsRows::last, &logits);
    gap = *std::max_element(logits.begin(), logits.end()) - logits[golden.greedy_ids[same]];
  }
  check(ok && same > 0 && gap <= 0.01, "greedy text " + stem.substr(stem.rfind('/') + 1) + ": " + std::to_string(same) + " of " +
                                           std::to_string(produced.size()) + " ids" +
                                           (same < produced.size() ? ", then a tie within " + number(gap) : ""));
}

// Bit equality, as hashes would tell: any chunk size, eager and replayed, batch rows and single rows.
void check_equivalence(Session& session, uint32_t length) {
  const std::vector<int32_t> tokens = some_tokens(length, session.model->vocab_size);
  std::vector<float> whole, other;
  if (!session.run(tokens, 0, length, LogitsRows::all, &whole)) return check(false, "whole prompt");
  for (const uint32_t chunk : {1u, 7u, 64u, 512u}) {
    if (chunk >= length && chunk != 512) continue;
    if (!session.run(tokens, 0, std::min(chunk, length), LogitsRows::all, &other)) return check(false, "chunks");
    uint64_t different = 0;
    for (size_t i = 0; i < whole.size(); i++) different += std::memcmp(&whole[i], &other[i], 4) != 0;
    check(different == 0, "chunks of " + std::to_string(chunk) + " over " + std::to_string(length) + " tokens: " + std::to_string(different) +
                              " of " + std::to_string(whole.size()) + " logits differ from the whole prompt");
  }
}

void check_taps(Session& session, uint32_t length) {
  const ModelDescription& model = *session.model;
  const std::vector<int32_t> tokens = some_tokens(length, model.vocab_size);
  const uint32_t columns = trace_point_count(model.layer_count);
  std::vector<float> plain;
  session.run(tokens, 0, length, LogitsRows::all, &plain);
  std::vector<uint64_t> first_hashes;
  for (const uint32_t chunk : {length, 1u}) {
    std::vector<float> logits(plain.size()), captured(uint64_t{length} * model.feed_forward_length);
    std::vector<TraceStats> stats(uint64_t{length} * columns);
    std::vector<uint64_t> hashes(stats.size()), nanoseconds((model.layer_count + 1) * kTimedBlockCount);
    bool ok = true;
    for (uint32_t at = 0; at < length; at += chunk) {
      const TensorCapture capture{trace_index(model.layer_count - 1, LayerPoint::ffn_act), model.feed_forward_length,
                                  captured.data() + uint64_t{at} * model.feed_forward_length};
      ForwardInput input{};
      input.tokens = tokens.data() + at, input.token_count = std::min(chunk, length - at), input.position = at, input.logits_rows = LogitsRows::all;
      input.logits = logits.data() + uint64_t{at} * model.vocab_size;
      input.taps = {stats.data() + uint64_t{at} * columns, hashes.data() + uint64_t{at} * columns, &capture, 1, nanoseconds.data()};
      ok = ok && session.backend->forward(input, &session.error);
    }
    const std::string how = chunk == 1 ? "one by one" : "at once";
    check(ok && std::memcmp(logits.data(), plain.data(), plain.size() * 4) == 0, "watching " + how + " does not change a bit of the logits");
    double worst = 0;
    uint32_t nan = 0, empty = 0;
    for (uint32_t row = 0; row < length; row++) {
      const TraceStats& s = stats[uint64_t{row} * columns + trace_index(model.layer_count - 1, LayerPoint::ffn_act)];
      double squares = 0;
      float absmax = 0;
      for (uint32_t i = 0; i < model.feed_forward_length; i++) {
        const float x = captured[uint64_t{row} * model.feed_forward_length + i];
        squares += double(x) * x, absmax = std::max(absmax, std::fabs(x));
      }
      worst = std::max({worst, std::fabs(std::sqrt(squares / model.feed_forward_length) - s.rms), double(std::fabs(absmax - s.absmax))});
    }
    for (const TraceStats& s : stats) nan += s.nan_count + s.positive_infinity_count + s.negative_infinity_count, empty += s.absmax == 0;
    check(worst < 1e-5, "statistics " + how + " agree with the captured rows: " + number(worst));
    check(nan == 0 && empty == 0, "statistics " + how + ": " + std::to_string(stats.size()) + " rows, " + std::to_string(nan) + " NaN or Inf, " +
                                      std::to_string(empty) + " empty");
    check(std::accumulate(nanoseconds.begin(), nanoseconds.end(), uint64_t{0}) > 0, "block times " + how + " are there");
    if (chunk == length)
      first_hashes = hashes;
    else
      check(first_hashes == hashes, "hashes of every trace point are the same at once and one by one");
  }
}

void check_determinism(Session& session, uint32_t repeats) {
  const std::vector<int32_t> tokens = some_tokens(5, session.model->vocab_size);
  std::vector<float> first, again;
  uint32_t different = 0;
  for (uint32_t i = 0; i < repeats; i++) {
    session.run(tokens, 0, i % 2 ? 1 : 5, LogitsRows::last, i == 0 ? &first : &again);
    if (i > 0 && std::memcmp(first.data(), again.data(), first.size() * 4) != 0) different++;
  }
  check(different == 0,
        std::to_string(repeats) + " repeats of a prompt, alternately at once and one by one: " + std::to_string(different) + " differ");
}

void check_refusals(Session& session, const std::string& library) {
  std::vector<float> logits(session.model->vocab_size);
  ForwardInput input{};
  int32_t token = static_cast<int32_t>(session.model->vocab_size);
  input.tokens = &token, input.token_count = 1, input.logits_rows = LogitsRows::last, input.logits = logits.data();
  const auto refused = [&](bool done, const char* what) {
    check(!done && session.error.message[0], std::string(what) + ": " + session.error.message);
  };
  refused(session.backend->forward(input, &session.error), "a token id outside the vocabulary");
  token = 1, input.position = 1u << 20;
  refused(session.backend->forward(input, &session.error), "a position beyond the cache");
  const std::unique_ptr<Backend> second = open_backend(library);
  LoadOptions options{};
  options.context_capacity = 1u << 30, options.batch_capacity = 1, options.kv_type = KvType::f16, options.precision = Precision::bf16,
  options.thread_count = 1;
  MemoryPlan plan{};
  refused(second->plan(*session.model, options, &plan, &session.error), "more memory than there is");
  options.context_capacity = 128, options.precision = Precision::f32;
  refused(second->plan(*session.model, options, &plan, &session.error), "f32 precision");
  options.precision = Precision::bf16, options.device_index = 3;
  refused(second->plan(*session.model, options, &plan, &session.error), "another device");
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return std::printf("usage: gpu_check LIBRARY [--quick | --brief] [--repeats N] [--lose-device] [--golden STEM MODEL]...\n"), 2;
  setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::string library = arguments[1];
  bool quick = false, brief = false, lose_device = false;
  uint32_t repeats = 1000;
  std::vector<std::pair<std::string, std::string>> golden;  // stem, model
  for (int i = 2; i < count; i++) {
    if (!std::strcmp(arguments[i], "--quick"))
      quick = true;
    else if (!std::strcmp(arguments[i], "--brief"))
      quick = brief = true;  // every kernel of a model a few times: race checkers are slow
    else if (!std::strcmp(arguments[i], "--lose-device"))
      lose_device = true;
    else if (!std::strcmp(arguments[i], "--repeats") && i + 1 < count)
      repeats = std::atoi(arguments[++i]);
    else if (!std::strcmp(arguments[i], "--golden") && i + 2 < count)
      golden.emplace_back(arguments[i + 1], arguments[i + 2]), i += 2;
    else
      return std::printf("unknown argument %s\n", arguments[i]), 2;
  }
  if (golden.empty() && !shared_folder().empty()) {
    golden.emplace_back(shared_folder() + "/golden/stories260K.f32/bos", shared_folder() + "/models/stories260K.f32.gguf");
    if (!quick)
      for (const char* model : {"greta-stories-22m.Q4_K_M", "greta-stories-22m.f16"})
        for (const char* prompt : {"/lily-dog", "/once-upon", "/robot-moon"})
          golden.emplace_back(shared_folder() + "/golden/" + model + prompt, shared_folder() + "/models/" + model + ".gguf");
  }
  std::string open_path;
  GgufModel* model = nullptr;
  Session session;
  for (const auto& [stem, path] : golden) {
    if (path != open_path) {
      session.backend.reset();
      model = new GgufModel;  // descriptions must outlive their backend
      if (!model->open(path) || !model->describe() || !load(session, library, model->description(), 512)) {
        check(false, "cannot load " + path);
        continue;
      }
      open_path = path;
      std::printf("%s: %s\n", path.c_str(), session.backend->device_description());
    }
    check_golden(session, stem, !brief);
  }
  if (golden.empty()) std::printf("skipped: golden data is not here\n");
  const std::string bundled = golden.empty() ? bundled_model() : quick ? golden[0].second : golden.back().second;
  if (!session.backend || bundled != open_path) {
    session.backend.reset();
    model = new GgufModel;
    if (!model->open(bundled) || !model->describe() || !load(session, library, model->description(), 512)) check(false, "cannot load " + bundled);
  }
  if (session.backend) {
    check_equivalence(session, brief ? 4 : quick ? 20 : 300);
    check_taps(session, brief ? 2 : quick ? 5 : 100);
    check_determinism(session, quick ? 4 : repeats);
    check_operations(session);
    if (!brief) check_faults(session, true);
    check_refusals(session, library);
    const ModelDescription& description = *session.model;
    session.backend.reset();
    std::printf("f32 cache\n");
    if (load(session, library, description, 512, KvType::f32)) {
      if (!golden.empty()) check_golden(session, quick ? golden[0].first : golden.back().first, !quick);
      check_equivalence(session, brief ? 4 : quick ? 20 : 300);
      check_operations(session);
      if (!brief) check_faults(session, !quick);  // the same code over either cache
    } else {
      check(false, "an f32 cache");
    }
    if (lose_device) check_lost_device(session, library);
  }
  session.backend.reset();
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
