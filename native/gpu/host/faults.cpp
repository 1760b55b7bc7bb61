// Deliberate faults (backend.h) on the device. A step with faults takes the path for many tokens, whatever its length: there
// every value of a layer passes through memory, where it can be broken between two kernels.
#include <algorithm>
#include <cmath>

#include "gpu/host/gpu_backend.h"
#include "gpu/kernels/elementwise.h"

namespace greta::gpu {
namespace {

template <class Use>
void each_fault(const ForwardInput& input, FaultKind kind, uint32_t layer, LayerPoint point, Use use) {
  for (uint32_t i = 0; i < input.fault_count; i++) {
    const Fault& fault = input.faults[i];
    if (fault.kind == kind && fault.layer == layer && fault.point == static_cast<uint32_t>(point)) use(fault);
  }
}
bool has_fault(const ForwardInput& input, FaultKind kind, uint32_t layer, LayerPoint point) {
  bool found = false;
  each_fault(input, kind, layer, point, [&](const Fault&) { found = true; });
  return found;
}

}  // namespace

void GpuBackend::plant_nan(const Slice& slice, uint32_t layer, LayerPoint point) {
  const ModelMemory& m = memory_;
  const uint32_t embedding = m.model.embedding_length;
  each_fault(*slice.input, FaultKind::nan_at_point, layer, point, [&](const Fault& fault) {
    if (fault.position < slice.position || fault.position - slice.position >= slice.count) return;
    const uint32_t token = fault.position - slice.position, i = fault.index;
    const auto traced = [&](LayerPoint p) { return trace_point(token, p) + i; };
    const auto operand = [&](uint16_t* rows, uint32_t inputs) { return rows + uint64_t{token} * m.operand_width(inputs) + operand_position(i); };
    float* residual = m.residual + uint64_t{token} * embedding + i;
    NanPlaces places{{traced(point), nullptr, nullptr}, nullptr, nullptr};
    switch (point) {
      case LayerPoint::attn_norm:
      case LayerPoint::ffn_norm:
        places.f16 = operand(m.normed, embedding);
        break;
      case LayerPoint::q: {
        const uint64_t head = uint64_t{token} * m.model.head_count + i / m.model.head_dim;
        if (m.f32_cache)
          places.f32[1] = m.rotated_f32 + head * m.model.head_dim + i % m.model.head_dim;
        else
          places.f16 = m.rotated + head * m.attention.padded_dim + i % m.model.head_dim;
        break;
      }
      case LayerPoint::k:
      case LayerPoint::v: {
        const KvLayer& cache = m.layers[layer].cache;
        float *k = m.fault_slots, *v = k + m.kv_width();
        read_cache(m.attention, cache, fault.position, fault.position + 1, k, v, stream_);
        places.f32[1] = (point == LayerPoint::k ? k : v) + i;
        set_nan(places, stream_);
        return write_cache(m.attention, cache, fault.position, 1, k, v, stream_);
      }
      case LayerPoint::attn_context:
        places.f16 = operand(m.context, m.q_width());
        break;
      case LayerPoint::attn_out:
        places.f32[1] = traced(LayerPoint::attn_residual), places.f32[2] = residual;
        break;
      case LayerPoint::ffn_down:
        places.f32[1] = traced(LayerPoint::layer_out), places.f32[2] = residual;
        break;
      case LayerPoint::attn_residual:
      case LayerPoint::layer_out:
        places.f32[1] = residual;
        break;
      case LayerPoint::ffn_gate:
      case LayerPoint::ffn_up:
        places.f32[1] = traced(LayerPoint::ffn_act);
        places.f16 = operand(m.activated, m.model.feed_forward_length);
        break;
      case LayerPoint::ffn_act:
        places.f16 = operand(m.activated, m.model.feed_forward_length);
        break;
    }
    set_nan(places, stream_);
  });
}

void GpuBackend::drop_inputs(const Slice& slice, uint32_t layer, LayerPoint point, uint16_t* operand, uint32_t inputs) {
  each_fault(*slice.input, FaultKind::drop_k_tile, layer, point, [&](const Fault& fault) {
    const uint32_t end = static_cast<uint32_t>(std::min<uint64_t>(inputs, uint64_t{fault.index} + fault.count));
    zero_inputs(operand, memory_.operand_width(inputs), fault.index, end, slice.count, stream_);
  });
}

// Query, key and value projections: those with dropped inputs run again on their own.
void GpuBackend::enqueue_qkv_with_faults(const Slice& slice, uint32_t layer, const MatrixJob& job) {
  const ModelMemory& m = memory_;
  const LayerMemory& l = m.layers[layer];
  const LayerPoint points[] = {LayerPoint::q, LayerPoint::k, LayerPoint::v};
  MatrixJob whole = job;
  for (uint32_t i = 0; i < 3; i++) {
    if (!has_fault(*slice.input, FaultKind::drop_k_tile, layer, points[i])) continue;
    whole.segments[i].rows = 0;
    MatrixJob alone = job;
    for (uint32_t other = 0; other < 3; other++)
      if (other != i) alone.segments[other].rows = 0;
    drop_inputs(slice, layer, points[i], m.normed, m.model.embedding_length);
    enqueue_matmul(l.qkv, alone, Epilogue::store);
    enqueue_norm(slice, layer, LayerPoint::attn_norm);
  }
  enqueue_matmul(l.qkv, whole, Epilogue::store);
  for (uint32_t i = 0; i < 3; i++)
    each_fault(*slice.input, FaultKind::scale_weight_row, layer, points[i], [&](const Fault& fault) {
      const OutputSegment& segment = job.segments[i];
      scale_column(m.qkv, m.qkv_width(), segment.output_offset + fault.index, slice.count, fault.factor,
                   segment.bias ? segment.bias + fault.index : nullptr, stream_);
    });
}

// A product that is added to the residual stream; its input is used by nothing else and may be edited in place.
void GpuBackend::enqueue_residual_with_faults(const Slice& slice, uint32_t layer, LayerPoint point, const MatrixGroup& group, const MatrixJob& job,
                                              uint16_t* operand, uint32_t inputs) {
  const ModelMemory& m = memory_;
  const uint32_t embedding = m.model.embedding_length;
  drop_inputs(slice, layer, point, operand, inputs);
  MatrixJob product = job;
  product.output = m.qkv, product.output_stride = embedding;
  enqueue_matmul(group, product, Epilogue::store);
  each_fault(*slice.input, FaultKind::scale_weight_row, layer, point,
             [&](const Fault& fault) { scale_column(m.qkv, embedding, fault.index, slice.count, fault.factor, nullptr, stream_); });
  for (uint32_t token = 0; token < slice.count; token++)
    (void)hipMemcpyAsync(job.trace_product + uint64_t{token} * job.trace_stride, m.qkv + uint64_t{token} * embedding, embedding * sizeof(float),
                         hipMemcpyDeviceToDevice, stream_);
  add_rows({m.residual, m.qkv, m.residual, job.trace_output, embedding, embedding, embedding, job.trace_stride, embedding}, slice.count, stream_);
}

// Gate and up projections and SiLU(gate) * up; the traced rows are the work bench.
void GpuBackend::enqueue_gate_up_with_faults(const Slice& slice, uint32_t layer, const MatrixJob& job) {
  const ModelMemory& m = memory_;
  const LayerMemory& l = m.layers[layer];
  const LayerPoint points[] = {LayerPoint::ffn_gate, LayerPoint::ffn_up};
  enqueue_matmul(l.gate_up, job, Epilogue::silu);
  for (const LayerPoint point : points) {
    if (!has_fault(*slice.input, FaultKind::drop_k_tile, layer, point)) continue;
    drop_inputs(slice, layer, point, m.normed, m.model.embedding_length);
    MatrixJob again = job;  // what it does not concern goes where the activation is computed afterwards
    (point == LayerPoint::ffn_gate ? again.trace_up : again.trace_gate) = job.trace_act;
    enqueue_matmul(l.gate_up, again, Epilogue::silu);
    enqueue_norm(slice, layer, LayerPoint::ffn_norm);
  }
  for (const LayerPoint point : points)
    each_fault(*slice.input, FaultKind::scale_weight_row, layer, point, [&](const Fault& fault) {
      scale_column(point == LayerPoint::ffn_gate ? job.trace_gate : job.trace_up, job.trace_stride, fault.index, slice.count, fault.factor, nullptr,
                   stream_);
    });
  silu_rows(job.trace_gate, job.trace_up, m.model.feed_forward_length, slice.count, job.trace_stride, job.trace_act, job.output_f16,
            job.output_f16_stride, stream_);
}

// Rotations of the slice's positions for a layer with another base: angle p * (base * factor)^(-2 pair / dims).
void GpuBackend::use_faulty_rotations(const Slice& slice, uint32_t layer, AttentionJob* job) {
  const ModelDescription& model = memory_.model;
  for (uint32_t f = 0; f < slice.input->fault_count; f++) {
    const Fault& fault = slice.input->faults[f];
    if (fault.kind != FaultKind::wrong_rope_base || fault.layer != layer || fault.factor == 1.0f) continue;
    std::vector<float> rows(uint64_t{slice.count} * model.rope_dims);
    for (uint32_t token = 0; token < slice.count; token++)
      for (uint32_t pair = 0; pair < model.rope_dims / 2; pair++) {
        const double frequency = model.rope_inverse_frequencies[pair] * std::pow(static_cast<double>(fault.factor), -2.0 * pair / model.rope_dims);
        const double angle = static_cast<double>(slice.position + token) * frequency;
        rows[uint64_t{token} * model.rope_dims + 2 * pair] = static_cast<float>(std::cos(angle)) * model.rope_magnitude;
        rows[uint64_t{token} * model.rope_dims + 2 * pair + 1] = static_cast<float>(std::sin(angle)) * model.rope_magnitude;
      }
    (void)hipMemcpyAsync(memory_.fault_rotations, rows.data(), rows.size() * sizeof(float), hipMemcpyHostToDevice, stream_);
    (void)hipStreamSynchronize(stream_);  // `rows` ends here
    job->rotations = memory_.fault_rotations, job->first_rotation = slice.position;
    return;
  }
}

// stale_kv_slot: while this layer attends, the slot of a position holds what the position before it has.
uint32_t GpuBackend::swap_in_stale_slot(const Slice& slice, uint32_t layer) {
  for (uint32_t f = 0; f < slice.input->fault_count; f++) {
    const Fault& fault = slice.input->faults[f];
    if (fault.kind != FaultKind::stale_kv_slot || fault.layer != layer || fault.position == 0) continue;
    if (fault.position >= slice.position + slice.count) return 0;
    const KvLayer& cache = memory_.layers[layer].cache;
    const uint32_t width = memory_.kv_width();
    float* good = memory_.fault_slots;
    float* old = good + 2 * width;
    read_cache(memory_.attention, cache, fault.position, fault.position + 1, good, good + width, stream_);
    read_cache(memory_.attention, cache, fault.position - 1, fault.position, old, old + width, stream_);
    write_cache(memory_.attention, cache, fault.position, 1, old, old + width, stream_);
    return fault.position;
  }
  return 0;
}
void GpuBackend::restore_slot(uint32_t layer, uint32_t position) {
  if (position == 0) return;
  float* good = memory_.fault_slots;
  write_cache(memory_.attention, memory_.layers[layer].cache, position, 1, good, good + memory_.kv_width(), stream_);
}

}  // namespace greta::gpu
