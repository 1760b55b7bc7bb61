// Every kernel of every instruction set this processor has, against the operations' specifications.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "backend/cpu/cpu_isa.h"
#include "base/half.h"
#include "ops/attention.h"
#include "ops/dequantize.h"
#include "ops/rms_norm.h"
#include "ops/row_summary.h"
#include "ops/swiglu.h"
#include "tests/golden_files.h"
#include "tests/synthetic_model.h"

namespace greta::cpu {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Calls check(kernels) for each set; sets that this processor lacks are named.
template <typename Check>
void for_each_set(Check check) {
  for (const char* name : {"scalar", "avx2", "avx512", "neon"}) {
    InstructionSet set;
    if (!choose_instruction_set(name, &set).ok()) {
      MESSAGE("skipped: this processor or build has no ", std::string(name));
      continue;
    }
    CAPTURE(std::string(name));
    check(*set.kernels);
  }
}

std::vector<float> random_floats(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

}  // namespace

TEST_CASE("cpu kernels: forcing an unknown or absent instruction set names what there is") {
  InstructionSet set;
  const Status status = choose_instruction_set("quantum", &set);
  CHECK(status.code() == StatusCode::unsupported);
  CHECK(status.message().find("scalar") != std::string::npos);
  CHECK(choose_instruction_set(nullptr, &set).ok());
  CHECK(choose_instruction_set("", &set).ok());
}

TEST_CASE("cpu kernels: decoded rows of all types are the specification's bits") {
  for_each_set([](const KernelTable& kernels) {
    for (uint32_t i = 0; i < kTypeCount; ++i) {
      const DTypeFacts& facts = kDTypes[i];
      CAPTURE(std::string(facts.name));
      const bool single = facts.block_weights == 1;
      for (const uint32_t count : {single ? 1u : 256u, single ? 31u : 512u, single ? 172u : 768u, 1024u}) {
        const std::vector<uint8_t> row = testing::random_weights(facts.type, 1, count, count + i);
        std::vector<float> expected(pad_columns(count)), decoded(pad_columns(count), 7.0f);
        ops::dequantize(facts.type, row.data(), count, expected.data());
        kernels.types[i].decode(row.data(), 0, count, decoded.data());
        CHECK(std::memcmp(expected.data(), decoded.data(), decoded.size() * 4) == 0);
        if (count <= kPanelColumns) continue;
        kernels.types[i].decode(row.data(), kPanelColumns, count - kPanelColumns, decoded.data());
        CHECK(std::memcmp(expected.data() + kPanelColumns, decoded.data(), (count - kPanelColumns) * 4) == 0);
      }
    }
  });
}

TEST_CASE("cpu kernels: one token and many tokens give the same bits, close to f64") {
  for_each_set([](const KernelTable& kernels) {
    for (uint32_t i = 0; i < kTypeCount; ++i) {
      const DTypeFacts& facts = kDTypes[i];
      CAPTURE(std::string(facts.name));
      for (const uint32_t cols : {facts.block_weights == 1 ? 172u : 256u, 768u}) {
        constexpr uint32_t kRows = 7, kTokens = 8;
        const std::vector<uint8_t> weights = testing::random_weights(facts.type, kRows, cols, cols + i);
        const uint64_t bytes = row_bytes(facts.type, cols);
        const uint32_t panels = (cols + kPanelColumns - 1) / kPanelColumns, padded = panels * kPanelColumns;
        std::vector<float> x(kTokens * padded);
        const std::vector<float> values = random_floats(kTokens * cols, 3);
        for (uint32_t t = 0; t < kTokens; ++t) std::copy_n(values.data() + t * cols, cols, x.data() + t * padded);

        std::vector<float> vector_result(kTokens * kRows), panel_result(kTokens * kRows), expected(kTokens * kRows);
        for (uint32_t t = 0; t < kTokens; ++t) {
          for (uint32_t row = 0; row < kRows; row += kTileRows) {
            const uint32_t rows = std::min(kTileRows, kRows - row);
            const uint8_t* pointers[kTileRows];
            for (uint32_t r = 0; r < kTileRows; ++r) pointers[r] = weights.data() + (row + std::min(r, rows - 1)) * bytes;
            kernels.types[i].vector_product({pointers, rows, 0, cols, x.data() + t * padded, vector_result.data() + t * kRows + row});
          }
        }
        std::vector<float> panel(8 * kPanelColumns), packed(kTokens * kPanelColumns), accumulators(8 * kTokens * kernels.lanes);
        for (uint32_t p = 0; p < panels; ++p) {
          const uint32_t width = std::min(kPanelColumns, cols - p * kPanelColumns);
          for (uint32_t r = 0; r < kRows; ++r)
            kernels.types[i].decode(weights.data() + r * bytes, p * kPanelColumns, width, panel.data() + r * kPanelColumns);
          for (uint32_t t = 0; t < kTokens; ++t)
            std::copy_n(x.data() + t * padded + p * kPanelColumns, kPanelColumns, packed.data() + t * kPanelColumns);
          kernels.panel_product({panel.data(), 2, pad_columns(width), packed.data(), kTokens, accumulators.data(), p == 0});
        }
        kernels.reduce_lanes({accumulators.data(), kRows, kTokens, panel_result.data(), kRows});
        CHECK(std::memcmp(vector_result.data(), panel_result.data(), panel_result.size() * 4) == 0);

        std::vector<float> row_values(cols);
        for (uint32_t r = 0; r < kRows; ++r) {
          ops::dequantize(facts.type, weights.data() + r * bytes, cols, row_values.data());
          for (uint32_t t = 0; t < kTokens; ++t) {
            double sum = 0;
            for (uint32_t c = 0; c < cols; ++c) sum += static_cast<double>(row_values[c]) * values[t * cols + c];
            expected[t * kRows + r] = static_cast<float>(sum);
          }
        }
        CHECK(testing::normalized_error(vector_result.data(), expected.data(), expected.size()) < 1e-12);
      }
    }
  });
}

TEST_CASE("cpu kernels: rms_norm, add and swiglu at odd sizes and extreme values") {
  for_each_set([](const KernelTable& kernels) {
    for (const uint32_t count : {1u, 2u, 7u, 8u, 13u, 64u, 172u, 1031u}) {
      const std::vector<float> a = random_floats(count, count), b = random_floats(count, count + 1);
      std::vector<float> result(count), expected(count);
      kernels.rms_norm(a.data(), b.data(), count, 1e-5f, result.data());
      ops::rms_norm(a.data(), b.data(), 1, count, 1e-5f, expected.data());
      CHECK(testing::normalized_error(result.data(), expected.data(), count) < 1e-12);
      kernels.swiglu(a.data(), b.data(), count, result.data());
      ops::swiglu(a.data(), b.data(), count, expected.data());
      CHECK(testing::normalized_error(result.data(), expected.data(), count) < 1e-12);
      kernels.add(a.data(), b.data(), count, result.data());
      ops::add(a.data(), b.data(), count, expected.data());
      CHECK(std::memcmp(result.data(), expected.data(), count * 4) == 0);
    }
    const std::vector<float> gate = {kNaN, kInfinity, -kInfinity, 0.0f, -0.0f, 1e-40f, 200.0f, -200.0f, 3e38f, -3e38f, 1.0f, 88.5f};
    const std::vector<float> up(gate.size(), 1.0f);
    std::vector<float> result(gate.size()), expected(gate.size());
    kernels.swiglu(gate.data(), up.data(), gate.size(), result.data());
    ops::swiglu(gate.data(), up.data(), gate.size(), expected.data());
    for (size_t i = 0; i < gate.size(); ++i) {
      CAPTURE(gate[i]);
      CHECK(std::isnan(result[i]) == std::isnan(expected[i]));
      if (!std::isnan(expected[i]))
        CHECK((result[i] == expected[i] || std::fabs(result[i] - expected[i]) <= 1e-6f * std::fabs(expected[i]) + 1e-37f));
    }
  });
}

TEST_CASE("cpu kernels: statistics equal the specification, whatever the row holds") {
  for_each_set([](const KernelTable& kernels) {
    for (const uint32_t width : {1u, 7u, 8u, 31u, 513u, 2000u}) {
      std::vector<float> row = random_floats(width, width);
      const auto check = [&] {
        const TraceStats fast = kernels.statistics(row.data(), width), slow = ops::row_statistics(row.data(), width);
        CHECK(fast.min == slow.min);
        CHECK(fast.max == slow.max);
        CHECK(fast.absmax == slow.absmax);
        CHECK(fast.nan_count == slow.nan_count);
        CHECK(fast.positive_infinity_count == slow.positive_infinity_count);
        CHECK(fast.negative_infinity_count == slow.negative_infinity_count);
        CHECK(fast.zero_count == slow.zero_count);
        CHECK(std::fabs(fast.mean - slow.mean) <= 1e-6f * slow.rms);
        CHECK(std::fabs(fast.rms - slow.rms) <= 1e-6f * slow.rms);
      };
      check();
      for (const float special : {0.0f, -0.0f, 1e-40f, 3e38f, kInfinity, -kInfinity, kNaN}) {
        for (const uint32_t at : {0u, width / 2, width - 1}) {
          row[at] = special;
          check();
        }
      }
      std::fill(row.begin(), row.end(), kNaN);
      check();
    }
  });
}

TEST_CASE("cpu kernels: attention in chunks equals the specification and ignores what lies beyond") {
  for_each_set([](const KernelTable& kernels) {
    for (const uint32_t head_dim : {8u, 20u, 64u}) {
      const uint32_t lanes = kernels.lanes, stride = (head_dim + lanes - 1) / lanes * lanes;
      for (const uint32_t key_total : {1u, 9u, 255u, 256u, 300u}) {
        constexpr uint32_t kQueries = 5;
        const std::vector<float> k = random_floats(600 * head_dim, 1), v = random_floats(600 * head_dim, 2),
                                 q = random_floats(kQueries * head_dim, 3);
        std::vector<float> contexts(kQueries * stride), scores(4 * kAttentionChunk), maxima(kQueries, -kInfinity), totals(kQueries);
        for (uint32_t chunk = 0; chunk < key_total; chunk += kAttentionChunk) {
          // Positions beyond key_total hold NaN: they must not matter.
          std::vector<float> keys(kAttentionChunk * head_dim, kNaN), values(kAttentionChunk * stride, kNaN);
          for (uint32_t j = 0; j < std::min(kAttentionChunk, key_total - chunk); ++j) {
            for (uint32_t d = 0; d < head_dim; ++d) {
              keys[(j / lanes * head_dim + d) * lanes + j % lanes] = k[(chunk + j) * head_dim + d];
              values[j * stride + d] = v[(chunk + j) * head_dim + d];
            }
            for (uint32_t d = head_dim; d < stride; ++d) values[j * stride + d] = 0;
          }
          const float* queries[kQueries];
          float* rows[kQueries];
          uint32_t counts[kQueries];
          for (uint32_t i = 0; i < kQueries; ++i) {
            queries[i] = q.data() + i * head_dim;
            rows[i] = contexts.data() + i * stride;
            const uint32_t seen = key_total - std::min(key_total - 1, i);  // every query sees one key less than the one before
            counts[i] = seen <= chunk ? 0 : std::min(kAttentionChunk, seen - chunk);
          }
          kernels.attention_chunk(
              {keys.data(), values.data(), head_dim, stride, 0.125f, kQueries, queries, counts, scores.data(), maxima.data(), totals.data(), rows});
        }
        std::vector<double> scratch(key_total);
        std::vector<float> expected(head_dim), result(head_dim);
        for (uint32_t i = 0; i < kQueries; ++i) {
          ops::attend(q.data() + i * head_dim, k.data(), v.data(), key_total - std::min(key_total - 1, i), head_dim, 0.125, scratch.data(),
                      expected.data());
          for (uint32_t d = 0; d < head_dim; ++d) result[d] = contexts[i * stride + d] / totals[i];
          CHECK(testing::normalized_error(result.data(), expected.data(), head_dim) < 1e-11);
        }
      }
    }
  });
}

}  // namespace greta::cpu
