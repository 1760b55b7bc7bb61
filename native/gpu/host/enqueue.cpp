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
  for (uint32_t l = 0; l < model.layer_count; l++) {
    const LayerMemory& layer = m.layers[l];
    const auto at = [&](LayerPoint p) { return traced ? trace_point(l, p) : nullptr; };
    MatrixJob qkv = job_of(layer.qkv);
    qkv.norm_input = m.residual, qkv.norm_weight = layer.attn_norm.data, qkv.norm_columns = embedding, qkv.norm_epsilon = model.rms_norm_epsilon;
    qkv.output = m.qkv, qkv.output_stride = m.qkv_width();
    qkv.trace_norm = at(LayerPoint::attn_norm);
    matvec(qkv, Epilogue::store, blocks, stream_);
    mark(l, TimedBlock::qkv);

    AttentionJob attention = attention_job(l, traced, traced ? trace_point(l, LayerPoint::attn_norm) - m.trace_row.offset[0] : nullptr);
    attention.chunks = chunks;
    attend_one(attention, stream_);

    MatrixJob output = job_of(layer.output);
    output.input = m.context;
    output.output = m.residual, output.output_stride = embedding;
    output.trace_product = at(LayerPoint::attn_out), output.trace_output = at(LayerPoint::attn_residual);
    matvec(output, Epilogue::residual, blocks, stream_);
    mark(l, TimedBlock::attention);

    MatrixJob gate_up = job_of(layer.gate_up);
    gate_up.norm_input = m.residual, gate_up.norm_weight = layer.ffn_norm.data, gate_up.norm_columns = embedding;
    gate_up.norm_epsilon = model.rms_norm_epsilon;
    gate_up.output_f16 = m.activated, gate_up.output_f16_stride = m.operand_width(model.feed_forward_length);
    gate_up.trace_norm = at(LayerPoint::ffn_norm), gate_up.trace_gate = at(LayerPoint::ffn_gate);
    gate_up.trace_up = at(LayerPoint::ffn_up), gate_up.trace_act = at(LayerPoint::ffn_act);
    matvec(gate_up, Epilogue::silu, blocks, stream_);

    MatrixJob down = job_of(layer.down);
    down.input = m.activated;
    down.output = m.residual, down.output_stride = embedding;
    down.trace_product = at(LayerPoint::ffn_down), down.trace_output = at(LayerPoint::layer_out);
    matvec(down, Epilogue::residual, blocks, stream_);
    mark(l, TimedBlock::ffn);
  }
  MatrixJob head = job_of(m.lm_head);
  head.norm_input = m.residual, head.norm_weight = m.final_norm.data, head.norm_columns = embedding, head.norm_epsilon = model.rms_norm_epsilon;
  head.output = m.logits, head.output_stride = model.vocab_size;
  head.trace_norm = traced ? m.trace_final_norm : nullptr;
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

// Layers over `count` tokens whose ids are in memory_.tokens; leaves the residual stream. Traced rows are reduced layer by layer.
void GpuBackend::enqueue_many(uint32_t count, uint32_t position, bool traced, const ForwardInput* input, uint32_t input_row, Timer* timer) {
  const ModelMemory& m = memory_;
  const ModelDescription& model = m.model;
  const uint32_t embedding = model.embedding_length, columns = trace_point_count(model.layer_count);
  const uint32_t embedding_width = m.operand_width(embedding);
  const auto mark = [&](uint32_t layer, TimedBlock block) {
    if (timer) timer->mark(layer, block);
  };
  const bool stats = traced && input->taps.stats, hashes = traced && input->taps.hashes;
  dequantize_rows(m.embedding, model.token_embedding.type, model.vocab_size, embedding, m.tokens, count, m.residual, stream_);
  if (traced) {
    (void)hipMemcpyAsync(m.trace_embedding, m.residual, uint64_t{count} * embedding * sizeof(float), hipMemcpyDeviceToDevice, stream_);
    gpu::trace_rows(m.trace_many + model.layer_count * kLayerPointCount, 1, count, columns, stats ? m.stats : nullptr, hashes ? m.hashes : nullptr,
                    stream_);
  }
  mark(model.layer_count, TimedBlock::embedding);
  for (uint32_t l = 0; l < model.layer_count; l++) {
    const LayerMemory& layer = m.layers[l];
    const auto at = [&](LayerPoint p) { return traced ? trace_point(0, p) : nullptr; };
    norm_rows(m.residual, layer.attn_norm.data, embedding, model.rms_norm_epsilon, count, m.normed, embedding_width, at(LayerPoint::attn_norm),
              m.trace_row.stride, stream_);
    mark(l, TimedBlock::norm);
    MatrixJob qkv = job_of(layer.qkv);
    qkv.tokens = count, qkv.input = m.normed;
    qkv.output = m.qkv, qkv.output_stride = m.qkv_width();
    enqueue_matmul(layer.qkv, qkv, Epilogue::store);
    mark(l, TimedBlock::qkv);

    AttentionJob attention = attention_job(l, traced, m.trace_rows);
    attention.tokens = count, attention.first_position = position;
    rotate_and_store(attention, stream_);
    attend_many(attention, stream_);
    MatrixJob output = job_of(layer.output);
    output.tokens = count, output.input = m.context;
    output.output = m.residual, output.output_stride = embedding;
    output.trace_product = at(LayerPoint::attn_out), output.trace_output = at(LayerPoint::attn_residual);
    enqueue_matmul(layer.output, output, Epilogue::residual);
    mark(l, TimedBlock::attention);

    norm_rows(m.residual, layer.ffn_norm.data, embedding, model.rms_norm_epsilon, count, m.normed, embedding_width, at(LayerPoint::ffn_norm),
              m.trace_row.stride, stream_);
    mark(l, TimedBlock::norm);
    MatrixJob gate_up = job_of(layer.gate_up);
    gate_up.tokens = count, gate_up.input = m.normed;
    gate_up.output_f16 = m.activated, gate_up.output_f16_stride = m.operand_width(model.feed_forward_length);
    gate_up.trace_gate = at(LayerPoint::ffn_gate), gate_up.trace_up = at(LayerPoint::ffn_up), gate_up.trace_act = at(LayerPoint::ffn_act);
    enqueue_matmul(layer.gate_up, gate_up, Epilogue::silu);
    MatrixJob down = job_of(layer.down);
    down.tokens = count, down.input = m.activated;
    down.output = m.residual, down.output_stride = embedding;
    down.trace_product = at(LayerPoint::ffn_down), down.trace_output = at(LayerPoint::layer_out);
    enqueue_matmul(layer.down, down, Epilogue::residual);
    mark(l, TimedBlock::ffn);
    if (!traced) continue;
    gpu::trace_rows(m.trace_many + l * kLayerPointCount, kLayerPointCount, count, columns, stats ? m.stats : nullptr, hashes ? m.hashes : nullptr,
                    stream_);
    capture_layer(*input, l, m.trace_rows, input_row, count);
  }
}

}  // namespace greta::gpu
