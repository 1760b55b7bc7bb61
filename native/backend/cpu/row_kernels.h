// Operations on single rows over a `Simd` type: norm, rotation, activation, statistics.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>

#include "backend/cpu/kernel_table.h"
#include "ops/row_summary.h"

namespace greta::cpu {
namespace {

// e^x, relative error below 2e-7: x = n ln 2 + r, |r| <= ln 2 / 2, e^r by its Taylor polynomial of degree 7 (remainder 2e-9).
// 0 below -87.33 (results that are not normal numbers), infinity above 88.37; NaN stays NaN (min and max give their second operand).
[[gnu::always_inline]] inline Simd::Floats exponential(Simd::Floats x) {
  const Simd::Floats clamped = Simd::max(Simd::broadcast(-87.33f), Simd::min(Simd::broadcast(88.37f), x));
  const Simd::Ints n = Simd::round_to_ints(Simd::mul(clamped, Simd::broadcast(1.44269504088896341f)));
  const Simd::Floats whole = Simd::from_ints(n);
  Simd::Floats r = Simd::fma(whole, Simd::broadcast(-0.693359375f), clamped);
  r = Simd::fma(whole, Simd::broadcast(2.12194440e-4f), r);
  Simd::Floats p = Simd::broadcast(1.0f / 5040);
  for (const float coefficient : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f}) p = Simd::fma(p, r, Simd::broadcast(coefficient));
  const Simd::Floats scaled = Simd::scale_by_power(p, n);
  const Simd::Floats small = Simd::select_less(x, Simd::broadcast(-87.33f), Simd::zero(), scaled);
  return Simd::select_less(Simd::broadcast(88.37f), x, Simd::broadcast(INFINITY), small);
}

void add_rows(const float* a, const float* b, uint64_t count, float* y) {
  uint64_t i = 0;
  for (; i + Simd::kLanes <= count; i += Simd::kLanes) Simd::store(y + i, Simd::add(Simd::load(a + i), Simd::load(b + i)));
  for (; i < count; ++i) y[i] = a[i] + b[i];
}

// gate * up / (1 + e^-gate) with the product's and the quotient's own rounding errors put back where the set has a fused
// multiply-add: the outliers of a feed-forward block are its largest products, and statistics show them.
[[gnu::always_inline]] inline Simd::Floats swiglu_vector(Simd::Floats gate, Simd::Floats up) {
  const Simd::Floats zero = Simd::zero(), infinity = Simd::broadcast(INFINITY);
  const Simd::Floats denominator = Simd::add(Simd::broadcast(1.0f), exponential(Simd::sub(zero, gate)));
  const Simd::Floats product = Simd::mul(gate, up), quotient = Simd::div(product, denominator);
  const Simd::Floats product_error = Simd::fms(gate, up, product);
  const Simd::Floats residue = Simd::add(Simd::fma(Simd::sub(zero, quotient), denominator, product), product_error);
  const Simd::Floats corrected = Simd::add(quotient, Simd::div(residue, denominator));
  // Where anything overflowed the correction is not finite: keep the plain quotient.
  const Simd::Floats magnitude = Simd::max(corrected, Simd::sub(zero, corrected));
  return Simd::select_less(magnitude, infinity, corrected, quotient);
}

void swiglu_rows(const float* gate, const float* up, uint64_t count, float* y) {
  uint64_t i = 0;
  for (; i + Simd::kLanes <= count; i += Simd::kLanes) Simd::store(y + i, swiglu_vector(Simd::load(gate + i), Simd::load(up + i)));
  if (i == count) return;
  float g[Simd::kLanes] = {}, u[Simd::kLanes] = {};
  for (uint64_t j = i; j < count; ++j) g[j - i] = gate[j], u[j - i] = up[j];
  Simd::store(g, swiglu_vector(Simd::load(g), Simd::load(u)));
  for (uint64_t j = i; j < count; ++j) y[j] = g[j - i];
}

// Squares are summed in f32 lanes over at most 1024 elements, the parts in f64.
void rms_norm_row(const float* x, const float* w, uint32_t cols, float epsilon, float* y) {
  constexpr uint32_t kPart = 1024;
  double total = 0;
  uint32_t c = 0;
  while (c + Simd::kLanes <= cols) {
    Simd::Floats sum = Simd::zero();
    const uint32_t end = cols - c < kPart ? cols : c + kPart;
    for (; c + Simd::kLanes <= end; c += Simd::kLanes) {
      const Simd::Floats v = Simd::load(x + c);
      sum = Simd::fma(v, v, sum);
    }
    total += static_cast<double>(Simd::sum(sum));
  }
  for (; c < cols; ++c) total += static_cast<double>(x[c]) * x[c];
  // The factor is common to the row: its rounding would be a systematic error, so it is kept as the sum of two floats.
  const double scale = 1.0 / std::sqrt(total / cols + static_cast<double>(epsilon));
  const auto high = static_cast<float>(scale), low = static_cast<float>(scale - static_cast<double>(high));
  const Simd::Floats high_factor = Simd::broadcast(high), low_factor = Simd::broadcast(low);
  for (c = 0; c + Simd::kLanes <= cols; c += Simd::kLanes) {
    const Simd::Floats product = Simd::mul(Simd::load(x + c), Simd::load(w + c));
    Simd::store(y + c, Simd::fma(product, high_factor, Simd::mul(product, low_factor)));
  }
  for (; c < cols; ++c) y[c] = static_cast<float>(static_cast<double>(x[c]) * w[c] * scale);
}

// One pass over the row when everything is finite (the usual case); the specification itself otherwise.
TraceStats statistics_row(const float* row, uint32_t width) {
  if (width < Simd::kLanes) return ops::row_statistics(row, width);
  constexpr uint32_t kPart = 512;
  Simd::Floats least = Simd::load(row), largest = least, zeros = Simd::zero();
  // v - v is 0 where v is finite and NaN elsewhere; the sum of those tells whether any value was not finite.
  Simd::Floats alarm = Simd::zero();
  const Simd::Floats one = Simd::broadcast(1.0f), tiny = Simd::broadcast(1.40129846e-45f);
  double total = 0, squares = 0;
  uint32_t i = 0;
  while (i + Simd::kLanes <= width) {
    Simd::Floats sum = Simd::zero(), square = Simd::zero();
    const uint32_t end = width - i < kPart ? width : i + kPart;
    for (; i + Simd::kLanes <= end; i += Simd::kLanes) {
      const Simd::Floats v = Simd::load(row + i);
      alarm = Simd::add(alarm, Simd::sub(v, v));
      least = Simd::min(least, v);
      largest = Simd::max(largest, v);
      const Simd::Floats magnitude = Simd::max(v, Simd::sub(Simd::zero(), v));
      zeros = Simd::add(zeros, Simd::select_less(magnitude, tiny, one, Simd::zero()));
      sum = Simd::add(sum, v);
      square = Simd::fma(v, v, square);
    }
    total += static_cast<double>(Simd::sum(sum));
    squares += static_cast<double>(Simd::sum(square));
  }
  if (Simd::sum(alarm) != 0.0f || !(squares < 3e38)) return ops::row_statistics(row, width);
  TraceStats stats{};
  stats.max = Simd::largest(largest);
  stats.min = -Simd::largest(Simd::sub(Simd::zero(), least));
  float zero_count = Simd::sum(zeros);
  for (; i < width; ++i) {
    const float value = row[i];
    if (!std::isfinite(value)) return ops::row_statistics(row, width);
    if (value < stats.min) stats.min = value;
    if (value > stats.max) stats.max = value;
    if (value == 0) zero_count += 1;
    total += value;
    squares += static_cast<double>(value) * value;
  }
  stats.absmax = stats.max > -stats.min ? stats.max : -stats.min;
  stats.mean = static_cast<float>(total / width);
  stats.rms = static_cast<float>(std::sqrt(squares / width));
  stats.zero_count = static_cast<uint32_t>(zero_count);
  return stats;
}

void rope_row(float* row, uint32_t heads, uint32_t head_dim, bool interleaved, uint32_t pairs, const float* cosines, const float* sines) {
  const uint32_t step = interleaved ? 2 : 1, distance = interleaved ? 1 : pairs;
  for (uint32_t h = 0; h < heads; ++h) {
    float* head = row + static_cast<uint64_t>(h) * head_dim;
    for (uint32_t p = 0; p < pairs; ++p) {
      const float a = head[p * step], b = head[p * step + distance];
      head[p * step] = a * cosines[p] - b * sines[p];
      head[p * step + distance] = a * sines[p] + b * cosines[p];
    }
  }
}

}  // namespace
}  // namespace greta::cpu
