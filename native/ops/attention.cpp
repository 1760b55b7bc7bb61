#include "ops/attention.h"

#include <cmath>

namespace greta::ops {

void attend(const float* q, const float* k, const float* v, uint32_t key_count, uint32_t head_dim, double scale, double* scores, float* context) {
  double largest = -INFINITY;
  for (uint32_t j = 0; j < key_count; ++j) {
    const float* key = k + static_cast<uint64_t>(j) * head_dim;
    double dot = 0;
    for (uint32_t d = 0; d < head_dim; ++d) dot += static_cast<double>(q[d]) * key[d];
    scores[j] = dot * scale;
    if (scores[j] > largest) largest = scores[j];
  }
  double total = 0;
  for (uint32_t j = 0; j < key_count; ++j) total += scores[j] = std::exp(scores[j] - largest);
  for (uint32_t d = 0; d < head_dim; ++d) {
    double sum = 0;
    for (uint32_t j = 0; j < key_count; ++j) sum += scores[j] * v[static_cast<uint64_t>(j) * head_dim + d];
    context[d] = static_cast<float>(sum / total);
  }
}

}  // namespace greta::ops
