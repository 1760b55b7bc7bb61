#include "ops/swiglu.h"

#include <cmath>

namespace greta::ops {

void swiglu(const float* gate, const float* up, uint64_t count, float* y) {
  for (uint64_t i = 0; i < count; ++i) {
    const double g = gate[i];
    y[i] = static_cast<float>(g / (1.0 + std::exp(-g)) * up[i]);
  }
}

void add(const float* a, const float* b, uint64_t count, float* y) {
  for (uint64_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
}

}  // namespace greta::ops
