// What numeric debugging asks of a backend: single operations that repeat a step's bits, faults that break exactly what they
// name, NaN that reaches nobody who came before it.
#include <cmath>
#include <cstring>
#include <map>

#include "base/status.h"
#include "gpu/tests/check_support.h"

namespace greta::testing {
namespace {

constexpr uint32_t kTokens = 4;
using Rows = std::vector<float>;

// Every point of one layer, and the residual stream that enters it, over kTokens tokens in steps of `chunk`.
struct LayerCapture {
  Rows input;
  Rows points[kLayerPointCount];
  std::vector<TraceStats> stats;
  Rows logits;
};
bool capture(Session& session, uint32_t layer, uint32_t chunk, const std::vector<Fault>& faults, LayerCapture* out) {
  const ModelDescription& model = *session.model;
  const std::vector<int32_t> tokens = some_tokens(kTokens, model.vocab_size);
  const uint32_t columns = trace_point_count(model.layer_count);
  const uint32_t input_index = layer == 0 ? trace_index_embedding() : trace_index(layer - 1, LayerPoint::layer_out);
  out->input.assign(uint64_t{kTokens} * model.embedding_length, 0);
  out->stats.assign(uint64_t{kTokens} * columns, {});
  out->logits.assign(uint64_t{kTokens} * model.vocab_size, 0);
  for (uint32_t p = 0; p < kLayerPointCount; p++) out->points[p].assign(uint64_t{kTokens} * point_width(model, static_cast<LayerPoint>(p)), 0);
  for (uint32_t at = 0; at < kTokens; at += chunk) {
    std::vector<TensorCapture> captures{{input_index, model.embedding_length, out->input.data() + uint64_t{at} * model.embedding_length}};
    for (uint32_t p = 0; p < kLayerPointCount; p++) {
      const uint32_t width = point_width(model, static_cast<LayerPoint>(p));
      captures.push_back({trace_index(layer, static_cast<LayerPoint>(p)), width, out->points[p].data() + uint64_t{at} * width});
    }
    ForwardInput input{};
    input.tokens = tokens.data() + at, input.token_count = std::min(chunk, kTokens - at), input.position = at;
    input.logits_rows = LogitsRows::all, input.logits = out->logits.data() + uint64_t{at} * model.vocab_size;
    input.taps.stats = out->stats.data() + uint64_t{at} * columns;
    input.taps.captures = captures.data(), input.taps.capture_count = static_cast<uint32_t>(captures.size());
    input.faults = faults.data(), input.fault_count = static_cast<uint32_t>(faults.size());
    if (!session.backend->forward(input, &session.error)) return std::printf("     %s\n", session.error.message), false;
  }
  return true;
}
bool same_bits(const Rows& a, const Rows& b) { return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0; }

std::vector<const float*> inputs_of(const LayerCapture& c, LayerPoint point) {
  const auto at = [&](LayerPoint p) { return c.points[static_cast<uint32_t>(p)].data(); };
  switch (point) {
    case LayerPoint::attn_norm:
      return {c.input.data()};
    case LayerPoint::q:
    case LayerPoint::k:
    case LayerPoint::v:
      return {at(LayerPoint::attn_norm)};
    case LayerPoint::attn_context:
      return {at(LayerPoint::q), at(LayerPoint::k), at(LayerPoint::v)};
    case LayerPoint::attn_out:
      return {at(LayerPoint::attn_context)};
    case LayerPoint::attn_residual:
      return {c.input.data(), at(LayerPoint::attn_out)};
    case LayerPoint::ffn_norm:
      return {at(LayerPoint::attn_residual)};
    case LayerPoint::ffn_gate:
    case LayerPoint::ffn_up:
      return {at(LayerPoint::ffn_norm)};
    case LayerPoint::ffn_act:
      return {at(LayerPoint::ffn_gate), at(LayerPoint::ffn_up)};
    case LayerPoint::ffn_down:
      return {at(LayerPoint::ffn_act)};
    case LayerPoint::layer_out:
      return {at(LayerPoint::attn_residual), at(LayerPoint::ffn_down)};
  }
  return {};
}
// The operation of `point` on the captured inputs, all tokens at once.
bool replay(Session& session, uint32_t layer, LayerPoint point, const LayerCapture& c, uint32_t input_count, Rows* output) {
  const std::vector<const float*> inputs = inputs_of(c, point);
  output->assign(uint64_t{kTokens} * point_width(*session.model, point), 0);
  if (session.backend->run_operation(layer, point, inputs.data(), input_count, kTokens, 0, output->data(), &session.error)) return true;
  return std::printf("     %s\n", session.error.message), false;
}

Fault fault_at(FaultKind kind, uint32_t layer, LayerPoint point, uint32_t position, uint32_t index, uint32_t count, float factor) {
  return {kind, layer, static_cast<uint32_t>(point), position, index, count, factor};
}

// One NaN at every point in turn: it shows there, and nowhere before it in the layer, in earlier tokens or in clean steps.
void check_nan(Session& session, const LayerCapture& clean, bool every_point) {
  const ModelDescription& model = *session.model;
  const uint32_t layer = model.layer_count / 2, position = kTokens / 2, columns = trace_point_count(model.layer_count);
  for (const uint32_t chunk : {kTokens, 1u}) {
    std::string wrong;
    for (uint32_t p = 0; p < kLayerPointCount; p++) {
      const LayerPoint point = static_cast<LayerPoint>(p);
      if ((chunk == 1 || !every_point) && point != LayerPoint::v && point != LayerPoint::attn_out) continue;
      LayerCapture broken;
      if (!capture(session, layer, chunk, {fault_at(FaultKind::nan_at_point, layer, point, position, point_width(model, point) / 2, 0, 0)}, &broken))
        return check(false, "NaN");
      const auto nan_at = [&](uint32_t token, uint32_t column) { return broken.stats[uint64_t{token} * columns + column].nan_count; };
      uint32_t early = 0;
      for (uint32_t token = 0; token < position; token++)
        for (uint32_t column = 0; column < columns; column++) early += nan_at(token, column);
      for (uint32_t column = 0; column < trace_index(layer, LayerPoint::attn_norm) + p; column++) {
        const bool sibling = column >= trace_index(layer, LayerPoint::q) && column <= trace_index(layer, LayerPoint::v) && p <= 3;
        if (!sibling) early += nan_at(position, column);
      }
      const uint64_t before = uint64_t{position} * model.vocab_size;
      const bool prefix_same = std::memcmp(broken.logits.data(), clean.logits.data(), before * sizeof(float)) == 0;
      if (early != 0 || !prefix_same || nan_at(position, trace_index(layer, point)) == 0 || !std::isnan(broken.logits[before]))
        wrong += std::string(" ") + kLayerPointNames[p];
      // Rewound behind the NaN, the same token is clean again although the cache still holds it further on.
      LayerCapture again;
      if (p == 3 && (!capture(session, layer, 1, {}, &again) || !same_bits(again.logits, clean.logits))) wrong += " (rewound)";
    }
    check(wrong.empty(), std::string(chunk == 1    ? "a NaN at v and attn_out, one by one"
                                     : every_point ? "a NaN at each of 13 points, at once"
                                                   : "a NaN at v and attn_out, at once") +
                             ": shows there, earlier tokens keep their bits" + (wrong.empty() ? "" : "; wrong at" + wrong));
  }
}

// Scaled rows and dropped inputs: the faulty output is what the clean operation gives on the faulty inputs.
void check_matrix_faults(Session& session) {
  const ModelDescription& model = *session.model;
  const uint32_t layer = model.layer_count - 1;
  std::string wrong;
  for (const LayerPoint point :
       {LayerPoint::q, LayerPoint::k, LayerPoint::v, LayerPoint::attn_out, LayerPoint::ffn_gate, LayerPoint::ffn_up, LayerPoint::ffn_down}) {
    const uint32_t p = static_cast<uint32_t>(point), width = point_width(model, point), inputs = operation_input_width(model, point);
    const std::string name = std::string(" ") + kLayerPointNames[p];
    LayerCapture broken;
    Rows expected;
    const uint32_t row = width - 1;
    if (!capture(session, layer, kTokens, {fault_at(FaultKind::scale_weight_row, layer, point, 0, row, 0, 2.0f)}, &broken) ||
        !replay(session, layer, point, broken, 1, &expected))
      return check(false, "scaled row" + name);
    // q and k are rotated after the product: a pair of values differs; token 0 is not turned.
    const bool rotated = point == LayerPoint::q || point == LayerPoint::k;
    const bool has_extras = session.model->layers[layer].q_bias.data || session.model->layers[layer].q_norm.data;
    uint32_t different = 0;
    for (uint32_t token = 0; token < kTokens; token++)
      for (uint32_t i = 0; i < width; i++) {
        const float clean = expected[uint64_t{token} * width + i], got = broken.points[p][uint64_t{token} * width + i];
        if (i == row && (!rotated || token == 0) && !has_extras) {
          if (got != 2 * clean) wrong += name + " scale";
        } else if (std::memcmp(&got, &clean, sizeof got) != 0) {
          different++;
        }
      }
    if (different > (rotated ? 2 * kTokens : 0) && !has_extras) wrong += name + " scales other rows";
    const uint32_t first = inputs / 2, count = 9;
    if (!capture(session, layer, kTokens, {fault_at(FaultKind::drop_k_tile, layer, point, 0, first, count, 0)}, &broken))
      return check(false, "dropped tile" + name);
    const LayerPoint input_point = point == LayerPoint::attn_out   ? LayerPoint::attn_context
                                   : point == LayerPoint::ffn_down ? LayerPoint::ffn_act
                                   : p <= 3                        ? LayerPoint::attn_norm
                                                                   : LayerPoint::ffn_norm;
    LayerCapture edited = broken;
    for (uint32_t token = 0; token < kTokens; token++)
      std::fill_n(edited.points[static_cast<uint32_t>(input_point)].begin() + uint64_t{token} * inputs + first, count, 0.0f);
    if (!replay(session, layer, point, edited, 1, &expected) || !same_bits(expected, broken.points[p])) wrong += name + " drop";
  }
  check(wrong.empty(),
        "scaled weight rows and dropped inputs of 7 matrices break what they name and nothing else" + (wrong.empty() ? "" : "; wrong:" + wrong));
}

void check_attention_faults(Session& session, const LayerCapture& clean) {
  const ModelDescription& model = *session.model;
  LayerCapture broken;
  Rows expected;
  const auto at = [](LayerCapture& c, LayerPoint p) -> Rows& { return c.points[static_cast<uint32_t>(p)]; };
  for (const uint32_t chunk : {kTokens, 1u}) {
    const std::string how = ", steps of " + std::to_string(chunk);
    const uint32_t stale = kTokens / 2, width = model.kv_head_count * model.head_dim;
    if (!capture(session, 0, chunk, {fault_at(FaultKind::stale_kv_slot, 0, LayerPoint::attn_context, stale, 0, 0, 0)}, &broken))
      return check(false, "stale slot");
    LayerCapture edited = broken;
    for (const LayerPoint p : {LayerPoint::k, LayerPoint::v})
      std::copy_n(at(edited, p).begin() + (stale - 1) * width, width, at(edited, p).begin() + stale * width);
    const bool replayed = replay(session, 0, LayerPoint::attn_context, edited, 3, &expected);
    check(replayed && same_bits(expected, at(broken, LayerPoint::attn_context)) &&
              !same_bits(at(broken, LayerPoint::attn_context), clean.points[static_cast<uint32_t>(LayerPoint::attn_context)]),
          "a stale slot is what attention over the slot before gives" + how);
    if (!capture(session, 0, chunk, {fault_at(FaultKind::wrong_rope_base, 0, LayerPoint::q, 0, 0, 0, 2.0f)}, &broken))
      return check(false, "rope base");
    const uint32_t q = static_cast<uint32_t>(LayerPoint::q), q_width = model.head_count * model.head_dim;
    const bool first_same = std::memcmp(broken.points[q].data(), clean.points[q].data(), q_width * sizeof(float)) == 0;
    check(first_same && !same_bits(broken.points[q], clean.points[q]) &&
              same_bits(at(broken, LayerPoint::v), clean.points[static_cast<uint32_t>(LayerPoint::v)]),
          "another RoPE base turns q from position 1 on, and not v" + how);
  }
}

}  // namespace

void check_operations(Session& session) {
  const uint32_t layers = session.model->layer_count;
  for (const uint32_t chunk : {kTokens, 1u}) {
    std::string wrong;
    for (const uint32_t layer : {0u, layers - 1}) {
      LayerCapture c;
      if (!capture(session, layer, chunk, {}, &c)) return check(false, "capture");
      // The cache holds this sequence: attention reads it before the same rows are given.
      Rows output;
      if (!replay(session, layer, LayerPoint::attn_context, c, 1, &output) ||
          !same_bits(output, c.points[static_cast<uint32_t>(LayerPoint::attn_context)]))
        wrong += " attn_context (cache)";
      for (uint32_t p = 0; p < kLayerPointCount; p++) {
        const LayerPoint point = static_cast<LayerPoint>(p);
        const uint32_t inputs = static_cast<uint32_t>(inputs_of(c, point).size());
        if (!replay(session, layer, point, c, inputs, &output) || !same_bits(output, c.points[p])) wrong += std::string(" ") + kLayerPointNames[p];
      }
      ForwardInput input{};
      const int32_t token = 1;
      input.tokens = &token, input.token_count = 1, input.position = 1;
      if (session.backend->forward(input, &session.error)) wrong += " (a replaced cache was continued)";
    }
    check(wrong.empty(), "13 operations of two layers on captured inputs, steps of " + std::to_string(chunk) + ": the bits of the step" +
                             (wrong.empty() ? "" : "; wrong at" + wrong));
  }
  float value = 0;
  const float* inputs[] = {&value, &value, &value};
  const auto refused = [&](uint32_t layer, LayerPoint point, uint32_t count, uint32_t tokens, const char* what) {
    const bool done = session.backend->run_operation(layer, point, inputs, count, tokens, 0, &value, &session.error);
    check(!done && session.error.message[0], std::string(what) + ": " + session.error.message);
  };
  refused(layers, LayerPoint::q, 1, 1, "an operation of a layer that is not there");
  refused(0, LayerPoint::ffn_act, 1, 1, "an operation with one of two inputs");
  refused(0, LayerPoint::attn_context, 1, 1, "attention without a cache");
}

void check_faults(Session& session, bool thorough) {
  LayerCapture clean, first_layer;
  if (!capture(session, session.model->layer_count / 2, kTokens, {}, &clean) || !capture(session, 0, kTokens, {}, &first_layer))
    return check(false, "capture");
  check_nan(session, clean, thorough);
  if (thorough) check_matrix_faults(session);
  check_attention_faults(session, first_layer);
  LayerCapture again;
  check(capture(session, session.model->layer_count / 2, 1, {}, &again) && same_bits(again.logits, clean.logits),
        "after faults a step has its bits again");
}

void check_lost_device(Session& session, const std::string& library) {
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  const uint32_t layer = session.model->layer_count / 2;
  const auto lose = reinterpret_cast<void (*)(int64_t)>(dlsym(handle, "greta_emulator_lose_device_after"));
  const auto break_weights = reinterpret_cast<void (*)(Backend*, uint32_t)>(dlsym(handle, "greta_gpu_break_weights"));
  // A GPU: the down projection of `layer` reads where no memory is. The emulator: the embedding and, with an f32 cache, six
  // kernels a layer run, the last of them the down projection.
  if (lose)
    lose(1 + 6 * (layer + 1));
  else
    break_weights(session.backend.get(), layer);
  // A GPU dies with its last notes unwritten: on an H200 it names a block of the same layer, two kernels before.
  const std::string expected = (lose ? "down projection of layer " : "of layer ") + std::to_string(layer);
  std::vector<float> logits;
  session.error = {};
  const bool failed_step = !session.run({1}, 0, 1, LogitsRows::last, &logits);
  const std::string message = session.error.message;
  check(failed_step && session.error.code == static_cast<uint32_t>(StatusCode::device_lost) && message.find(expected) != std::string::npos,
        (lose ? "a dead device names its last block: " : "a dead device names the layer it died in: ") + message);
}

}  // namespace greta::testing
