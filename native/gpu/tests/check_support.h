// What the checks of a backend library share: counting, a loaded session, token ids.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "backend/point_shapes.h"
#include "gpu/tests/backend_library.h"

namespace greta::testing {

inline int passed, failed;

inline void check(bool ok, const std::string& what) {
  (ok ? passed : failed)++;
  std::printf("%s %s\n", ok ? "ok  " : "FAIL", what.c_str());
}
inline std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

struct Session {
  std::unique_ptr<Backend> backend;
  const ModelDescription* model;
  BackendError error{};

  bool run(const std::vector<int32_t>& tokens, uint32_t position, uint32_t chunk, LogitsRows rows, std::vector<float>* logits) {
    const uint32_t total = tokens.size();
    logits->assign((rows == LogitsRows::all ? total : 1) * uint64_t{model->vocab_size}, 0);
    for (uint32_t at = 0; at < total; at += chunk) {
      ForwardInput input{};
      input.tokens = tokens.data() + at, input.token_count = std::min(chunk, total - at), input.position = position + at;
      input.logits_rows = rows == LogitsRows::last && at + chunk < total ? LogitsRows::none : rows;
      input.logits = logits->data() + (rows == LogitsRows::all ? uint64_t{at} * model->vocab_size : 0);
      if (!backend->forward(input, &error)) return std::printf("     %s\n", error.message), false;
    }
    return true;
  }
};

inline bool load(Session& session, const std::string& library, const ModelDescription& model, uint32_t context, KvType kv_type = KvType::f16) {
  session.backend = open_backend(library);
  session.model = &model;
  if (!session.backend) return false;
  LoadOptions options{};
  options.context_capacity = context, options.batch_capacity = std::min(context, 512u), options.kv_type = kv_type,
  options.precision = Precision::bf16;
  options.thread_count = 1;
  if (session.backend->load(model, options, nullptr, nullptr, &session.error)) return true;
  std::printf("%s\n", session.error.message);
  return false;
}

inline std::vector<int32_t> some_tokens(uint32_t count, uint32_t vocab) {
  std::vector<int32_t> tokens(count);
  for (uint32_t i = 0; i < count; i++)
    tokens[i] = static_cast<int32_t>((i * 2654435761u + 12345u) >> 8) % static_cast<int32_t>(vocab), tokens[i] = std::abs(tokens[i]);
  return tokens;
}

// check_numerics.cpp: single operations, deliberate faults, NaN, the f32 cache.
void check_operations(Session& session);
void check_faults(Session& session, bool thorough);
// Ends the device: nothing can follow.
void check_lost_device(Session& session, const std::string& library);

}  // namespace greta::testing
