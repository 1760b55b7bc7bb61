#include "ops/rope.h"

#include <cmath>

namespace greta::ops {

void rope(float* row, uint32_t heads, uint32_t head_dim, RopePairing pairing, uint32_t rope_dims, const double* inverse_frequencies, double magnitude,
          uint32_t position) {
  const uint32_t pairs = rope_dims / 2;
  for (uint32_t p = 0; p < pairs; ++p) {
    const double angle = position * inverse_frequencies[p];
    const double cosine = magnitude * std::cos(angle), sine = magnitude * std::sin(angle);
    const uint32_t first = pairing == RopePairing::interleaved ? 2 * p : p;
    const uint32_t second = pairing == RopePairing::interleaved ? 2 * p + 1 : p + pairs;
    for (uint32_t h = 0; h < heads; ++h) {
      float* head = row + static_cast<uint64_t>(h) * head_dim;
      const double a = head[first], b = head[second];
      head[first] = static_cast<float>(a * cosine - b * sine);
      head[second] = static_cast<float>(a * sine + b * cosine);
    }
  }
}

}  // namespace greta::ops
