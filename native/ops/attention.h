// Causal scaled dot-product attention with grouped key/value heads (Vaswani et al. 2017, arXiv:1706.03762; Ainslie et al.
// 2023, arXiv:2305.13245).
#pragma once

#include <cstdint>

namespace greta::ops {

// One query head of one token over `key_count` cached positions:
//   s[j] = scale * sum_d q[d] * k[j,d];  p = softmax(s);  context[d] = sum_j p[j] * v[j,d]
// k, v: (key_count, head_dim) f32 rows, already what the cache gives back (f16 caches are rounded before they get here).
// scores: scratch of key_count f64. Everything is f64 inside; context is rounded once.
void attend(const float* q, const float* k, const float* v, uint32_t key_count, uint32_t head_dim, double scale, double* scores, float* context);

}  // namespace greta::ops
