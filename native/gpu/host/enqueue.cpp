// What one token and what many tokens launch. No allocation, no waiting: everything here can be captured in a graph.
#include <algorithm>

#include "gpu/host/gpu_backend.h"
#include "gpu/host/timer.h"
#include "gpu/kernels/weights.h"

namespace greta::gpu {

float* GpuBackend::trace_point(uint32_t row, LayerPoint point) const {
  return memory_.trace_rows + uint64_t{row} * memory_.trace_row.stride + memory_.trace_row.offset[static_cast<uint32_t>(point)];
}

MatrixJob GpuBackend::job_of(const MatrixGroup& group) const {
  MatrixJob job{};
  for (int s = 0; s < 2; s++) job.stack[s] = group.stack[s];
  for (uint32_t s = 0; s < group.segment_count; s++) job.segments[s] = group.segments[s];
  job.segment_count = group.segment_count;
  job.tokens = 1;
  job.trace_stride = memory_.trace_row.stride;
  return job;
}

AttentionJob GpuBackend::attention_job(uint32_t layer, bool traced, float* trace) const {
  const LayerMemory& l = memory_.layers[layer];
  AttentionJob job{};
  job.shape = memory_.attention;
  job.cache = l.cache;
  job.qkv = memory_.qkv, job.qkv_stride = memory_.qkv_width();
  job.q_norm = l.q_norm.data, job.k_norm = l.k_norm.data;
  job.rotations = memory_.rotations;
  job.tokens = 1;
  job.state = memory_.state;
  job.rotated = memory_.rotated;
  job.partial = memory_.partial;
  job.arrivals = memory_.arrivals;
  job.context = memory_.context, job.context_stride = memory_.operand_width(memory_.q_width());
  job.trace_stride = memory_.trace_row.stride;
  job.rotated_f32 = memory_.rotated_f32;
  job.progress = progress(layer, Stage::attention);
  if (traced) {
    const auto at = [&](LayerPoint p) { return trace + memory_.trace_row.offset[static_cast<uint32_t>(p)]; };
    job.trace_q = at(LayerPoint::q), job.trace_k = at(LayerPoint::k), job.trace_v = at(LayerPoint::v),
    job.trace_context = at(LayerPoint::attn_context);
  }
  return job;
}

void GpuBackend::enqueue_one(Mode mode, uint32_t chunks, Timer* timer) {
  const ModelMemory& m = memory_;
  const ModelDescription& model = m.model;
  const uint32_t blocks = matvec_blocks_, embedding = model.embedding_length;
  const bool traced = mode == Mode::traced;
  const auto mark = [&](uint32_t layer, TimedBlock block) {
    if (timer) timer->mark(layer, block);
  };
  dequantize_rows(m.embedding, model.token_embedding.type, model.vocab_size, embedding, &m.state->token, 1, m.residual, stream_);
  if (traced) (void)hipMemcpyAsync(m.trace_embedding, m.residual, embedding * sizeof(float), hipMemcpyDeviceToDevice, stream_);
  mark(model.layer_count, TimedBlock::embedding);
  // The norm is part of the product that follows; a timed run has it as a kernel of its own (the same bits), to time it.
  const auto norm_first = [&](MatrixJob& job, const float* weight, float* trace, uint32_t layer) {
    if (timer) {
      norm_rows(m.residual, weight, embedding, model.rms_norm_epsilon, 1, m.normed, m.operand_width(embedding), trace, m.trace_row.stride, stream_);
      job.input = m.normed;
      mark(layer, TimedBlock::norm);
    } else {
      job.norm_input = m.residual, job.norm_weight = weight, job.norm_columns = embedding, job.norm_epsilon = model.rms_norm_epsilon;
      job.trace_norm = trace;
    }
  };
  for (uint32_t l = 0; l < model.layer_count; l++) {
    const LayerMemory& layer = m.layers[l];
    const auto at = [&](LayerPoint p) { return traced ? trace_point(l, p) : nullptr; };
    MatrixJob qkv = job_of(layer.qkv);
    qkv.progress = progress(l, Stage::qkv);
    norm_first(qkv, layer.attn_norm.data, at(LayerPoint::attn_norm), l);
    qkv.output = m.qkv, qkv.output_stride = m.qkv_width();
    matvec(qkv, Epilogue::store, blocks, stream_);
    mark(l, TimedBlock::qkv);

    AttentionJob attention = attention_job(l, traced, traced ? trace_point(l, LayerPoint::attn_norm) - m.trace_row.offset[0] : nullptr);
    attention.chunks = chunks;
    if (m.f32_cache) {
      attention.from_state = 1;
      rotate_and_store(attention, stream_);
      attend_f32(attention, stream_);
    } else {
      attend_one(attention, stream_);
    }

    MatrixJob output = job_of(layer.output);
    output.progress = progress(l, Stage::attention_output);
    output.input = m.context;
    output.output = m.residual, output.output_stride = embedding;
    output.trace_product = at(LayerPoint::attn_out), output.trace_output = at(LayerPoint::attn_residual);
    matvec(output, Epilogue::residual, blocks, stream_);
    mark(l, TimedBlock::attention);

    MatrixJob gate_up = job_of(layer.gate_up);
    gate_up.progress = progress(l, Stage::gate_up);
    norm_first(gate_up, layer.ffn_norm.data, at(LayerPoint::ffn_norm), l);
    gate_up.output_f16 = m.activated, gate_up.output_f16_stride = m.operand_width(model.feed_forward_length);
    gate_up.trace_gate = at(LayerPoint::ffn_gate), gate_up.trace_up = at(LayerPoint::ffn_up), gate_up.trace_act = at(LayerPoint::ffn_act);
    matvec(gate_up, Epilogue::silu, blocks, stream_);

    MatrixJob down = job_of(layer.down);
    down.progress = progress(l, Stage::down);
    down.input = m.activated;
    down.output = m.residual, down.output_stride = embedding;
    down.trace_product = at(LayerPoint::ffn_down), down.trace_output = at(LayerPoint::layer_out);
    matvec(down, Epilogue::residual, blocks, stream_);
    mark(l, TimedBlock::ffn);
  }
  MatrixJob head = job_of(m.lm_head);
  head.progress = progress(model.layer_count, Stage::lm_head);
  norm_first(head, m.final_norm.data, traced ? m.trace_final_norm : nullptr, model.layer_count);
  head.output = m.logits, head.output_stride = model.vocab_size;
  matvec(head, Epilogue::store, blocks, stream_);
  mark(model.layer_count, TimedBlock::lm_head);
  if (mode == Mode::greedy) argmax_advance(m.logits, model.vocab_size, m.state, m.greedy_list, stream_);
  if (traced) gpu::trace_rows(m.trace_one, trace_point_count(model.layer_count), 1, trace_point_count(model.layer_count), m.stats, nullptr, stream_);
  mark(model.layer_count, TimedBlock::sampling);
}

// Unpacks what is not f16 yet, in slices that fit the scratch, and multiplies.
void GpuBackend::enqueue_matmul(const MatrixGroup& group, MatrixJob job, Epilogue epilogue) {
  uint32_t row_offset = 0;
  for (const PackedMatrix& matrix : group.stack) {
    if (matrix.tiles == 0) continue;
    const uint64_t tile_bytes = uint64_t{matrix.superblocks} * record_bytes(PackedFormat::f16);
    const bool stored = matrix.format == PackedFormat::f16;
    const uint32_t slice = stored ? matrix.tiles : static_cast<uint32_t>(memory_.unpacked_bytes / tile_bytes / 8 * 8);
    for (uint32_t first = 0; first < matrix.tiles; first += slice) {
      const uint32_t tiles = std::min(slice, matrix.tiles - first);
      if (!stored) unpack_to_f16(matrix, first, tiles, memory_.unpacked, stream_);
      MatrixJob part = job;
      part.stack[0] = {stored ? matrix.records : memory_.unpacked, PackedFormat::f16, tiles, matrix.superblocks};
      part.stack[1].tiles = 0;
      part.first_packed_row = row_offset + first * kRecordRows;
      matmul(part, epilogue, stream_);
    }
    row_offset += matrix.tiles * kRecordRows;
  }
}

void GpuBackend::enqueue_norm(const Slice& slice, uint32_t layer, LayerPoint point) {
  const ModelMemory& m = memory_;
  const uint32_t embedding = m.model.embedding_length;
  const DeviceVector& weight = point == LayerPoint::attn_norm ? m.layers[layer].attn_norm : m.layers[layer].ffn_norm;
  norm_rows(m.residual, weight.data, embedding, m.model.rms_norm_epsilon, slice.count, m.normed, m.operand_width(embedding),
            slice.traced || slice.faulty() ? trace_point(0, point) : nullptr, m.trace_row.stride, stream_);
  if (slice.faulty()) plant_nan(slice, layer, point);
  if (slice.timer) slice.timer->mark(layer, TimedBlock::norm);
}

void GpuBackend::enqueue_attention(const Slice& slice, uint32_t layer) {
  const ModelMemory& m = memory_;
  const LayerMemory& l = m.layers[layer];
  const bool keep_rows = slice.traced || slice.faulty();
  enqueue_norm(slice, layer, LayerPoint::attn_norm);
  MatrixJob qkv = job_of(l.qkv);
  qkv.progress = progress(layer, Stage::qkv);
  qkv.tokens = slice.count, qkv.input = m.normed;
  qkv.output = m.qkv, qkv.output_stride = m.qkv_width();
  if (slice.faulty())
    enqueue_qkv_with_faults(slice, layer, qkv);
  else
    enqueue_matmul(l.qkv, qkv, Epilogue::store);
  if (slice.timer) slice.timer->mark(layer, TimedBlock::qkv);

  AttentionJob attention = attention_job(layer, keep_rows, m.trace_rows);
  attention.tokens = slice.count, attention.first_position = slice.position;
  uint32_t stale = 0;
  if (slice.faulty()) use_faulty_rotations(slice, layer, &attention);
  rotate_and_store(attention, stream_);
  if (slice.faulty()) {
    for (const LayerPoint point : {LayerPoint::q, LayerPoint::k, LayerPoint::v}) plant_nan(slice, layer, point);
    stale = swap_in_stale_slot(slice, layer);
  }
  if (m.f32_cache)
    attend_f32(attention, stream_);
  else
    attend_many(attention, stream_);
  restore_slot(layer, stale);
  if (slice.faulty()) plant_nan(slice, layer, LayerPoint::attn_context);

  MatrixJob output = job_of(l.output);
  output.progress = progress(layer, Stage::attention_output);
  output.tokens = slice.count, output.input = m.context;
  output.output = m.residual, output.output_stride = m.model.embedding_length;
  if (keep_rows) output.trace_product = trace_point(0, LayerPoint::attn_out), output.trace_output = trace_point(0, LayerPoint::attn_residual);
  if (slice.faulty()) {
    enqueue_residual_with_faults(slice, layer, LayerPoint::attn_out, l.output, output, m.context, m.q_width());
    for (const LayerPoint point : {LayerPoint::attn_out, LayerPoint::attn_residual}) plant_nan(slice, layer, point);
  } else {
    enqueue_matmul(l.output, output, Epilogue::residual);
  }
  if (slice.timer) slice.timer->mark(layer, TimedBlock::attention);
}

void GpuBackend::enqueue_feed_forward(const Slice& slice, uint32_t layer) {
  const ModelMemory& m = memory_;
  const LayerMemory& l = m.layers[layer];
  const auto at = [&](LayerPoint p) { return slice.traced || slice.faulty() ? trace_point(0, p) : nullptr; };
  enqueue_norm(slice, layer, LayerPoint::ffn_norm);
  MatrixJob gate_up = job_of(l.gate_up);
  gate_up.progress = progress(layer, Stage::gate_up);
  gate_up.tokens = slice.count, gate_up.input = m.normed;
  gate_up.output_f16 = m.activated, gate_up.output_f16_stride = m.operand_width(m.model.feed_forward_length);
  gate_up.trace_gate = at(LayerPoint::ffn_gate), gate_up.trace_up = at(LayerPoint::ffn_up), gate_up.trace_act = at(LayerPoint::ffn_act);
  if (slice.faulty()) {
    enqueue_gate_up_with_faults(slice, layer, gate_up);
    for (const LayerPoint point : {LayerPoint::ffn_gate, LayerPoint::ffn_up, LayerPoint::ffn_act}) plant_nan(slice, layer, point);
  } else {
    enqueue_matmul(l.gate_up, gate_up, Epilogue::silu);
  }
  MatrixJob down = job_of(l.down);
  down.progress = progress(layer, Stage::down);
  down.tokens = slice.count, down.input = m.activated;
  down.output = m.residual, down.output_stride = m.model.embedding_length;
  down.trace_product = at(LayerPoint::ffn_down), down.trace_output = at(LayerPoint::layer_out);
  if (slice.faulty()) {
    enqueue_residual_with_faults(slice, layer, LayerPoint::ffn_down, l.down, down, m.activated, m.model.feed_forward_length);
    for (const LayerPoint point : {LayerPoint::ffn_down, LayerPoint::layer_out}) plant_nan(slice, layer, point);
  } else {
    enqueue_matmul(l.down, down, Epilogue::residual);
  }
  if (slice.timer) slice.timer->mark(layer, TimedBlock::ffn);
}

// The layers over a slice whose ids are in memory_.tokens; leaves the residual stream. Traced rows are reduced layer by layer.
void GpuBackend::enqueue_many(const Slice& slice) {
  const ModelMemory& m = memory_;
  const ModelDescription& model = m.model;
  const uint32_t embedding = model.embedding_length, columns = trace_point_count(model.layer_count);
  TraceStats* stats = slice.traced && slice.input->taps.stats ? m.stats : nullptr;
  uint64_t* hashes = slice.traced && slice.input->taps.hashes ? m.hashes : nullptr;
  dequantize_rows(m.embedding, model.token_embedding.type, model.vocab_size, embedding, m.tokens, slice.count, m.residual, stream_);
  if (slice.traced) {
    (void)hipMemcpyAsync(m.trace_embedding, m.residual, uint64_t{slice.count} * embedding * sizeof(float), hipMemcpyDeviceToDevice, stream_);
    gpu::trace_rows(m.trace_many + model.layer_count * kLayerPointCount, 1, slice.count, columns, stats, hashes, stream_);
  }
  if (slice.timer) slice.timer->mark(model.layer_count, TimedBlock::embedding);
  for (uint32_t l = 0; l < model.layer_count; l++) {
    enqueue_attention(slice, l);
    enqueue_feed_forward(slice, l);
    if (!slice.traced) continue;
    gpu::trace_rows(m.trace_many + l * kLayerPointCount, kLayerPointCount, slice.count, columns, stats, hashes, stream_);
    capture_layer(*slice.input, l, m.trace_rows, slice.row, slice.count);
  }
}

}  // namespace greta::gpu
