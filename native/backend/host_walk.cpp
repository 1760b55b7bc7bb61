// One transformer block at a time: the part of HostBackend that knows llama's order of operations.
#include <cmath>
#include <cstring>
#include <limits>

#include "backend/backend_error.h"
#include "backend/host_backend.h"
#include "backend/point_shapes.h"

namespace greta {
namespace {

void add_bias(float* rows, const float* bias, uint64_t width, uint32_t token_count) {
  if (bias == nullptr) return;
  for (uint32_t t = 0; t < token_count; ++t)
    for (uint64_t i = 0; i < width; ++i) rows[t * width + i] += bias[i];
}

}  // namespace

void HostBackend::emit(uint32_t layer, LayerPoint point, float* rows, const Walk& walk) {
  const uint32_t width = point_width(model_, point);
  walk.faults.poison(layer, point, rows, width, walk.position, walk.token_count);
  walk.trace.observe(trace_index(layer, point), rows, width, walk.token_count);
}

void HostBackend::project(uint32_t layer, const LayerPoint* points, float* const* outputs, uint32_t count, const float* x, const Walk& walk) {
  MatmulTask tasks[3];
  uint32_t task_count = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const WeightView* matrix = point_matrix(model_.layers[layer], points[i]);
    const MatmulTask task{matrix, outputs[i], matrix->rows};
    if (!walk.faults.drops_inputs(layer, points[i])) {
      tasks[task_count++] = task;
      continue;
    }
    std::memcpy(fault_input_.data(), x, static_cast<uint64_t>(walk.token_count) * matrix->cols * sizeof(float));
    walk.faults.drop_inputs(layer, points[i], fault_input_.data(), matrix->cols, walk.token_count);
    kernels_->matmul(&task, 1, fault_input_.data(), walk.token_count);
  }
  if (task_count != 0) kernels_->matmul(tasks, task_count, x, walk.token_count);
  for (uint32_t i = 0; i < count; ++i)
    walk.faults.scale_outputs(layer, points[i], outputs[i], point_matrix(model_.layers[layer], points[i])->rows, walk.token_count);
}

void HostBackend::finish_q_or_k(uint32_t layer, bool is_q, float* rows, uint32_t token_count, uint32_t position, float rope_base_factor) {
  const LayerVectors& vectors = vectors_[layer];
  const uint32_t heads = is_q ? model_.head_count : model_.kv_head_count;
  add_bias(rows, is_q ? vectors.q_bias : vectors.k_bias, static_cast<uint64_t>(heads) * model_.head_dim, token_count);
  const float* norm = is_q ? vectors.q_norm : vectors.k_norm;
  if (norm != nullptr) kernels_->rms_norm(rows, norm, token_count * heads, model_.head_dim, rows);
  const double* frequencies = model_.rope_inverse_frequencies;
  if (rope_base_factor != 1.0f) {
    for (uint32_t pair = 0; pair < model_.rope_dims / 2; ++pair)  // (base * factor)^(-2 pair / dims)
      faulty_frequencies_[pair] = frequencies[pair] * std::pow(static_cast<double>(rope_base_factor), -2.0 * pair / model_.rope_dims);
    frequencies = faulty_frequencies_.data();
  }
  kernels_->rope(rows, token_count, heads, frequencies, position);
}

void HostBackend::attend(uint32_t layer, const float* q, float* context, const Walk& walk) {
  const uint32_t stale = walk.faults.stale_position(layer);
  const bool swap_slot = stale != std::numeric_limits<uint32_t>::max() && stale < walk.position + walk.token_count;
  float* good = saved_slot_.data();
  float* old = saved_slot_.data() + 2 * kv_width();
  if (swap_slot) {
    cache_.load(layer, stale, good, good + kv_width());
    cache_.load(layer, stale - 1, old, old + kv_width());
    cache_.store(layer, stale, old, old + kv_width());
  }
  kernels_->attention(cache_, layer, q, walk.position, walk.token_count, context);
  if (swap_slot) cache_.store(layer, stale, good, good + kv_width());
}

void HostBackend::run_layer(uint32_t layer, const Walk& walk) {
  run_attention(layer, walk);
  run_feed_forward(layer, walk);
}

void HostBackend::run_attention(uint32_t layer, const Walk& walk) {
  const uint32_t tokens = walk.token_count;
  kernels_->rms_norm(residual_.data(), vectors_[layer].attn_norm, tokens, model_.embedding_length, normed_.data());
  emit(layer, LayerPoint::attn_norm, normed_.data(), walk);
  walk.clock.charge(layer, TimedBlock::norm);

  const LayerPoint points[] = {LayerPoint::q, LayerPoint::k, LayerPoint::v};
  float* const outputs[] = {q_.data(), k_.data(), v_.data()};
  project(layer, points, outputs, 3, normed_.data(), walk);
  const float base_factor = walk.faults.rope_base_factor(layer);
  finish_q_or_k(layer, true, q_.data(), tokens, walk.position, base_factor);
  finish_q_or_k(layer, false, k_.data(), tokens, walk.position, base_factor);
  add_bias(v_.data(), vectors_[layer].v_bias, kv_width(), tokens);
  for (uint32_t i = 0; i < 3; ++i) emit(layer, points[i], outputs[i], walk);
  walk.clock.charge(layer, TimedBlock::qkv);

  for (uint32_t t = 0; t < tokens; ++t) cache_.store(layer, walk.position + t, k_.data() + t * kv_width(), v_.data() + t * kv_width());
  attend(layer, q_.data(), context_.data(), walk);
  emit(layer, LayerPoint::attn_context, context_.data(), walk);

  const LayerPoint out = LayerPoint::attn_out;
  float* const projected = projected_.data();
  project(layer, &out, &projected, 1, context_.data(), walk);
  emit(layer, out, projected, walk);
  kernels_->add(residual_.data(), projected, static_cast<uint64_t>(tokens) * model_.embedding_length, residual_.data());
  emit(layer, LayerPoint::attn_residual, residual_.data(), walk);
  walk.clock.charge(layer, TimedBlock::attention);
}

