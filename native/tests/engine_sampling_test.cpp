#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "engine/logits_summary.h"
#include "engine/prompt_lookup.h"
#include "engine/random.h"
#include "engine/sampler.h"

using namespace greta;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> random_row(uint32_t size, uint32_t seed, float scale) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, scale);
  std::vector<float> row(size);
  for (float& value : row) value = normal(generator);
  return row;
}

// Every index, best first: what partial selection must agree with.
std::vector<int32_t> sorted_ids(const std::vector<float>& row) {
  std::vector<int32_t> ids;
  for (uint32_t id = 0; id < row.size(); ++id)
    if (!std::isnan(row[id])) ids.push_back(static_cast<int32_t>(id));
  std::stable_sort(ids.begin(), ids.end(), [&](int32_t a, int32_t b) { return row[a] > row[b]; });
  return ids;
}

SamplerSettings drawing() {
  SamplerSettings settings;
  settings.temperature = 1;
  return settings;
}

}  // namespace

TEST_CASE("philox gives the known answers of its authors") {
  // kat_vectors of the Random123 distribution.
  CHECK(philox_4x32_10({0, 0, 0, 0}, {0, 0}) == std::array<uint32_t, 4>{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
  CHECK(philox_4x32_10({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) == std::array<uint32_t, 4>{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
  CHECK(philox_4x32_10({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, {0xa4093822u, 0x299f31d0u}) ==
        std::array<uint32_t, 4>{0xd16cfe09u, 0x94fdcceb, 0x5001e420u, 0x24126ea1u});
  for (uint64_t position = 0; position < 1000; ++position) {
    const double value = uniform_at(7, position);
    CHECK(value >= 0);
    CHECK(value < 1);
  }
}

TEST_CASE("a summary agrees with a full sort") {
  for (const uint32_t size : {1u, 2u, 3u, 63u, 64u, 65u, 1000u, 4099u}) {
    for (const uint32_t wanted : {0u, 1u, 2u, 10u, 64u}) {
      std::vector<float> row = random_row(size, size * 100 + wanted, 3);
      if (size > 3) row[size / 2] = row[1], row[2] = kNan;
      LogitsSummary summary;
      summarise_logits(row.data(), size, wanted, &summary);
      const std::vector<int32_t> sorted = sorted_ids(row);
      REQUIRE(summary.candidate_count == std::min<size_t>(wanted, sorted.size()));
      for (uint32_t i = 0; i < summary.candidate_count; ++i) {
        CHECK(summary.candidate_ids[i] == sorted[i]);
        CHECK(summary.candidate_logits[i] == row[sorted[i]]);
      }
      double sum = 0, entropy = 0;
      for (const int32_t id : sorted) sum += std::exp(static_cast<double>(row[id]));
      for (const int32_t id : sorted)
        entropy -= std::exp(static_cast<double>(row[id])) / sum * std::log(std::exp(static_cast<double>(row[id])) / sum);
      CHECK(summary.log_sum_exp == doctest::Approx(std::log(sum)).epsilon(1e-12));
      CHECK(std::abs(summary.entropy - entropy) < 1e-9);
      CHECK(summary.nan_count == (size > 3 ? 1u : 0u));
      CHECK(summary.margin == (sorted.size() > 1 ? row[sorted[0]] - row[sorted[1]] : 0.0f));
      for (uint32_t i = 0; i < std::min<size_t>(sorted.size(), 80); ++i) CHECK(rank_of_logit(row.data(), size, sorted[i]) == i);
    }
  }
}

TEST_CASE("a summary of rows that are not numbers") {
  LogitsSummary summary;
  const std::vector<float> nothing(5, kNan);
  summarise_logits(nothing.data(), 5, 3, &summary);
  CHECK(summary.candidate_count == 0);
  CHECK(summary.nan_count == 5);
  CHECK(summary.log_sum_exp == -std::numeric_limits<double>::infinity());

  const std::vector<float> infinite = {0, kInfinity, 1, kInfinity, kNan};
  summarise_logits(infinite.data(), 5, 3, &summary);
  CHECK(summary.candidate_ids[0] == 1);
  CHECK(summary.candidate_ids[1] == 3);
  CHECK(summary.entropy == doctest::Approx(std::log(2.0)));
  CHECK(summary.margin == 0);

  const std::vector<float> impossible(4, -kInfinity);
  summarise_logits(impossible.data(), 4, 2, &summary);
  CHECK(summary.entropy == 0);
}

TEST_CASE("top-k by heap and by selection keep the same tokens as a sort") {
  const uint32_t size = 5000;
  std::vector<float> row = random_row(size, 3, 2);
  for (uint32_t i = 0; i < size; i += 7) row[i] = 1.5f;  // ties
  Sampler sampler(size);
  const std::vector<int32_t> sorted = sorted_ids(row);
  for (const uint32_t k : {1u, 2u, 50u, 1023u, 1024u, 1025u, 4999u, 5000u, 9000u}) {
    SamplerSettings settings = drawing();
    settings.top_k = k;
    REQUIRE(sampler.sample(row.data(), settings, nullptr, 0, 1).id >= 0);
    std::vector<int32_t> expected(sorted.begin(), sorted.begin() + std::min<uint32_t>(k, size));
    std::sort(expected.begin(), expected.end());
    CHECK(std::vector<int32_t>(sampler.survivor_ids(), sampler.survivor_ids() + sampler.survivor_count()) == expected);
  }
}

TEST_CASE("the same seed and position give the same token, another position another number") {
  const std::vector<float> row = random_row(300, 9, 1);
  Sampler first(300), second(300);
  SamplerSettings settings = drawing();
  settings.seed = 12345;
  uint32_t changes = 0;
  for (uint64_t position = 0; position < 200; ++position) {
    const int32_t id = first.sample(row.data(), settings, nullptr, 0, position).id;
    CHECK(second.sample(row.data(), settings, nullptr, 0, position).id == id);
    changes += position > 0 && id != first.sample(row.data(), settings, nullptr, 0, position - 1).id;
  }
  CHECK(changes > 100);
}

TEST_CASE("penalties look at the window only, once a token, and leave no trace for the next call") {
  const std::vector<float> row = {4, 3.9f, -1, 0};
  Sampler sampler(4);
  SamplerSettings settings;  // greedy
  settings.repeat_penalty = 2;
  settings.penalty_window = 2;
  const int32_t history[] = {0, 0, 3, 3};
  CHECK(sampler.sample(row.data(), settings, history, 4, 0).id == 0);  // 0 is outside the window
  settings.penalty_window = -1;
  CHECK(sampler.sample(row.data(), settings, history, 4, 0).id == 1);
  settings.penalty_window = 0;
  CHECK(sampler.sample(row.data(), settings, history, 4, 0).id == 0);
}

TEST_CASE("a row without any choice says so") {
  Sampler sampler(3);
  for (const float value : {kNan, -kInfinity}) {
    const std::vector<float> row(3, value);
    CHECK(sampler.sample(row.data(), SamplerSettings{}, nullptr, 0, 0).id == -1);
    CHECK(sampler.sample(row.data(), drawing(), nullptr, 0, 0).id == -1);
  }
}

TEST_CASE("prompt lookup drafts what followed the latest earlier occurrence") {
  int32_t draft[kMaxDraft] = {};
  const int32_t sequence[] = {1, 2, 3, 9, 9, 2, 3, 7, 8, 5, 2, 3};
  REQUIRE(draft_by_lookup(sequence, 12, 3, draft) == 3);
  CHECK(std::vector<int32_t>(draft, draft + 3) == std::vector<int32_t>{7, 8, 5});
  // A pattern that runs into the end goes on with itself.
  const int32_t repeating[] = {4, 5, 4, 5, 4, 5};
  REQUIRE(draft_by_lookup(repeating, 6, 5, draft) == 5);
  CHECK(std::vector<int32_t>(draft, draft + 5) == std::vector<int32_t>{4, 5, 4, 5, 4});
  const int32_t fresh[] = {1, 2, 3, 4, 5};
  CHECK(draft_by_lookup(fresh, 5, 8, draft) == 0);
  CHECK(draft_by_lookup(fresh, 1, 8, draft) == 0);
}
