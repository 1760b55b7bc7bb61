#include "gpu/host/model_memory.h"

#include <algorithm>

#include "backend/model_checks.h"
#include "backend/point_shapes.h"

namespace greta::gpu {
namespace {

Status check_supported(const ModelDescription& model, const LoadOptions& options) {
  GRETA_RETURN_IF_ERROR(check_model(model, options));
  const auto refuse = [](const std::string& text) { return Status(StatusCode::unsupported, text); };
  if (options.device_index != 0)
    return refuse("The GPU backend runs on the first device; device " + std::to_string(options.device_index) +
                  " was asked for. Choose it with CUDA_VISIBLE_DEVICES or HIP_VISIBLE_DEVICES.");
  if (options.precision == Precision::f32)
    return refuse(
        "The GPU backend multiplies on matrix cores, which take f16 operands: its one precision level is bf16, and f32 was asked for. Choose "
        "precision bf16, or the cpu backend.");
  if (round_up(model.head_dim, 32) > 256 || (round_up(model.head_dim, 32) > 128 && round_up(model.head_dim, 32) != 256))
    return refuse("Heads of " + std::to_string(model.head_dim) + " values are not supported on the GPU (1 to 128, or 225 to 256, are).");
  if (model.embedding_length % 4 != 0)
    return refuse("An embedding of " + std::to_string(model.embedding_length) + " values is not supported on the GPU: not a multiple of 4.");
  if (std::max(model.embedding_length, model.feed_forward_length) > 28672 || model.head_count * model.head_dim > 28672)
    return refuse("Rows of more than 28672 inputs are not supported on the GPU.");
  return {};
}

// Adds matrices of one input as consecutive row ranges; those of the first's format share stack 0.
void build_group(MatrixGroup& group, const std::vector<WeightView>& views, Carver& weights) {
  group = {};
  const uint32_t superblocks = round_up(views[0].cols, kRecordInputs) / kRecordInputs;
  const PackedFormat first = packed_format(views[0].type);
  PackedFormat second = first;
  for (const WeightView& view : views) {
    const PackedFormat format = packed_format(view.type);
    if (format == first) continue;
    second = second == first ? format : second == format ? format : PackedFormat::f16;
  }
  uint32_t rows[2] = {0, 0}, output_offset = 0;
  for (const WeightView& view : views) {
    const uint32_t stack = packed_format(view.type) == first ? 0 : 1;
    group.parts.push_back({view, {RowPlacement::consecutive, rows[stack], 0}, stack});
    group.segments[group.segment_count++] = {rows[stack], view.rows, output_offset, nullptr};
    rows[stack] += round_up(view.rows, kRecordRows);
    output_offset += view.rows;
  }
  for (uint32_t s = 0; s < 2; s++) {
    group.stack[s] = {nullptr, s == 0 ? first : second, rows[s] / kRecordRows, superblocks};
    group.stack[s].records = weights.take<uint8_t>(group.stack[s].bytes());
  }
  for (uint32_t i = 0; i < group.segment_count; i++)
    if (group.parts[i].stack == 1) group.segments[i].first_row += rows[0];
}

void build_gate_up(MatrixGroup& group, const WeightView& gate, const WeightView& up, Carver& weights) {
  group = {};
  const PackedFormat gate_format = packed_format(gate.type), up_format = packed_format(up.type);
  group.stack[0] = {nullptr, gate_format == up_format ? gate_format : PackedFormat::f16, round_up(gate.rows, 8) / 8,
                    round_up(gate.cols, kRecordInputs) / kRecordInputs};
  group.stack[0].records = weights.take<uint8_t>(group.stack[0].bytes());
  group.stack[1].superblocks = group.stack[0].superblocks;
  group.parts = {{gate, {RowPlacement::gate_of_pair, 0, 0}, 0}, {up, {RowPlacement::up_of_pair, 0, 0}, 0}};
  group.segments[group.segment_count++] = {0, gate.rows, 0, nullptr};
}

void take_vector(DeviceVector& vector, const WeightView& view, Carver& weights) {
  vector.view = view;
  vector.data = nullptr;
  if (!view.data) return;
  vector.data = weights.take<float>(view.cols > view.rows ? view.cols : view.rows);
}

}  // namespace

Status ModelMemory::lay_out(const ModelDescription& description, const LoadOptions& options, uint8_t* const bases[4]) {
  GRETA_RETURN_IF_ERROR(check_supported(description, options));
  model = description;
  batch = options.batch_capacity;
  f32_cache = options.kv_type == KvType::f32;
  const uint32_t capacity = round_up(options.context_capacity, kKeyChunk);
  attention = {};
  attention.heads = model.head_count, attention.kv_heads = model.kv_head_count, attention.head_dim = model.head_dim;
  attention.padded_dim = round_up(model.head_dim, 32);
  attention.capacity = capacity;
  attention.scale_log2 = model.attention_scale * gx::kLog2E;
  attention.rope_dims = model.rope_dims;
  attention.half_split = model.rope_pairing == RopePairing::half_split;
  attention.norm_epsilon = model.rms_norm_epsilon;

  Carver weights(bases[0]), kv(bases[1]), activations(bases[2]), trace(bases[3]);
  embedding = weights.take<uint8_t>(model.token_embedding.bytes);
  layers.assign(model.layer_count, {});
  const uint64_t cache_values = uint64_t{model.kv_head_count} * capacity * attention.padded_dim;
  for (uint32_t l = 0; l < model.layer_count; l++) {
    const LayerWeights& from = model.layers[l];
    LayerMemory& layer = layers[l];
    build_group(layer.qkv, {from.q, from.k, from.v}, weights);
    build_group(layer.output, {from.attn_output}, weights);
    build_gate_up(layer.gate_up, from.ffn_gate, from.ffn_up, weights);
    build_group(layer.down, {from.ffn_down}, weights);
    take_vector(layer.attn_norm, from.attn_norm, weights);
    take_vector(layer.ffn_norm, from.ffn_norm, weights);
    take_vector(layer.q_bias, from.q_bias, weights);
    take_vector(layer.k_bias, from.k_bias, weights);
    take_vector(layer.v_bias, from.v_bias, weights);
    take_vector(layer.q_norm, from.q_norm, weights);
    take_vector(layer.k_norm, from.k_norm, weights);
    layer.qkv.segments[0].bias = layer.q_bias.data;
    layer.qkv.segments[1].bias = layer.k_bias.data;
    layer.qkv.segments[2].bias = layer.v_bias.data;
    for (uint32_t i = 0; i < 2; i++)
      if (layer.qkv.parts[i].view.row_order == RowOrder::rotary_half_split_to_interleaved)
        layer.qkv.parts[i].placement.kind = RowPlacement::half_split_to_interleaved, layer.qkv.parts[i].placement.head_dim = model.head_dim;
    layer.cache.nonfinite = kv.take<uint32_t>(1);
    if (f32_cache) {
      layer.cache.k_f32 = kv.take<float>(uint64_t{capacity} * kv_width());
      layer.cache.v_f32 = kv.take<float>(uint64_t{capacity} * kv_width());
    } else {
      layer.cache.k = kv.take<uint16_t>(cache_values);
      layer.cache.v = kv.take<uint16_t>(cache_values);
    }
  }
  take_vector(final_norm, model.final_norm, weights);
  build_group(lm_head, {model.lm_head}, weights);

  const uint64_t rows = batch;
  residual = activations.take<float>(rows * model.embedding_length);
  qkv = activations.take<float>(rows * std::max(qkv_width(), model.embedding_length));
  normed = activations.take<uint16_t>(
      rows * std::max(operand_width(model.embedding_length), std::max(operand_width(model.feed_forward_length), operand_width(q_width()))));
  context = activations.take<uint16_t>(rows * operand_width(q_width()));
  activated = activations.take<uint16_t>(rows * operand_width(model.feed_forward_length));
  rotated = activations.take<uint16_t>(f32_cache ? 0 : rows * model.head_count * attention.padded_dim);
  rotated_f32 = f32_cache ? activations.take<float>(rows * q_width()) : nullptr;
  fault_rotations = activations.take<float>(uint64_t{kTraceTokens} * model.rope_dims);
  fault_slots = activations.take<float>(uint64_t{4} * kv_width());
  logits = activations.take<float>(std::min<uint64_t>(rows, kLogitRows) * model.vocab_size);
  partial = activations.take<float>(uint64_t{model.head_count} * (capacity / kKeyChunk) * (attention.padded_dim + 4));
  rotations = activations.take<float>(uint64_t{capacity} * model.rope_dims);
  tokens = activations.take<int32_t>(rows);
  greedy_list = activations.take<int32_t>(kGreedyList);
  state = activations.take<DecodeState>(1);
  arrivals = activations.take<uint32_t>(uint64_t{model.kv_head_count} * ((model.head_count / model.kv_head_count + 15) / 16));
  // Scratch for f16 records: as much as the largest stack needs, at most kUnpackBytes (larger stacks go in slices).
  unpacked_bytes = 0;
  const auto want = [&](const MatrixGroup& group) {
    uint64_t bytes = 0;
    for (const PackedMatrix& matrix : group.stack)
      if (matrix.format != PackedFormat::f16) bytes += uint64_t{matrix.tiles} * matrix.superblocks * record_bytes(PackedFormat::f16);
    const uint64_t slice = uint64_t{group.stack[0].superblocks} * record_bytes(PackedFormat::f16) * 8;
    unpacked_bytes = std::max({unpacked_bytes, std::min(bytes, kUnpackBytes), bytes ? slice : 0});
  };
  for (const LayerMemory& layer : layers) want(layer.qkv), want(layer.output), want(layer.gate_up), want(layer.down);
  want(lm_head);
  unpacked = activations.take<uint8_t>(unpacked_bytes);

  trace_row = {};
  for (uint32_t p = 0; p < kLayerPointCount; p++) {
    trace_row.width[p] = point_width(model, static_cast<LayerPoint>(p));
    trace_row.offset[p] = trace_row.stride;
    trace_row.stride += round_up(trace_row.width[p], 4);
  }
  const uint32_t columns = trace_point_count(model.layer_count);
  const uint32_t traced = std::min<uint32_t>(batch, kTraceTokens);
  trace_row_count = std::max(traced, model.layer_count);
  ModelMemory::trace_rows = trace.take<float>(uint64_t{trace_row_count} * trace_row.stride);
  trace_embedding = trace.take<float>(uint64_t{traced} * model.embedding_length);
  trace_final_norm = trace.take<float>(uint64_t{traced} * model.embedding_length);
  stats = trace.take<TraceStats>(uint64_t{traced} * columns);
  hashes = trace.take<uint64_t>(uint64_t{traced} * columns);
  trace_one = trace.take<TraceRows>(columns);
  trace_many = trace.take<TraceRows>(columns);

  weight_bytes = weights.used(), kv_bytes = kv.used(), activation_bytes = activations.used(), trace_bytes = trace.used();
  return {};
}

}  // namespace greta::gpu
