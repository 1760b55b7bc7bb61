// The deliberate faults of one forward() call (FaultKind in backend.h), asked for at the places where they apply.
#pragma once

#include <cstdint>

#include "backend/backend.h"
#include "base/status.h"

namespace greta {

class FaultPlan {
 public:
  FaultPlan(const Fault* faults, uint32_t count) : faults_(faults), count_(count) {}

  // Every fault names an existing layer and point, and indices within them. Only points made by a matrix can have their
  // matrix broken.
  Status check(const ModelDescription& model) const;

  bool empty() const { return count_ == 0; }
  // nan_at_point: writes the NaN into rows (row t is position first_position + t) of `width` floats.
  void poison(uint32_t layer, LayerPoint point, float* rows, uint32_t width, uint32_t first_position, uint32_t token_count) const;
  // drop_k_tile: zeroes the dropped inputs of rows (token_count, width). False when no such fault concerns this matrix.
  bool drop_inputs(uint32_t layer, LayerPoint point, float* rows, uint32_t width, uint32_t token_count) const;
  bool drops_inputs(uint32_t layer, LayerPoint point) const { return find(FaultKind::drop_k_tile, layer, point) != nullptr; }
  // scale_weight_row: multiplies that output of the matrix in every row, before bias, norm or rotation.
  void scale_outputs(uint32_t layer, LayerPoint point, float* rows, uint64_t stride, uint32_t token_count) const;
  // wrong_rope_base: the factor on the base for this layer, or 1.
  float rope_base_factor(uint32_t layer) const;
  // stale_kv_slot: the position whose slot is read as position-1's, or UINT32_MAX.
  uint32_t stale_position(uint32_t layer) const;

 private:
  const Fault* find(FaultKind kind, uint32_t layer, LayerPoint point) const;
  const Fault* faults_;
  uint32_t count_;
};

}  // namespace greta