void HostBackend::run_feed_forward(uint32_t layer, const Walk& walk) {
  const uint32_t tokens = walk.token_count;
  kernels_->rms_norm(residual_.data(), vectors_[layer].ffn_norm, tokens, model_.embedding_length, normed_.data());
  emit(layer, LayerPoint::ffn_norm, normed_.data(), walk);
  walk.clock.charge(layer, TimedBlock::norm);

  const LayerPoint points[] = {LayerPoint::ffn_gate, LayerPoint::ffn_up};
  float* const outputs[] = {gate_.data(), up_.data()};
  project(layer, points, outputs, 2, normed_.data(), walk);
  for (uint32_t i = 0; i < 2; ++i) emit(layer, points[i], outputs[i], walk);
  kernels_->swiglu(gate_.data(), up_.data(), static_cast<uint64_t>(tokens) * model_.feed_forward_length, gate_.data());
  emit(layer, LayerPoint::ffn_act, gate_.data(), walk);

  const LayerPoint down = LayerPoint::ffn_down;
  float* const projected = projected_.data();
  project(layer, &down, &projected, 1, gate_.data(), walk);
  emit(layer, down, projected, walk);
  kernels_->add(residual_.data(), projected, static_cast<uint64_t>(tokens) * model_.embedding_length, residual_.data());
  emit(layer, LayerPoint::layer_out, residual_.data(), walk);
  walk.clock.charge(layer, TimedBlock::ffn);
}

void HostBackend::run_point(uint32_t layer, LayerPoint point, const float* const* inputs, uint32_t token_count, uint32_t position, float* output) {
  const WeightView* matrix = point_matrix(model_.layers[layer], point);
  const uint64_t width = point_width(model_, point);
  if (matrix != nullptr) {
    const MatmulTask task{matrix, output, matrix->rows};
    kernels_->matmul(&task, 1, inputs[0], token_count);
  }
  switch (point) {
    case LayerPoint::attn_norm:
      return kernels_->rms_norm(inputs[0], vectors_[layer].attn_norm, token_count, model_.embedding_length, output);
    case LayerPoint::ffn_norm:
      return kernels_->rms_norm(inputs[0], vectors_[layer].ffn_norm, token_count, model_.embedding_length, output);
    case LayerPoint::q:
      return finish_q_or_k(layer, true, output, token_count, position, 1.0f);
    case LayerPoint::k:
      return finish_q_or_k(layer, false, output, token_count, position, 1.0f);
    case LayerPoint::v:
      return add_bias(output, vectors_[layer].v_bias, kv_width(), token_count);
    case LayerPoint::attn_context:
      return kernels_->attention(cache_, layer, inputs[0], position, token_count, output);
    case LayerPoint::attn_residual:
    case LayerPoint::layer_out:
      return kernels_->add(inputs[0], inputs[1], token_count * width, output);
    case LayerPoint::ffn_act:
      return kernels_->swiglu(inputs[0], inputs[1], token_count * width, output);
    case LayerPoint::attn_out:
    case LayerPoint::ffn_gate:
    case LayerPoint::ffn_up:
    case LayerPoint::ffn_down:
      return;
  }
}

bool HostBackend::run_operation(uint32_t layer, LayerPoint point, const float* const* inputs, uint32_t input_count, uint32_t token_count,
                                uint32_t position, float* output, BackendError* error) {
  if (!check_rows(token_count, position, error)) return false;
  if (layer >= model_.layer_count || static_cast<uint32_t>(point) >= kLayerPointCount)
    return fail(error, StatusCode::invalid_argument, "There is no operation %u in layer %u.", static_cast<uint32_t>(point), layer);
  const bool takes_two = point == LayerPoint::attn_residual || point == LayerPoint::layer_out || point == LayerPoint::ffn_act;
  const bool brings_keys_and_values = point == LayerPoint::attn_context && input_count == 3;
  if (input_count != (takes_two ? 2u : 1u) && !brings_keys_and_values) {
    return fail(error, StatusCode::invalid_argument, "Operation %s takes %d inputs; it was given %u.", kLayerPointNames[static_cast<uint32_t>(point)],
                takes_two ? 2 : 1, input_count);
  }
  if (brings_keys_and_values) {
    for (uint32_t at = 0; at < position + token_count; ++at) cache_.store(layer, at, inputs[1] + at * kv_width(), inputs[2] + at * kv_width());
    cached_positions_ = 0;  // this layer no longer belongs to the sequence: forward() must begin again
    run_point(layer, point, inputs, token_count, position, output);
    return true;
  }
  if (point == LayerPoint::attn_context && position + token_count > cached_positions_) {
    return fail(error, StatusCode::invalid_argument, "Attention of positions %u to %u needs them in the cache, which holds %u.", position,
                position + token_count - 1, cached_positions_);
  }
  run_point(layer, point, inputs, token_count, position, output);
  return true;
}

}  // namespace greta
