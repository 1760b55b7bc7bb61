#include <doctest/doctest.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/half.h"
#include "ops/dequantize.h"
#include "tests/gguf_model.h"

namespace greta::testing {

TEST_CASE("half: every half value survives a round trip, and rounding is to nearest even") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = half_to_float(static_cast<HalfBits>(bits));
    if ((bits & 0x7fff) > 0x7c00) {
      CHECK((float_to_half(value) & 0x7fff) > 0x7c00);
    } else {
      CHECK(float_to_half(value) == bits);
    }
  }
  CHECK(float_to_half(65519.99f) == 0x7bff);
  CHECK(float_to_half(65520.0f) == 0x7c00);
  CHECK(float_to_half(1.0f + 0x1p-11f) == 0x3c00);
  CHECK(float_to_half(1.0f + 3 * 0x1p-11f) == 0x3c02);
  CHECK(float_to_half(0x1p-25f) == 0);
  CHECK(float_to_half(0x1.8p-25f) == 1);
  CHECK(float_to_bf16(bf16_to_float(0x3f81)) == 0x3f81);
}

TEST_CASE("dequantize: all 13 types of quant-zoo to the bit") {
  const std::string shared = shared_folder();
  if (shared.empty()) {
    MESSAGE("skipped: ../shared/golden is not beside this checkout");
    return;
  }
  GgufModel zoo;
  REQUIRE(zoo.open(shared + "/golden/quant-zoo.gguf"));
  std::ifstream file(shared + "/golden/quant-zoo.expected.safetensors", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  const std::string content = text.str();
  uint64_t header_bytes;
  std::memcpy(&header_bytes, content.data(), 8);
  const std::string header = content.substr(8, header_bytes);
  uint32_t types = 0;
  for (const auto& [name, view] : zoo.tensors()) {
    CAPTURE(name);
    const size_t at = header.find('"' + name + '"');
    REQUIRE(at != std::string::npos);
    const size_t begin = std::stoull(header.substr(header.find('[', header.find("data_offsets", at)) + 1));
    std::vector<float> values(static_cast<size_t>(view.rows) * view.cols);
    ops::dequantize(view.type, view.data, values.size(), values.data());
    CHECK(std::memcmp(values.data(), content.data() + 8 + header_bytes + begin, values.size() * 4) == 0);
    ++types;
  }
  CHECK(types == 13);
}

}  // namespace greta::testing
