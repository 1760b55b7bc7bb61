// Single operations for the numeric tools: the logit lens, one operation on given inputs, the cache.
#include <algorithm>

#include "backend/backend_error.h"
#include "backend/point_shapes.h"
#include "gpu/host/gpu_backend.h"
#include "gpu/kernels/elementwise.h"

namespace greta::gpu {

Status GpuBackend::rows_to_logits(const float* residual_rows, uint32_t row_count, float* logits) {
  const ModelMemory& m = memory_;
  const uint64_t embedding = m.model.embedding_length, vocab = m.model.vocab_size;
  const uint32_t most = std::min(m.batch, kLogitRows);
  for (uint32_t row = 0; row < row_count; row += most) {
    const uint32_t rows = std::min(most, row_count - row);
    GRETA_RETURN_IF_ERROR(
        checked(hipMemcpyAsync(m.residual, residual_rows + row * embedding, rows * embedding * sizeof(float), hipMemcpyHostToDevice, stream_),
                "the logit lens"));
    norm_rows(m.residual, m.final_norm.data, m.model.embedding_length, m.model.rms_norm_epsilon, rows, m.normed,
              m.operand_width(m.model.embedding_length), nullptr, 0, stream_);
    MatrixJob head = job_of(m.lm_head);
    head.tokens = rows, head.input = m.normed;
    head.output = m.logits, head.output_stride = m.model.vocab_size;
    enqueue_matmul(m.lm_head, head, Epilogue::store);
    GRETA_RETURN_IF_ERROR(
        checked(hipMemcpyAsync(logits + row * vocab, m.logits, rows * vocab * sizeof(float), hipMemcpyDeviceToHost, stream_), "the logit lens"));
    GRETA_RETURN_IF_ERROR(finish("the logit lens"));
  }
  return {};
}

bool GpuBackend::lens(const float* residual_rows, uint32_t row_count, float* logits, BackendError* error) {
  const Status status = loaded_ ? rows_to_logits(residual_rows, row_count, logits) : Status(StatusCode::invalid_argument, "No model is loaded.");
  return status.ok() || fail(error, status);
}

bool GpuBackend::read_kv(uint32_t layer, uint32_t begin, uint32_t end, float* k, float* v, BackendError* error) {
  if (!loaded_ || layer >= memory_.model.layer_count || begin > end || end > cached_positions_)
    return fail(error, StatusCode::invalid_argument, "Positions %u to %u of layer %u are not in the cache of %u positions.", begin, end, layer,
                cached_positions_);
  // The trace area serves as the staging buffer: it holds at least one row of k and v.
  const uint32_t width = memory_.kv_width();
  const uint32_t most = static_cast<uint32_t>(uint64_t{memory_.trace_row_count} * memory_.trace_row.stride / (2 * width));
  for (uint32_t at = begin; at < end; at += most) {
    const uint32_t rows = std::min(most, end - at);
    float* keys = memory_.trace_rows;
    float* values = keys + uint64_t{rows} * width;
    read_cache(memory_.attention, memory_.layers[layer].cache, at, at + rows, keys, values, stream_);
    (void)hipMemcpyAsync(k + uint64_t{at - begin} * width, keys, uint64_t{rows} * width * sizeof(float), hipMemcpyDeviceToHost, stream_);
    (void)hipMemcpyAsync(v + uint64_t{at - begin} * width, values, uint64_t{rows} * width * sizeof(float), hipMemcpyDeviceToHost, stream_);
    if (const Status status = finish("reading the cache"); !status.ok()) return fail(error, status);
  }
  return true;
}

Status GpuBackend::check_operation(uint32_t layer, LayerPoint point, uint32_t input_count, uint32_t token_count, uint32_t position) const {
  const auto bad = [](const std::string& text) { return Status(StatusCode::invalid_argument, text); };
  if (!loaded_) return bad("No model is loaded.");
  if (layer >= memory_.model.layer_count || static_cast<uint32_t>(point) >= kLayerPointCount)
    return bad("There is no operation " + std::to_string(static_cast<uint32_t>(point)) + " in layer " + std::to_string(layer) + ".");
  const std::string name = kLayerPointNames[static_cast<uint32_t>(point)];
  const bool takes_two = point == LayerPoint::attn_residual || point == LayerPoint::layer_out || point == LayerPoint::ffn_act;
  const bool brings_cache = point == LayerPoint::attn_context && input_count == 3;
  if (input_count != (takes_two ? 2u : 1u) && !brings_cache)
    return bad("Operation " + name + " takes " + (takes_two ? "2 inputs" : "1 input") + "; it was given " + std::to_string(input_count) + ".");
  if (token_count == 0 || token_count > memory_.batch)
    return bad("An operation takes 1 to " + std::to_string(memory_.batch) + " rows; " + std::to_string(token_count) + " were given.");
  if (position > capacity_ || token_count > capacity_ - position)
    return bad("The context holds " + std::to_string(capacity_) + " positions; operation " + name + " was asked for from position " +
               std::to_string(position) + " on.");
  if (point == LayerPoint::attn_context && !brings_cache && position + token_count > cached_positions_)
    return bad("Attention up to position " + std::to_string(position + token_count - 1) + " needs it in the cache, which holds " +
               std::to_string(cached_positions_) + ".");
  return {};
}

// Rows of k and v at positions [0, positions); the trace area is the staging buffer.
Status GpuBackend::replace_cache(uint32_t layer, const float* k, const float* v, uint32_t positions) {
  const uint32_t width = memory_.kv_width();
  const uint32_t most = static_cast<uint32_t>(uint64_t{memory_.trace_row_count} * memory_.trace_row.stride / (2 * width));
  cached_positions_ = 0;  // this layer no longer belongs to the sequence: forward() must begin again
  for (uint32_t at = 0; at < positions; at += most) {
    const uint64_t values = uint64_t{std::min(most, positions - at)} * width, from = uint64_t{at} * width;
    float *keys = memory_.trace_rows, *values_at = keys + values;
    (void)hipMemcpyAsync(keys, k + from, values * sizeof(float), hipMemcpyHostToDevice, stream_);
    (void)hipMemcpyAsync(values_at, v + from, values * sizeof(float), hipMemcpyHostToDevice, stream_);
    write_cache(memory_.attention, memory_.layers[layer].cache, at, std::min(most, positions - at), keys, values_at, stream_);
    GRETA_RETURN_IF_ERROR(finish("writing the cache"));
  }
  return {};
}

// a, b: rows of the inputs on the device, without gaps; output likewise. The kernels and buffers of a step of many tokens.
void GpuBackend::enqueue_operation(uint32_t layer, LayerPoint point, uint32_t count, uint32_t position, const float* a, const float* b,
                                   float* output) {
  const ModelMemory& m = memory_;
  const LayerMemory& l = m.layers[layer];
  const uint32_t embedding = m.model.embedding_length, feed_forward = m.model.feed_forward_length, width = point_width(m.model, point);
  const auto product = [&](const MatrixGroup& group, uint16_t* operand, uint32_t inputs, float* to, uint32_t stride) {
    to_operand(a, inputs, count, operand, m.operand_width(inputs), stream_);
    MatrixJob job = job_of(group);
    job.tokens = count, job.input = operand, job.output = to, job.output_stride = stride;
    enqueue_matmul(group, job, Epilogue::store);
  };
  AttentionJob attention = attention_job(layer, false, nullptr);
  attention.tokens = count, attention.first_position = position;
  switch (point) {
    case LayerPoint::attn_norm:
    case LayerPoint::ffn_norm:
      return norm_rows(a, point == LayerPoint::attn_norm ? l.attn_norm.data : l.ffn_norm.data, embedding, m.model.rms_norm_epsilon, count, m.normed,
                       m.operand_width(embedding), output, embedding, stream_);
    case LayerPoint::q:
    case LayerPoint::k:
    case LayerPoint::v: {
      product(l.qkv, m.normed, embedding, m.qkv, m.qkv_width());
      attention.cache = {};
      attention.trace_stride = m.qkv_width();
      float* rows = const_cast<float*>(a) + uint64_t{count} * embedding;  // the rest of the work area: q, k and v of every token
      attention.trace_q = rows, attention.trace_k = rows + m.q_width(), attention.trace_v = attention.trace_k + m.kv_width();
      rotate_and_store(attention, stream_);
      const float* from = point == LayerPoint::q ? attention.trace_q : point == LayerPoint::k ? attention.trace_k : attention.trace_v;
      for (uint32_t row = 0; row < count; row++)
        (void)hipMemcpyAsync(output + uint64_t{row} * width, from + uint64_t{row} * m.qkv_width(), width * sizeof(float), hipMemcpyDeviceToDevice,
                             stream_);
      return;
    }
    case LayerPoint::attn_context: {
      for (uint32_t row = 0; row < count; row++)
        (void)hipMemcpyAsync(m.qkv + uint64_t{row} * m.qkv_width(), a + uint64_t{row} * m.q_width(), m.q_width() * sizeof(float),
                             hipMemcpyDeviceToDevice, stream_);
      AttentionJob place = attention;  // the rows are rotated already: only put them where attention reads them
      place.cache = {}, place.q_norm = place.k_norm = nullptr, place.shape.rope_dims = 0;
      rotate_and_store(place, stream_);
      attention.trace_context = output, attention.trace_stride = width;
      return m.f32_cache ? attend_f32(attention, stream_) : attend_many(attention, stream_);
    }
    case LayerPoint::attn_out:
      return product(l.output, m.context, m.q_width(), output, width);
    case LayerPoint::ffn_down:
      return product(l.down, m.activated, feed_forward, output, width);
    case LayerPoint::attn_residual:
    case LayerPoint::layer_out:
      return add_rows({a, b, output, nullptr, width, width, width, 0, width}, count, stream_);
    case LayerPoint::ffn_gate:
    case LayerPoint::ffn_up: {
      to_operand(a, embedding, count, m.normed, m.operand_width(embedding), stream_);
      MatrixJob job = job_of(l.gate_up);
      job.tokens = count, job.input = m.normed;
      job.output_f16 = m.activated, job.output_f16_stride = m.operand_width(feed_forward);
      float* rows = const_cast<float*>(a) + uint64_t{count} * embedding;
      job.trace_stride = feed_forward;
      job.trace_act = rows;
      job.trace_gate = point == LayerPoint::ffn_gate ? output : rows + uint64_t{count} * feed_forward;
      job.trace_up = point == LayerPoint::ffn_up ? output : rows + uint64_t{count} * feed_forward;
      return enqueue_matmul(l.gate_up, job, Epilogue::silu);
    }
    case LayerPoint::ffn_act:
      return silu_rows(a, b, feed_forward, count, feed_forward, output, nullptr, 0, stream_);
  }
}

bool GpuBackend::run_operation(uint32_t layer, LayerPoint point, const float* const* inputs, uint32_t input_count, uint32_t token_count,
                               uint32_t position, float* output, BackendError* error) {
  Status status = check_operation(layer, point, input_count, token_count, position);
  const bool brings_cache = input_count == 3;
  if (status.ok() && brings_cache) status = replace_cache(layer, inputs[1], inputs[2], position + token_count);
  const uint32_t input_width = operation_input_width(memory_.model, point), width = point_width(memory_.model, point);
  // The trace area holds the inputs from its begin, the output at its end, and what falls off in between.
  const uint64_t area = uint64_t{memory_.trace_row_count} * memory_.trace_row.stride;
  const uint32_t most = std::min(memory_.batch, kTraceTokens);
  tokens_in_work_ = std::string("single operation ") + kLayerPointNames[static_cast<uint32_t>(point)];
  for (uint32_t row = 0; status.ok() && row < token_count; row += most) {
    const uint32_t count = std::min(most, token_count - row);
    float* a = memory_.trace_rows;
    float* b = a + uint64_t{count} * input_width;
    float* result = memory_.trace_rows + area - uint64_t{count} * width;
    (void)hipMemcpyAsync(a, inputs[0] + uint64_t{row} * input_width, uint64_t{count} * input_width * sizeof(float), hipMemcpyHostToDevice, stream_);
    if (input_count == 2)
      (void)hipMemcpyAsync(b, inputs[1] + uint64_t{row} * input_width, uint64_t{count} * input_width * sizeof(float), hipMemcpyHostToDevice, stream_);
    enqueue_operation(layer, point, count, position + row, a, b, result);
    (void)hipMemcpyAsync(output + uint64_t{row} * width, result, uint64_t{count} * width * sizeof(float), hipMemcpyDeviceToHost, stream_);
    status = finish("a single operation");
  }
  return status.ok() || fail(error, status);
}

}  // namespace greta::gpu
