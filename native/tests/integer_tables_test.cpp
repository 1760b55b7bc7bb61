// Every instruction set's integer products (backend/cpu/integer_table.h) make the bits of AVX2's: panels of all shapes, weights and
// inputs up to the largest. Tiles and AVX-512 panels also run
// emulated, so that their kernels are tested where there is neither.
#if defined(__x86_64__)
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "backend/cpu/cpu_isa.h"
#include "tests/emulated_integers.h"
#include "tests/synthetic_model.h"

namespace greta::cpu {
namespace {

struct Inputs {
  uint32_t cols;
  std::vector<float> x;  // (tokens, cols)
  uint32_t tokens() const { return static_cast<uint32_t>(x.size() / cols); }
};

// Ordinary numbers, a token of the largest of both signs, one of zeros and one with an outlier, over and over.
Inputs make_inputs(uint32_t cols, uint32_t tokens, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Inputs inputs{cols, std::vector<float>(static_cast<size_t>(cols) * tokens)};
  for (uint32_t t = 0; t < tokens; ++t) {
    for (uint32_t c = 0; c < cols; ++c) {
      const float value = normal(random);
      inputs.x[t * cols + c] = t % 5 == 1   ? -1.9999999f
                               : t % 5 == 2 ? (c % 3 == 0 ? 1.999f : 1.9999999f)
                               : t % 5 == 3 ? 0.0f
                               : t % 5 == 4 ? (c == cols / 2 ? 300.0f : value)
                                            : value;
    }
  }
  return inputs;
}

// (tokens, kUnitRows) totals of the rows times the inputs, block by block.
std::vector<float> multiply_panels(const IntegerKernels& table, DType type, const std::vector<const uint8_t*>& rows, const Inputs& inputs,
                                   uint32_t planes) {
  const IntegerTypeKernels& kernels = table.types[type_index(type)];
  const uint32_t tokens = inputs.tokens();
  std::vector<float> totals(static_cast<size_t>(tokens) * kUnitRows);
  std::vector<uint8_t> panel(kPanelBytes + 64, 0xee);
  std::vector<uint8_t> packed(static_cast<size_t>(tokens) * planes * kPlaneBytes + kOverreadBytes + 64);
  const auto aligned = [](std::vector<uint8_t>& bytes) { return bytes.data() + (64 - reinterpret_cast<uintptr_t>(bytes.data()) % 64) % 64; };
  std::vector<InputFacts> input_facts(tokens);
  PanelFacts facts{};
  for (uint32_t first = 0; first < inputs.cols; first += kIntegerColumns) {
    const uint32_t columns = std::min(kIntegerColumns, inputs.cols - first);
    for (uint32_t t = 0; t < tokens; ++t) {
      table.pack_panel({inputs.x.data() + static_cast<size_t>(t) * inputs.cols + first, columns, planes,
                        aligned(packed) + static_cast<size_t>(t) * planes * kPlaneBytes, &input_facts[t]});
    }
    const auto row_count = static_cast<uint32_t>(rows.size());
    kernels.unpack({rows.data(), row_count, first, columns, aligned(panel), &facts});
    if (table.begin_panels != nullptr) table.begin_panels();
    kernels.panel_product[planes - 1]({aligned(panel), &facts, row_count, columns, aligned(packed), input_facts.data(), tokens, totals.data()});
    if (table.end_panels != nullptr) table.end_panels();
  }
  return totals;
}

// One token at a time, four rows at a time.
std::vector<float> multiply_vectors(const IntegerKernels& table, DType type, const std::vector<const uint8_t*>& rows, const Inputs& inputs,
                                    uint32_t planes) {
  std::vector<float> totals(static_cast<size_t>(inputs.tokens()) * kUnitRows);
  const uint32_t blocks = (inputs.cols + kIntegerColumns - 1) / kIntegerColumns;
  std::vector<int16_t> packed(static_cast<size_t>(blocks) * planes * kPlaneColumns);
  std::vector<InputFacts> facts(blocks);
  for (uint32_t t = 0; t < inputs.tokens(); ++t) {
    for (uint32_t b = 0; b < blocks; ++b) {
      const uint32_t first = b * kIntegerColumns;
      table.pack_vector({inputs.x.data() + static_cast<size_t>(t) * inputs.cols + first, std::min(kIntegerColumns, inputs.cols - first), planes,
                         reinterpret_cast<uint8_t*>(packed.data() + static_cast<size_t>(b) * planes * kPlaneColumns), &facts[b]});
    }
    for (size_t row = 0; row < rows.size(); row += kTileRows) {
      const auto count = static_cast<uint32_t>(std::min<size_t>(kTileRows, rows.size() - row));
      const uint8_t* pointers[kTileRows];
      for (uint32_t r = 0; r < kTileRows; ++r) pointers[r] = rows[row + std::min(r, count - 1)];
      table.types[type_index(type)].vector_product[planes - 1](
          {pointers, count, 0, inputs.cols, packed.data(), facts.data(), totals.data() + t * kUnitRows + row});
    }
  }
  return totals;
}

bool same_totals(const std::vector<float>& a, const std::vector<float>& b, uint32_t row_count) {
  for (size_t t = 0; t < a.size() / kUnitRows; ++t)
    if (std::memcmp(a.data() + t * kUnitRows, b.data() + t * kUnitRows, row_count * sizeof(float)) != 0) return false;
  return true;
}

void compare_with_avx2(const IntegerKernels& table) {
  const IntegerKernels& avx2 = avx2_integer_kernels();
  for (const DTypeFacts& type : kDTypes) {
    if (avx2.types[type_index(type.type)].unpack == nullptr) continue;
    CAPTURE(std::string(type.name));
    const auto compare = [&](uint32_t row_count, uint32_t tokens, uint32_t cols, uint8_t fill) {
      CAPTURE(row_count);
      CAPTURE(tokens);
      CAPTURE(cols);
      CAPTURE(+fill);
      std::vector<uint8_t> weights = ::greta::testing::random_weights(type.type, row_count, cols, cols + row_count);
      if (fill != 1) {
        // The scales stay the random ones: small finite halves.
        const bool scale_last = type.type == DType::q6_k,
                   has_minimum = avx2.types[type_index(type.type)].unpack != nullptr &&
                                 (type.type == DType::q4_1 || type.type == DType::q5_1 || type.type == DType::q4_k || type.type == DType::q5_k);
        for (size_t block = 0; block < weights.size(); block += type.block_bytes) {
          const size_t skipped = has_minimum ? 4 : 2;
          std::fill_n(weights.begin() + static_cast<std::ptrdiff_t>(block + (scale_last ? 0 : skipped)), type.block_bytes - skipped, fill);
        }
      }
      std::vector<const uint8_t*> rows;
      for (uint32_t r = 0; r < row_count; ++r) rows.push_back(weights.data() + r * row_bytes(type.type, cols));
      const Inputs inputs = make_inputs(cols, tokens, tokens);
      for (const uint32_t planes : {1u, 2u}) {
        CAPTURE(planes);
        const std::vector<float> expected = multiply_vectors(avx2, type.type, rows, inputs, planes);
        CHECK(same_totals(multiply_vectors(table, type.type, rows, inputs, planes), expected, row_count));
        CHECK(same_totals(multiply_panels(table, type.type, rows, inputs, planes), expected, row_count));
      }
    };
    const uint32_t block = type.block_weights;
    for (const uint32_t tokens : {1u, 2u, 15u, 16u, 17u, 33u}) compare(32, tokens, 512, 1);
    for (const uint32_t row_count : {1u, 7u, 15u, 16u, 17u, 31u}) compare(row_count, 18, 256, 1);
    for (uint32_t cols = block; cols <= 256 + 2 * block; cols += block) compare(5, 3, cols, 1);
    for (const uint8_t fill : {uint8_t{0x00}, uint8_t{0xff}, uint8_t{0x80}, uint8_t{0x7f}, uint8_t{0x0f}, uint8_t{0xf0}}) compare(32, 21, 512, fill);
  }
}

bool has(const char* name) {
  InstructionSet set;
  return choose_instruction_set(name, &set).ok();
}

}  // namespace

TEST_CASE("integer tables: emulated tiles make the bits of AVX2") {
  if (!has("avx2")) return;
  compare_with_avx2(testing::emulated_tile_kernels());
}

TEST_CASE("integer tables: AVX-512 panels on plain vectors make the bits of AVX2") {
  if (!has("avx2")) return;
  compare_with_avx2(testing::emulated_wide_kernels());
}

TEST_CASE("integer tables: the instruction sets of this processor make the bits of AVX2") {
  for (const char* name : {"avx512", "amx"}) {
    InstructionSet set;
    if (!choose_instruction_set(name, &set).ok()) continue;
    const std::string compared = std::string("compared: ") + name;
    MESSAGE(compared);
    compare_with_avx2(*set.integers);
  }
  if (has("avx512")) compare_with_avx2(avx512_integer_kernels());  // without VNNI
}

}  // namespace greta::cpu
#endif
