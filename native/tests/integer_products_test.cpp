// Integer products of quantised weights (backend/cpu/integer_table.h) through the backend's own matmul: blocking, packing, panels,
// single tokens and the way around for what has no integers, against their definition (bits) and f64 sums of the
// specification's f32 weights.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "backend/cpu/cpu_kernels.h"
#include "ops/dequantize.h"
#include "tests/golden_files.h"
#include "tests/integer_reference.h"
#include "tests/synthetic_model.h"

namespace greta::cpu {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr uint32_t kBatch = 300;

const std::vector<DType> kIntegerTypes = {DType::q4_0, DType::q4_1, DType::q5_0, DType::q5_1, DType::q8_0, DType::q4_k, DType::q5_k, DType::q6_k};

struct Product {
  std::vector<uint8_t> bytes;
  WeightView weight;

  Product(DType type, uint32_t rows, uint32_t cols, uint32_t seed) : bytes(testing::random_weights(type, rows, cols, seed)) {
    weight = {bytes.data(), bytes.size(), type, rows, cols, RowOrder::as_stored};
  }

  // (tokens, rows), each sum in f64 and rounded once.
  std::vector<float> expected(const std::vector<float>& x) const {
    const uint64_t tokens = x.size() / weight.cols;
    std::vector<float> row(weight.cols), y(tokens * weight.rows);
    for (uint32_t r = 0; r < weight.rows; ++r) {
      ops::dequantize(weight.type, bytes.data() + r * row_bytes(weight.type, weight.cols), weight.cols, row.data());
      for (uint64_t t = 0; t < tokens; ++t) {
        double sum = 0;
        for (uint32_t c = 0; c < weight.cols; ++c) sum += static_cast<double>(row[c]) * static_cast<double>(x[t * weight.cols + c]);
        y[t * weight.rows + r] = static_cast<float>(sum);
      }
    }
    return y;
  }
};

class Kernels {
 public:
  explicit Kernels(Precision precision) : model_(testing::SyntheticShape{.embedding = 2048, .heads = 4, .kv_heads = 2, .feed_forward = 2048}) {
    LoadOptions options{};
    options.context_capacity = options.batch_capacity = kBatch;
    options.thread_count = 2;
    options.precision = precision;
    REQUIRE(kernels_.prepare(model_.description(), options).ok());
  }

  std::vector<float> multiply(const Product& product, const std::vector<float>& x, uint32_t chunk) {
    const WeightView& weight = product.weight;
    const auto tokens = static_cast<uint32_t>(x.size() / weight.cols);
    std::vector<float> y(static_cast<size_t>(tokens) * weight.rows, 7.0f);
    for (uint32_t t = 0; t < tokens; t += chunk) {
      const MatmulTask task{&weight, y.data() + static_cast<size_t>(t) * weight.rows, weight.rows};
      kernels_.matmul(&task, 1, x.data() + static_cast<size_t>(t) * weight.cols, std::min(chunk, tokens - t));
    }
    return y;
  }

 private:
  testing::SyntheticModel model_;
  CpuKernels kernels_;
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * 4) == 0;
}

std::vector<float> random_inputs(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

struct Level {
  Precision precision;
  double bound;
};
// Where products are those of bf16 tiles, one or two parts of bf16 are the bound.
bool has_tiles() {
  InstructionSet set;
  return choose_instruction_set(std::getenv("GRETA_CPU_ISA"), &set).ok() && set.tiles != nullptr && set.integers == nullptr;
}
// Scalar code multiplies f32 weights instead.
bool has_integers() {
  InstructionSet set;
  return choose_instruction_set(std::getenv("GRETA_CPU_ISA"), &set).ok() && set.integers != nullptr;
}
uint32_t planes_of(Precision precision) { return precision == Precision::bf16 ? 1 : kMaximumPlanes; }

const Level kLevels[] = {{Precision::f32, has_tiles() ? 1e-9 : 2e-13}, {Precision::bf16, has_tiles() ? 1e-4 : 2e-6}};

}  // namespace

TEST_CASE("integer products: every type, odd row and token counts, the bits of the definition in any chunks, close to f64") {
  for (const Level& level : kLevels) {
    Kernels kernels(level.precision);
    for (const DType type : kIntegerTypes) {
      CAPTURE(std::string(dtype_facts(type)->name));
      const bool small = dtype_facts(type)->block_weights == 32;
      for (const uint32_t cols : {small ? 32u : 256u, small ? 416u : 512u, 1280u}) {
        for (const uint32_t rows : {1u, 3u, 37u}) {
          const Product product(type, rows, cols, cols + rows);
          const std::vector<float> x = random_inputs(static_cast<size_t>(cols) * 20, rows);
          const std::vector<float> whole = kernels.multiply(product, x, 20), expected = product.expected(x);
          CHECK(testing::normalized_error(whole.data(), expected.data(), expected.size()) < level.bound);
          if (has_integers()) CHECK(same_bits(whole, testing::integer_products(product.weight, x, planes_of(level.precision))));
          for (const uint32_t chunk : {1u, 2u, 7u, 13u}) CHECK(same_bits(whole, kernels.multiply(product, x, chunk)));
        }
      }
    }
    const Product product(DType::q4_k, 5, 256, 9);
    const std::vector<float> x = random_inputs(256 * kBatch, 10);  // several blocks of tokens
    CHECK(same_bits(kernels.multiply(product, x, kBatch), kernels.multiply(product, x, 1)));
    // Units of several panels, the last one not full, over two blocks of columns.
    const Product tall(DType::q6_k, 530, 512, 11);
    const std::vector<float> tall_inputs = random_inputs(512 * 7, 12);
    CHECK(same_bits(kernels.multiply(tall, tall_inputs, 7), kernels.multiply(tall, tall_inputs, 1)));
  }
}

