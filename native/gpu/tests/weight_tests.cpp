// Op tests of weights and products: dequantisation, packing, matvec and matmul over every type, fused epilogues.
#include "gpu/kernels/matrix_job.h"
#include "gpu/kernels/rows.h"
#include "gpu/kernels/weights.h"
#include "gpu/tests/kernel_test_support.h"

namespace greta::gpu::testing {
namespace {

// Stored rows with random quants and sane scales.
std::vector<uint8_t> random_rows(DType type, uint32_t rows, uint32_t columns) {
  const uint64_t bytes = rows * row_bytes(type, columns);
  std::vector<uint8_t> data(bytes);
  for (uint8_t& b : data) b = static_cast<uint8_t>(random_bits() >> 20);
  const auto half_at = [&](uint64_t at, float value) {
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    const uint16_t half = static_cast<uint16_t>((bits >> 16 & 0x8000) | (((bits >> 23 & 255) - 112) << 10) | (bits >> 13 & 1023));
    std::memcpy(&data[at], &half, 2);
  };
  const uint32_t block = dtype_facts(type)->block_bytes;
  for (uint64_t at = 0; at < bytes; at += block) {
    const float d = 0.001f + 0.001f * std::fabs(random_float());
    switch (type) {
      case DType::f32: {
        const float v = random_float();
        std::memcpy(&data[at], &v, 4);
        break;
      }
      case DType::f16:
        half_at(at, 0.001f + std::fabs(random_float()));
        break;
      case DType::bf16: {
        const uint32_t v = std::bit_cast<uint32_t>(random_float()) >> 16;
        std::memcpy(&data[at], &v, 2);
        break;
      }
      case DType::q4_0:
      case DType::q5_0:
      case DType::q8_0:
        half_at(at, d);
        break;
      case DType::q4_1:
      case DType::q5_1:
        half_at(at, d), half_at(at + 2, -8 * d);
        break;
      case DType::q2_k:
        half_at(at + 80, d), half_at(at + 82, d);
        break;
      case DType::q3_k:
        half_at(at + 108, d);
        break;
      case DType::q4_k:
        half_at(at, d), half_at(at + 2, d * 7);
        break;
      case DType::q5_k:
        half_at(at, d), half_at(at + 2, d * 15);
        break;
      case DType::q6_k:
        half_at(at + 208, d);
        break;
    }
  }
  return data;
}

// f32 values of stored rows, by the kernel that dequantises exactly; that kernel is judged by exact_value below.
std::vector<float> exact_rows(DType type, const std::vector<uint8_t>& stored, uint32_t rows, uint32_t columns) {
  Buffer<uint8_t> source(stored);
  Buffer<float> values(uint64_t{rows} * columns);
  dequantize_rows(source.device(), type, rows, columns, nullptr, rows, values.device(), stream);
  return values.download();
}

// ggml-quants.c's formulas once more, written for one block at a time.
void dequantize_block(DType type, const uint8_t* b, float* y) {
  const auto half = [](const uint8_t* p) { return host_half(static_cast<uint16_t>(p[0] | p[1] << 8)); };
  const auto six = [](const uint8_t* s, int j, int* sc, int* mn) {
    if (j < 4)
      *sc = s[j] & 63, *mn = s[j + 4] & 63;
    else
      *sc = (s[j + 4] & 15) | ((s[j - 4] >> 6) << 4), *mn = (s[j + 4] >> 4) | ((s[j] >> 6) << 4);
  };
  switch (type) {
    case DType::f32:
      std::memcpy(y, b, 4);
      break;
    case DType::f16:
      *y = half(b);
      break;
    case DType::bf16: {
      const uint32_t v = static_cast<uint32_t>(b[0] | b[1] << 8) << 16;
      std::memcpy(y, &v, 4);
      break;
    }
    case DType::q4_0:
      for (int j = 0; j < 16; j++) y[j] = ((b[2 + j] & 15) - 8) * half(b), y[j + 16] = ((b[2 + j] >> 4) - 8) * half(b);
      break;
    case DType::q4_1:
      for (int j = 0; j < 16; j++) y[j] = (b[4 + j] & 15) * half(b) + half(b + 2), y[j + 16] = (b[4 + j] >> 4) * half(b) + half(b + 2);
      break;
    case DType::q5_0:
    case DType::q5_1: {
      const bool one = type == DType::q5_1;
      const uint8_t *h = b + (one ? 4 : 2), *q = h + 4;
      for (int j = 0; j < 32; j++) {
        const int v = (j < 16 ? q[j] & 15 : q[j - 16] >> 4) | (h[j / 8] >> (j % 8) & 1) << 4;
        y[j] = one ? v * half(b) + half(b + 2) : (v - 16) * half(b);
      }
      break;
    }
    case DType::q8_0:
      for (int j = 0; j < 32; j++) y[j] = static_cast<int8_t>(b[2 + j]) * half(b);
      break;
    case DType::q2_k:
      for (int j = 0; j < 256; j++)
        y[j] = half(b + 80) * (b[j / 16] & 15) * (b[16 + j / 128 * 32 + j % 32] >> (j % 128 / 32 * 2) & 3) - half(b + 82) * (b[j / 16] >> 4);
      break;
    case DType::q3_k: {
      const uint8_t* s = b + 96;
      for (int j = 0; j < 256; j++) {
        const int g = j / 16, low = g < 8 ? s[g] & 15 : s[g - 8] >> 4, scale = (low | (s[8 + g % 4] >> (g / 4 * 2) & 3) << 4) - 32;
        const int q = (b[32 + j / 128 * 32 + j % 32] >> (j % 128 / 32 * 2) & 3) - (b[j % 32] >> (j / 32) & 1 ? 0 : 4);
        y[j] = half(b + 108) * scale * q;
      }
      break;
    }
    case DType::q4_k:
    case DType::q5_k:
      for (int j = 0; j < 256; j++) {
        int sc, mn;
        six(b + 4, j / 32, &sc, &mn);
        const bool five = type == DType::q5_k;
        const int byte = b[(five ? 48 : 16) + j / 64 * 32 + j % 32];
        const int q = (j / 32 % 2 ? byte >> 4 : byte & 15) | (five ? (b[16 + j % 32] >> (j / 32) & 1) << 4 : 0);
        y[j] = half(b) * sc * q - half(b + 2) * mn;
      }
      break;
    case DType::q6_k:
      for (int j = 0; j < 256; j++) {
        const int n = j / 128, l = j % 32, part = j % 128 / 32;
        const int ql = b[n * 64 + (part & 1) * 32 + l], qh = b[128 + n * 32 + l] >> (2 * part) & 3;
        y[j] = half(b + 208) * static_cast<int8_t>(b[192 + j / 16]) * (((part < 2 ? ql & 15 : ql >> 4) | qh << 4) - 32);
      }
      break;
  }
}

void test_dequantize() {
  for (const DTypeFacts& facts : kDTypes) {
    const uint32_t columns = 512, rows = 3;
    const std::vector<uint8_t> stored = random_rows(facts.type, rows, columns);
    const std::vector<float> got = exact_rows(facts.type, stored, rows, columns);
    uint32_t different = 0;
    std::vector<float> want(facts.block_weights);
    for (size_t block = 0; block < stored.size() / facts.block_bytes; block++) {
      dequantize_block(facts.type, stored.data() + block * facts.block_bytes, want.data());
      for (uint32_t j = 0; j < facts.block_weights; j++) different += got[block * facts.block_weights + j] != want[j];
    }
    check(different == 0,
          std::string("dequantise ") + facts.name + ": " + std::to_string(different) + " of " + std::to_string(got.size()) + " values are not exact");
  }
}

struct TestMatrix {
  std::vector<double> values;  // rows x columns
  Buffer<uint8_t> records;
  PackedMatrix packed;
  TestMatrix(DType type, uint32_t rows, uint32_t columns)
      : records(0), packed{nullptr, packed_format(type), round_up(rows, 16) / 16, round_up(columns, 256) / 256} {
    const std::vector<uint8_t> stored = random_rows(type, rows, columns);
    const std::vector<float> exact = exact_rows(type, stored, rows, columns);
    values.assign(exact.begin(), exact.end());
    Buffer<uint8_t> source(stored);
    (void)hipMalloc(&packed.records, packed.bytes());
    (void)hipMemsetAsync(packed.records, 0, packed.bytes(), stream);
    repack_rows({source.device(), type, 0, rows, columns, {}, packed}, stream);
    (void)hipStreamSynchronize(stream);
  }
  ~TestMatrix() { (void)hipFree(packed.records); }
};

// One product by matvec and, for the same first token, by matmul over several tokens: right, and the same bits.
void test_product(DType type, uint32_t rows, uint32_t columns, uint32_t tokens) {
  TestMatrix matrix(type, rows, columns);
  const uint32_t width = matrix.packed.superblocks * 256;
  Buffer<float> input(uint64_t{tokens} * columns);
  for (float& x : input.host) x = random_float();
  input.upload();
  Buffer<uint16_t> operand(std::vector<uint16_t>(uint64_t{tokens} * width, 0));
  to_operand(input.device(), columns, tokens, operand.device(), width, stream);
  Buffer<float> one(rows), many(uint64_t{tokens} * rows);
  MatrixJob job{};
  job.stack[0] = matrix.packed;
  job.stack[1].superblocks = matrix.packed.superblocks;
  job.segments[0] = {0, rows, 0, nullptr};
  job.segment_count = 1, job.tokens = 1, job.input = operand.device(), job.output = one.device(), job.output_stride = rows;
  matvec(job, Epilogue::store, 5, stream);
  Buffer<uint8_t> unpacked(uint64_t{matrix.packed.tiles} * matrix.packed.superblocks * record_bytes(PackedFormat::f16));
  if (matrix.packed.format != PackedFormat::f16) {
    unpack_to_f16(matrix.packed, 0, matrix.packed.tiles, unpacked.device(), stream);
    job.stack[0].records = unpacked.device(), job.stack[0].format = PackedFormat::f16;
  }
  job.tokens = tokens, job.output = many.device();
  matmul(job, Epilogue::store, stream);
  std::vector<double> want(uint64_t{tokens} * rows);
  for (uint32_t t = 0; t < tokens; t++)
    for (uint32_t r = 0; r < rows; r++) {
      double sum = 0;
      for (uint32_t k = 0; k < columns; k++) sum += matrix.values[uint64_t{r} * columns + k] * input.host[uint64_t{t} * columns + k];
      want[uint64_t{t} * rows + r] = sum;
    }
  many.download(), one.download();
  const std::string name =
      std::string(dtype_facts(type)->name) + " " + std::to_string(rows) + "x" + std::to_string(columns) + ", " + std::to_string(tokens) + " tokens";
  check_error("product " + name, nmse(many.host, want), 1e-6);
  uint32_t different = 0;
  for (uint32_t r = 0; r < rows; r++) different += std::memcmp(&one.host[r], &many.host[r], 4) != 0;
  check(different == 0, "product " + name + ": one token and many give the same bits (" + std::to_string(different) + " differ)");
}

// Norm in the prologue of matvec against the norm kernel, residual and silu epilogues, two stacks.
void test_fused() {
  const uint32_t columns = 516, rows = 40, width = 768;
  TestMatrix matrix(DType::f16, rows, columns);
  Buffer<float> input(columns), weight(columns), normed(columns), residual(rows), bias(rows), plain(rows);
  for (float& x : input.host) x = random_float();
  for (float& x : weight.host) x = 1 + 0.1f * random_float();
  for (float& x : bias.host) x = random_float();
  for (float& x : residual.host) x = random_float();
  const std::vector<float> before = residual.host;
  input.upload(), weight.upload(), bias.upload(), residual.upload();
  Buffer<uint16_t> operand(std::vector<uint16_t>(width, 0));
  norm_rows(input.device(), weight.device(), columns, 1e-5f, 1, operand.device(), width, normed.device(), columns, stream);
  double squares = 0;
  for (const float x : input.host) squares += double(x) * x;
  std::vector<double> want(columns);
  for (uint32_t i = 0; i < columns; i++) want[i] = input.host[i] / std::sqrt(squares / columns + 1e-5) * weight.host[i];
  check_error("RMSNorm of 516", nmse(normed.download(), want), 1e-12);
  MatrixJob job{};
  job.stack[0] = matrix.packed;
  job.stack[1].superblocks = matrix.packed.superblocks;
  job.segments[0] = {0, rows, 0, bias.device()};
  job.segment_count = 1, job.tokens = 1, job.input = operand.device(), job.output = plain.device(), job.output_stride = rows;
  matvec(job, Epilogue::store, 2, stream);
  const std::vector<float> separate = plain.download();
  job.norm_input = input.device(), job.norm_weight = weight.device(), job.norm_columns = columns, job.norm_epsilon = 1e-5f;
  matvec(job, Epilogue::store, 2, stream);
  check(std::memcmp(separate.data(), plain.download().data(), rows * 4) == 0, "norm inside a product has the bits of the norm kernel");
  job.output = residual.device();
  matvec(job, Epilogue::residual, 2, stream);
  residual.download();
  bool same = true;
  for (uint32_t r = 0; r < rows; r++) same = same && std::fabs(residual.host[r] - (before[r] + plain.host[r] - bias.host[r])) < 1e-5f;
  check(same, "residual epilogue adds the product");
}

}  // namespace

void test_weights(bool small) {
  test_dequantize();
  for (const DTypeFacts& facts : kDTypes) test_product(facts.type, small ? 16 : 37, 512, small ? 2 : 5);
  if (!small) {
    test_product(DType::q8_0, 17, 96, 3);
    test_product(DType::f32, 48, 172, 65);
    test_product(DType::q4_k, 130, 2816, 130);
    test_product(DType::f16, 16, 4352, 1);
  }
  test_fused();
}

}  // namespace greta::gpu::testing
