// Questions about one position, answered by evaluating it again: the same arithmetic gives the same bits.
#include <algorithm>

#include "backend/point_shapes.h"
#include "engine/backend_registry.h"
#include "engine/engine.h"

namespace greta {

Status Engine::evaluate_row(const std::vector<int32_t>& ids, float* logits) {
  GRETA_RETURN_IF_ERROR(check_ids(ids));
  const uint32_t last = static_cast<uint32_t>(ids.size()) - 1;
  GRETA_RETURN_IF_ERROR(fill_cache(ids, last));
  return forward(&ids[last], 1, last, LogitsRows::last, logits, {}, {});
}

Status Engine::capture(const std::vector<int32_t>& ids, uint32_t from, const std::vector<uint32_t>& points, const std::vector<Fault>& faults,
                       const std::vector<float*>& destinations) {
  GRETA_RETURN_IF_ERROR(check_ids(ids));
  const uint32_t end = static_cast<uint32_t>(ids.size());
  if (from >= end)
    return {StatusCode::invalid_argument, "Nothing to capture: positions [" + std::to_string(from) + ", " + std::to_string(end) + ")."};
  const uint32_t logits_index = trace_index_logits(model().layer_count);
  bool wants_logits = false;
  std::vector<TensorCapture> captures;
  for (const uint32_t index : points) {
    const uint32_t width = trace_width(model(), index);
    if (width == 0) return {StatusCode::invalid_argument, "Trace index " + std::to_string(index) + " is not a trace point of this model."};
    wants_logits |= index == logits_index;
    captures.push_back({index, width, nullptr});
  }
  if (!faults.empty()) cached_ids_.clear();
  GRETA_RETURN_IF_ERROR(fill_cache(ids, from));
  // With logits the chunk is what the history holds: forward() needs somewhere to put them.
  const uint32_t chunk = std::min(options_.load.batch_capacity, wants_logits ? history_.row_capacity() : options_.load.batch_capacity);
  for (uint32_t position = from; position < end;) {
    const uint32_t count = std::min(chunk, end - position);
    for (size_t i = 0; i < captures.size(); ++i) captures[i].destination = destinations[i] + static_cast<size_t>(position - from) * captures[i].width;
    ForwardTaps taps{};
    taps.captures = captures.data();
    taps.capture_count = static_cast<uint32_t>(captures.size());
    float* logits = wants_logits ? history_.claim(count) : nullptr;
    GRETA_RETURN_IF_ERROR(forward(&ids[position], count, position, wants_logits ? LogitsRows::all : LogitsRows::none, logits, taps, faults));
    position += count;
  }
  if (!faults.empty()) cached_ids_.clear();
  return {};
}

Status Engine::lens(const std::vector<int32_t>& ids, float* logits) {
  GRETA_RETURN_IF_ERROR(check_ids(ids));
  const uint32_t layers = model().layer_count, width = model().embedding_length;
  std::vector<float> residuals(static_cast<size_t>(layers) * width);
  std::vector<uint32_t> points;
  std::vector<float*> destinations;
  for (uint32_t layer = 0; layer < layers; ++layer) {
    points.push_back(trace_index(layer, LayerPoint::layer_out));
    destinations.push_back(residuals.data() + static_cast<size_t>(layer) * width);
  }
  GRETA_RETURN_IF_ERROR(capture(ids, static_cast<uint32_t>(ids.size()) - 1, points, {}, destinations));
  BackendError error{};
  // Row by row: a backend's scratch is sized for a batch, and the layers of a model may outnumber it.
  for (uint32_t layer = 0; layer < layers; ++layer)
    if (!backend_->lens(destinations[layer], 1, logits + static_cast<size_t>(layer) * model().vocab_size, &error))
      return backend_failure(*backend_, error);
  return {};
}

Status Engine::run_operation(uint32_t layer, uint32_t point_index, const std::vector<std::vector<float>>& inputs, uint32_t token_count,
                             uint32_t position, std::vector<float>* output) {
  if (layer >= model().layer_count || point_index >= kLayerPointCount || token_count == 0 || token_count > options_.load.batch_capacity)
    return {StatusCode::invalid_argument, "Operation " + std::to_string(point_index) + " of layer " + std::to_string(layer) + " on " +
                                              std::to_string(token_count) + " rows: the model has " + std::to_string(kLayerPointCount) +
                                              " operations in each of " + std::to_string(model().layer_count) + " layers, and takes 1 to " +
                                              std::to_string(options_.load.batch_capacity) + " rows."};
  const LayerPoint point = static_cast<LayerPoint>(point_index);
  // Keys and values given to attention replace the cache: every position up to the last row's.
  const bool replaces_cache = point == LayerPoint::attn_context && inputs.size() == 3;
  std::vector<const float*> pointers;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const uint64_t expected = replaces_cache && i > 0 ? (uint64_t{position} + token_count) * model().kv_head_count * model().head_dim
                                                      : uint64_t{token_count} * operation_input_width(model(), point);
    if (inputs[i].size() != expected)
      return {StatusCode::invalid_argument, "Input " + std::to_string(i) + " of " + kLayerPointNames[point_index] + " has " +
                                                std::to_string(inputs[i].size()) + " values; " + std::to_string(expected) + " are needed."};
    pointers.push_back(inputs[i].data());
  }
  if (replaces_cache) {
    cached_ids_.clear();
    history_.rewind(0);
  }
  output->assign(static_cast<size_t>(token_count) * point_width(model(), point), 0.0f);
  BackendError error{};
  if (backend_->run_operation(layer, point, pointers.data(), static_cast<uint32_t>(pointers.size()), token_count, position, output->data(), &error))
    return {};
  if (error.message[0] == 0) return {StatusCode::unsupported, std::string("Backend ") + backend_->name() + " cannot run single operations."};
  return backend_failure(*backend_, error);
}

Status Engine::read_kv(uint32_t layer, uint32_t begin, uint32_t end, float* k, float* v) {
  if (layer >= model().layer_count || begin > end || end > cached_ids_.size())
    return {StatusCode::invalid_argument, "The cache holds positions [0, " + std::to_string(cached_ids_.size()) + ") of " +
                                              std::to_string(model().layer_count) + " layers; layer " + std::to_string(layer) + " positions [" +
                                              std::to_string(begin) + ", " + std::to_string(end) + ") were asked for."};
  BackendError error{};
  return backend_->read_kv(layer, begin, end, k, v, &error) ? Status{} : backend_failure(*backend_, error);
}

}  // namespace greta
