#include "backend/fault_plan.h"

#include <algorithm>
#include <limits>
#include <string>

#include "backend/point_shapes.h"

namespace greta {

Status FaultPlan::check(const ModelDescription& model) const {
  for (uint32_t i = 0; i < count_; ++i) {
    const Fault& fault = faults_[i];
    if (fault.kind == FaultKind::none) continue;
    if (static_cast<uint32_t>(fault.kind) > static_cast<uint32_t>(FaultKind::stale_kv_slot))
      return {StatusCode::invalid_argument, "Fault kind " + std::to_string(static_cast<uint32_t>(fault.kind)) + " does not exist."};
    if (fault.layer >= model.layer_count) {
      return {StatusCode::invalid_argument,
              "A fault names layer " + std::to_string(fault.layer) + "; the model has " + std::to_string(model.layer_count) + " layers."};
    }
    if (fault.kind == FaultKind::wrong_rope_base || fault.kind == FaultKind::stale_kv_slot) continue;
    if (fault.point >= kLayerPointCount) return {StatusCode::invalid_argument, "A fault names a trace point that does not exist."};
    const auto point = static_cast<LayerPoint>(fault.point);
    const std::string place = std::string(kLayerPointNames[fault.point]) + " of layer " + std::to_string(fault.layer);
    uint64_t limit = point_width(model, point);
    if (fault.kind != FaultKind::nan_at_point) {
      const WeightView* matrix = point_matrix(model.layers[fault.layer], point);
      if (matrix == nullptr) return {StatusCode::invalid_argument, "A fault breaks the matrix of " + place + ", which no matrix produces."};
      limit = fault.kind == FaultKind::drop_k_tile ? matrix->cols : matrix->rows;
    }
    if (fault.index >= limit) {
      return {StatusCode::invalid_argument,
              "A fault names element " + std::to_string(fault.index) + " of " + place + ", which has " + std::to_string(limit) + "."};
    }
  }
  return {};
}

const Fault* FaultPlan::find(FaultKind kind, uint32_t layer, LayerPoint point) const {
  for (uint32_t i = 0; i < count_; ++i)
    if (faults_[i].kind == kind && faults_[i].layer == layer && faults_[i].point == static_cast<uint32_t>(point)) return &faults_[i];
  return nullptr;
}

void FaultPlan::poison(uint32_t layer, LayerPoint point, float* rows, uint32_t width, uint32_t first_position, uint32_t token_count) const {
  for (uint32_t i = 0; i < count_; ++i) {
    const Fault& fault = faults_[i];
    if (fault.kind != FaultKind::nan_at_point || fault.layer != layer || fault.point != static_cast<uint32_t>(point)) continue;
    if (fault.position < first_position || fault.position - first_position >= token_count) continue;
    rows[static_cast<uint64_t>(fault.position - first_position) * width + fault.index] = std::numeric_limits<float>::quiet_NaN();
  }
}

bool FaultPlan::drop_inputs(uint32_t layer, LayerPoint point, float* rows, uint32_t width, uint32_t token_count) const {
  bool dropped = false;
  for (uint32_t i = 0; i < count_; ++i) {
    const Fault& fault = faults_[i];
    if (fault.kind != FaultKind::drop_k_tile || fault.layer != layer || fault.point != static_cast<uint32_t>(point)) continue;
    const uint32_t end = static_cast<uint32_t>(std::min<uint64_t>(width, static_cast<uint64_t>(fault.index) + fault.count));
    for (uint32_t t = 0; t < token_count; ++t) {
      float* row = rows + static_cast<uint64_t>(t) * width;
      std::fill(row + fault.index, row + std::max(end, fault.index), 0.0f);
    }
    dropped = true;
  }
  return dropped;
}

void FaultPlan::scale_outputs(uint32_t layer, LayerPoint point, float* rows, uint64_t stride, uint32_t token_count) const {
  for (uint32_t i = 0; i < count_; ++i) {
    const Fault& fault = faults_[i];
    if (fault.kind != FaultKind::scale_weight_row || fault.layer != layer || fault.point != static_cast<uint32_t>(point)) continue;
    for (uint32_t t = 0; t < token_count; ++t) rows[t * stride + fault.index] *= fault.factor;
  }
}

float FaultPlan::rope_base_factor(uint32_t layer) const {
  for (uint32_t i = 0; i < count_; ++i)
    if (faults_[i].kind == FaultKind::wrong_rope_base && faults_[i].layer == layer) return faults_[i].factor;
  return 1.0f;
}

uint32_t FaultPlan::stale_position(uint32_t layer) const {
  for (uint32_t i = 0; i < count_; ++i)
    if (faults_[i].kind == FaultKind::stale_kv_slot && faults_[i].layer == layer && faults_[i].position > 0) return faults_[i].position;
  return std::numeric_limits<uint32_t>::max();
}

}  // namespace greta