TEST_CASE("integer products: outliers, zeros and tiny or huge magnitudes keep their accuracy") {
  for (const Level& level : kLevels) {
    Kernels kernels(level.precision);
    for (const DType type : kIntegerTypes) {
      CAPTURE(std::string(dtype_facts(type)->name));
      const Product product(type, 9, 512, 4);
      std::vector<float> x = random_inputs(512 * 6, 5);
      for (uint32_t c = 0; c < 512; ++c) {
        x[512 + c] *= 1e-24f;
        x[1024 + c] *= 1e30f;
        x[1536 + c] = 0.0f;
        x[2048 + c] *= c % 100 == 3 ? 40.0f : 1.0f;
        x[2560 + c] = c == 77 ? -1.0f : -0.0f;
      }
      const std::vector<float> y = kernels.multiply(product, x, 6), expected = product.expected(x);
      CHECK(same_bits(y, kernels.multiply(product, x, 1)));
      if (has_integers()) CHECK(same_bits(y, testing::integer_products(product.weight, x, planes_of(level.precision))));
      for (const uint32_t t : {0u, 1u, 2u, 4u, 5u}) {
        CAPTURE(t);
        // 40 times outliers take five bits of their block.
        const double bound = t == 4 ? level.bound * 300 : level.bound;
        CHECK(testing::normalized_error(y.data() + t * 9, expected.data() + t * 9, 9) < bound);
      }
      for (uint32_t r = 0; r < 9; ++r) CHECK(y[3 * 9 + r] == 0.0f);
    }
  }
}

TEST_CASE("integer products: the largest weights times the largest inputs do not overflow") {
  for (const Level& level : kLevels) {
    Kernels kernels(level.precision);
    for (const DType type : kIntegerTypes) {
      CAPTURE(std::string(dtype_facts(type)->name));
      for (const uint8_t fill : {uint8_t{0x00}, uint8_t{0xff}, uint8_t{0x80}, uint8_t{0x7f}}) {
        Product product(type, 4, 256, 6);
        const std::vector<uint8_t> random = product.bytes;
        std::fill(product.bytes.begin(), product.bytes.end(), fill);
        // The scales stay the random ones: small finite halves.
        const uint32_t block_bytes = dtype_facts(type)->block_bytes;
        for (size_t block = 0; block < product.bytes.size(); block += block_bytes) {
          const size_t at = type == DType::q6_k ? block + block_bytes - 2 : block;
          const size_t count = type == DType::q4_1 || type == DType::q5_1 || type == DType::q4_k || type == DType::q5_k ? 4 : 2;
          std::copy_n(random.begin() + static_cast<std::ptrdiff_t>(at), count, product.bytes.begin() + static_cast<std::ptrdiff_t>(at));
        }
        std::vector<float> x(512, 1.9999999f);
        std::fill(x.begin() + 256, x.end(), -2.0f);
        const std::vector<float> y = kernels.multiply(product, x, 2), expected = product.expected(x);
        CHECK(same_bits(y, kernels.multiply(product, x, 1)));
        if (has_integers()) CHECK(same_bits(y, testing::integer_products(product.weight, x, planes_of(level.precision))));
        for (size_t i = 0; i < y.size(); ++i) {
          CAPTURE(expected[i]);
          CHECK(std::fabs(y[i] - expected[i]) <= (level.precision == Precision::f32 ? 1e-5f
                                                  : has_tiles()                     ? 5e-2f
                                                                                    : 1e-3f) *
                                                         std::fabs(expected[i]) +
                                                     1e-4f);
        }
      }
    }
  }
}

TEST_CASE("integer products: a token with NaN or infinity answers like f32 weights and leaves its neighbours alone") {
  for (const Level& level : kLevels) {
    Kernels kernels(level.precision);
    for (const DType type : {DType::q4_k, DType::q6_k, DType::q8_0, DType::q5_1}) {
      CAPTURE(std::string(dtype_facts(type)->name));
      const Product product(type, 6, 512, 8);
      std::vector<float> x = random_inputs(512 * 4, 9);
      const std::vector<float> clean = kernels.multiply(product, x, 4);
      x[512 + 300] = std::numeric_limits<float>::quiet_NaN();
      x[1024 + 5] = kInfinity;
      const std::vector<float> y = kernels.multiply(product, x, 4), expected = product.expected(x);
      CHECK(std::memcmp(y.data(), clean.data(), 6 * 4) == 0);
      CHECK(std::memcmp(y.data() + 18, clean.data() + 18, 6 * 4) == 0);
      for (uint32_t r = 0; r < 6; ++r) {
        CHECK(std::isnan(y[6 + r]));
        if (has_tiles()) {  // the parts of an infinity are an infinity and a NaN
          CHECK(!std::isfinite(y[12 + r]));
          continue;
        }
        CHECK(std::isnan(y[12 + r]) == std::isnan(expected[12 + r]));
        if (!std::isnan(expected[12 + r])) CHECK(y[12 + r] == expected[12 + r]);
      }
      const std::vector<float> alone = kernels.multiply(product, x, 1);
      for (size_t i = 0; i < y.size(); ++i) CHECK((alone[i] == y[i] || (std::isnan(alone[i]) && std::isnan(y[i]))));
    }
  }
}

}  // namespace greta::cpu
