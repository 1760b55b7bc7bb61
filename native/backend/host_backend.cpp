#include "backend/host_backend.h"

#include <algorithm>
#include <cstring>

#include "backend/backend_error.h"
#include "backend/model_checks.h"
#include "backend/point_shapes.h"
#include "ops/dequantize.h"
#include "ops/matmul.h"

namespace greta {
namespace {

struct BufferSizes {
  uint64_t embedding_rows, q_rows, kv_rows, feed_forward_rows, widest_rows;  // floats
};

BufferSizes buffer_sizes(const ModelDescription& model, const LoadOptions& options) {
  const uint64_t batch = options.batch_capacity;
  const uint64_t q_width = static_cast<uint64_t>(model.head_count) * model.head_dim,
                 kv_width = static_cast<uint64_t>(model.kv_head_count) * model.head_dim;
  const uint64_t widest = std::max({static_cast<uint64_t>(model.embedding_length), q_width, static_cast<uint64_t>(model.feed_forward_length)});
  return {batch * model.embedding_length, batch * q_width, batch * kv_width, batch * model.feed_forward_length, batch * widest};
}

uint64_t vector_floats(const ModelDescription& model) {
  uint64_t floats = model.embedding_length;
  for (uint32_t i = 0; i < model.layer_count; ++i) {
    const LayerWeights& layer = model.layers[i];
    for (const WeightView* view : {&layer.attn_norm, &layer.ffn_norm, &layer.q_bias, &layer.k_bias, &layer.v_bias, &layer.q_norm, &layer.k_norm})
      if (view->data != nullptr) floats += view->cols;
  }
  return floats;
}

}  // namespace

bool HostBackend::plan(const ModelDescription& model, const LoadOptions& options, MemoryPlan* plan, BackendError* error) {
  const Status status = check_model(model, options);
  if (!status.ok()) return fail(error, status);
  const BufferSizes sizes = buffer_sizes(model, options);
  const uint64_t activations = sizes.embedding_rows * 3 + sizes.q_rows * 2 + sizes.kv_rows * 2 + sizes.feed_forward_rows * 2 + sizes.widest_rows;
  *plan = {};
  plan->weights_mapped = mapped_weight_bytes(model);
  plan->kv_cache = KvCache::bytes_for(model, options, kernels_->key_block());
  plan->activations = (activations + model.vocab_size) * sizeof(float);
  plan->other = vector_floats(model) * sizeof(float) + kernels_->scratch_bytes(model, options);
  return true;
}

bool HostBackend::load(const ModelDescription& model, const LoadOptions& options, bool (*progress)(void*, float), void* context,
                       BackendError* error) {
  if (loaded_) return fail(error, StatusCode::invalid_argument, "This backend already holds a model.");
  MemoryPlan needed;
  if (!plan(model, options, &needed, error)) return false;
  if (progress != nullptr && !progress(context, 0.0f)) return fail(error, StatusCode::cancelled, "Loading was cancelled.");
  model_ = model;
  options_ = options;

  const BufferSizes sizes = buffer_sizes(model, options);
  const bool allocated = residual_.allocate(sizes.embedding_rows) && normed_.allocate(sizes.embedding_rows) &&
                         projected_.allocate(sizes.embedding_rows) && q_.allocate(sizes.q_rows) && context_.allocate(sizes.q_rows) &&
                         k_.allocate(sizes.kv_rows) && v_.allocate(sizes.kv_rows) && gate_.allocate(sizes.feed_forward_rows) &&
                         up_.allocate(sizes.feed_forward_rows) && fault_input_.allocate(sizes.widest_rows) && saved_slot_.allocate(4 * kv_width()) &&
                         greedy_logits_.allocate(model.vocab_size) && faulty_frequencies_.allocate(model.rope_dims / 2) &&
                         vectors_.allocate(model.layer_count) && vector_storage_.allocate(vector_floats(model)) &&
                         cache_.allocate(model, options, kernels_->key_block());
  if (!allocated) {
    return fail(error, StatusCode::out_of_memory, "The system refused %llu bytes for the cache and %llu bytes for activations.",
                static_cast<unsigned long long>(needed.kv_cache), static_cast<unsigned long long>(needed.activations + needed.other));
  }
  load_vectors();
  const Status prepared = kernels_->prepare(model_, options_);
  if (!prepared.ok()) return fail(error, prepared);
  if (progress != nullptr && !progress(context, 1.0f)) return fail(error, StatusCode::cancelled, "Loading was cancelled.");
  loaded_ = true;
  return true;
}

void HostBackend::load_vectors() {
  float* next = vector_storage_.data();
  const auto take = [&next, this](const WeightView& view) -> float* {
    if (view.data == nullptr) return nullptr;
    float* start = next;
    ops::dequantize(view.type, view.data, view.cols, start);
    if (view.row_order != RowOrder::as_stored) {  // a bias of a permuted matrix: its elements follow the rows
      for (uint32_t i = 0; i < view.cols; ++i) {
        const uint64_t element = static_cast<uint64_t>(ops::stored_row(view.row_order, i, model_.head_dim));
        const uint64_t bytes = row_bytes(view.type, 1);  // permuted vectors are F32, F16 or BF16
        ops::dequantize(view.type, static_cast<const unsigned char*>(view.data) + element * bytes, 1, start + i);
      }
    }
    next += view.cols;
    return start;
  };
  for (uint32_t i = 0; i < model_.layer_count; ++i) {
    const LayerWeights& layer = model_.layers[i];
    vectors_[i] = {take(layer.attn_norm), take(layer.ffn_norm), take(layer.q_bias), take(layer.k_bias),
                   take(layer.v_bias),    take(layer.q_norm),   take(layer.k_norm)};
  }
  final_norm_ = take(model_.final_norm);
}

bool HostBackend::check_rows(uint32_t token_count, uint32_t position, BackendError* error) const {
  if (!loaded_) return fail(error, StatusCode::invalid_argument, "No model is loaded in this backend.");
  if (token_count == 0 || token_count > options_.batch_capacity)
    return fail(error, StatusCode::invalid_argument, "A call takes 1 to %u tokens; it was given %u.", options_.batch_capacity, token_count);
  if (position > options_.context_capacity || token_count > options_.context_capacity - position) {
    return fail(error, StatusCode::invalid_argument, "Positions %u to %llu do not fit the context of %u positions.", position,
                static_cast<unsigned long long>(position) + token_count - 1, options_.context_capacity);
  }
  return true;
}

bool HostBackend::check_forward(const ForwardInput& input, const FaultPlan& faults, BackendError* error) const {
  if (!check_rows(input.token_count, input.position, error)) return false;
  if (input.position > cached_positions_) {
    return fail(error, StatusCode::invalid_argument, "Position %u lies beyond the %u positions in the cache.", input.position, cached_positions_);
  }
  for (uint32_t t = 0; t < input.token_count; ++t) {
    if (input.tokens[t] < 0 || static_cast<uint32_t>(input.tokens[t]) >= model_.vocab_size) {
      return fail(error, StatusCode::invalid_argument, "Token %u of the call has id %d; the vocabulary has ids 0 to %u.", t, input.tokens[t],
                  model_.vocab_size - 1);
    }
  }
  if (input.logits_rows != LogitsRows::none && input.logits == nullptr)
    return fail(error, StatusCode::invalid_argument, "Logits were asked for without memory to write them to.");
  for (uint32_t i = 0; i < input.taps.capture_count; ++i) {
    const TensorCapture& capture = input.taps.captures[i];
    const uint32_t width = trace_width(model_, capture.trace_index);
    if (width == 0 || capture.width != width || capture.destination == nullptr) {
      return fail(error, StatusCode::invalid_argument, "A capture of trace index %u has width %u; the point's rows have %u.", capture.trace_index,
                  capture.width, width);
    }
  }
  const Status status = faults.check(model_);
  if (!status.ok()) return fail(error, status);
  return true;
}

bool HostBackend::forward(const ForwardInput& input, BackendError* error) {
  const FaultPlan faults(input.faults, input.faults == nullptr ? 0 : input.fault_count);
  if (!check_forward(input, faults, error)) return false;
  cached_positions_ = input.position;
  TraceSink trace(input.taps, model_, *kernels_, input.token_count);
  BlockClock clock(input.taps.block_nanoseconds);
  const Walk walk{faults, trace, clock, input.position, input.token_count};

  kernels_->embed(input.tokens, input.token_count, residual_.data());
  trace.observe(trace_index_embedding(), residual_.data(), model_.embedding_length, input.token_count);
  clock.charge(model_.layer_count, TimedBlock::embedding);
  for (uint32_t layer = 0; layer < model_.layer_count; ++layer) {
    if (input.cancel_flag != nullptr && __atomic_load_n(input.cancel_flag, __ATOMIC_ACQUIRE) != 0)
      return fail(error, StatusCode::cancelled, "The call was cancelled.");
    run_layer(layer, walk);
  }
  finish(input, walk);
  cached_positions_ = input.position + input.token_count;
  return true;
}

void HostBackend::finish(const ForwardInput& input, const Walk& walk) {
  kernels_->rms_norm(residual_.data(), final_norm_, walk.token_count, model_.embedding_length, normed_.data());
  walk.trace.observe(trace_index_final_norm(model_.layer_count), normed_.data(), model_.embedding_length, walk.token_count);
  walk.clock.charge(model_.layer_count, TimedBlock::norm);
  if (input.logits_rows == LogitsRows::none) return;
  const uint32_t first = input.logits_rows == LogitsRows::last ? walk.token_count - 1 : 0;
  const MatmulTask task{&model_.lm_head, input.logits, model_.vocab_size};
  kernels_->matmul(&task, 1, normed_.data() + static_cast<uint64_t>(first) * model_.embedding_length, walk.token_count - first);
  walk.trace.observe(trace_index_logits(model_.layer_count), input.logits, model_.vocab_size, walk.token_count - first, first);
  walk.clock.charge(model_.layer_count, TimedBlock::lm_head);
}

bool HostBackend::decode_greedy(int32_t token, uint32_t position, uint32_t steps, const int32_t* stop_ids, uint32_t stop_id_count, int32_t* produced,
                                uint32_t* produced_count, BackendError* error) {
  *produced_count = 0;
  for (uint32_t step = 0; step < steps; ++step) {
    ForwardInput input{};
    input.tokens = &token;
    input.token_count = 1;
    input.position = position + step;
    input.logits_rows = LogitsRows::last;
    input.logits = greedy_logits_.data();
    if (!forward(input, error)) return false;
    token = static_cast<int32_t>(kernels_->argmax(greedy_logits_.data(), model_.vocab_size));
    produced[(*produced_count)++] = token;
    if (std::find(stop_ids, stop_ids + stop_id_count, token) != stop_ids + stop_id_count) break;
  }
  return true;
}

bool HostBackend::lens(const float* residual_rows, uint32_t row_count, float* logits, BackendError* error) {
  if (!loaded_) return fail(error, StatusCode::invalid_argument, "No model is loaded in this backend.");
  for (uint32_t first = 0; first < row_count; first += options_.batch_capacity) {
    const uint32_t rows = std::min(options_.batch_capacity, row_count - first);
    kernels_->rms_norm(residual_rows + static_cast<uint64_t>(first) * model_.embedding_length, final_norm_, rows, model_.embedding_length,
                       normed_.data());
    const MatmulTask task{&model_.lm_head, logits + static_cast<uint64_t>(first) * model_.vocab_size, model_.vocab_size};
    kernels_->matmul(&task, 1, normed_.data(), rows);
  }
  return true;
}

bool HostBackend::read_kv(uint32_t layer, uint32_t begin, uint32_t end, float* k, float* v, BackendError* error) {
  if (!loaded_ || layer >= model_.layer_count || begin > end || end > cached_positions_) {
    return fail(error, StatusCode::invalid_argument, "The cache holds positions 0 to %u of %u layers; positions %u to %u of layer %u were asked for.",
                cached_positions_, model_.layer_count, begin, end, layer);
  }
  for (uint32_t position = begin; position < end; ++position) {
    const uint64_t row = (position - begin) * kv_width();
    cache_.load(layer, position, k == nullptr ? nullptr : k + row, v == nullptr ? nullptr : v + row);
  }
  return true;
}

}  // namespace greta
