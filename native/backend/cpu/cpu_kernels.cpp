#include "backend/cpu/cpu_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "ops/dequantize.h"
#include "ops/matmul.h"
#include "ops/row_summary.h"

namespace greta::cpu {
namespace {

// Below this many floats an operation is not worth waking other threads for.
constexpr uint64_t kSerialFloats = 16384;

}  // namespace

CpuKernels::CpuKernels() : set_status_(choose_instruction_set(std::getenv("GRETA_CPU_ISA"), &set_)) {
  description_ = set_status_.ok() ? set_.description : set_status_.message();
}

uint64_t CpuKernels::scratch_bytes(const ModelDescription& model, const LoadOptions& options) const {
  const ScratchSizes sizes = scratch_sizes(model, options);
  const uint64_t per_thread = sizes.panel_floats + sizes.accumulator_floats + sizes.attention_floats;
  const uint64_t rope = static_cast<uint64_t>(options.batch_capacity) * model.rope_dims;
  const uint64_t tiles = sizes.packed_tile_elements * 2 + (sizes.tile_panel_elements * 2 + sizes.tile_sum_floats * 4) * options.thread_count;
  return (sizes.packed_floats + per_thread * options.thread_count + rope) * sizeof(float) + sizes.input_facts * sizeof(InputFacts) + tiles;
}

Status CpuKernels::prepare(const ModelDescription& model, const LoadOptions& options) {
  GRETA_RETURN_IF_ERROR(set_status_);
  model_ = &model;
  if (model.head_count / model.kv_head_count > 512)
    return {StatusCode::unsupported, "The cpu backend handles at most 512 query heads to a key/value head."};
  sizes_ = scratch_sizes(model, options);
  const uint64_t threads = options.thread_count, angles = static_cast<uint64_t>(options.batch_capacity) * (model.rope_dims / 2);
  if (!packed_.allocate(sizes_.packed_floats) || !panels_.allocate(sizes_.panel_floats * threads) ||
      !accumulators_.allocate(sizes_.accumulator_floats * threads) || !attention_.allocate(sizes_.attention_floats * threads) ||
      !input_facts_.allocate(sizes_.input_facts) || !packed_tiles_.allocate(sizes_.packed_tile_elements) ||
      !tile_panels_.allocate(sizes_.tile_panel_elements * threads) || !tile_sums_.allocate(sizes_.tile_sum_floats * threads) ||
      !cosines_.allocate(angles) || !sines_.allocate(angles))
    return {StatusCode::out_of_memory, "The system refused the scratch memory of the cpu backend."};
  if (uses_tiles(options.precision)) tile_parts_ = options.precision == Precision::bf16 ? 1 : 2;
  planes_ = options.precision == Precision::bf16 ? 1 : kMaximumPlanes;
  pool_ = std::make_unique<ThreadPool>(options.thread_count);
  description_ = std::string(set_.description) + ", " + std::to_string(options.thread_count) + (options.thread_count == 1 ? " thread" : " threads");
  return {};
}

void CpuKernels::embed(const int32_t* tokens, uint32_t token_count, float* rows) {
  const WeightView& table = model_->token_embedding;
  const TypeKernels& kernels = set_.kernels->types[type_index(table.type)];
  pool_->for_ranges(token_count, 16, [&](uint64_t begin, uint64_t end, uint32_t) {
    for (uint64_t t = begin; t < end; ++t) {
      const uint8_t* row = ops::weight_row(table, static_cast<uint32_t>(tokens[t]), model_->head_dim);
      // decode() writes whole groups of 32: the last, incomplete one goes through the specification.
      const uint32_t whole = table.cols / kColumnGroup * kColumnGroup, rest = table.cols - whole;
      kernels.decode(row, 0, whole, rows + t * table.cols);
      if (rest != 0) ops::dequantize(table.type, row + row_bytes(table.type, whole), rest, rows + t * table.cols + whole);
    }
  });
}

void CpuKernels::rms_norm(const float* x, const float* w, uint32_t rows, uint32_t cols, float* y) {
  pool_->for_ranges(rows, std::max<uint64_t>(1, kSerialFloats / cols), [&](uint64_t begin, uint64_t end, uint32_t) {
    for (uint64_t r = begin; r < end; ++r) set_.kernels->rms_norm(x + r * cols, w, cols, model_->rms_norm_epsilon, y + r * cols);
  });
}

void CpuKernels::rope(float* rows, uint32_t token_count, uint32_t heads, const double* inverse_frequencies, uint32_t position) {
  const uint32_t pairs = model_->rope_dims / 2;
  const bool known = rope_frequencies_ == model_->rope_inverse_frequencies && inverse_frequencies == rope_frequencies_ &&
                     rope_position_ == position && rope_count_ == token_count;
  if (!known) {
    const double magnitude = static_cast<double>(model_->rope_magnitude);
    pool_->for_ranges(token_count, 32, [&](uint64_t begin, uint64_t end, uint32_t) {
      for (uint64_t t = begin; t < end; ++t) {
        for (uint32_t p = 0; p < pairs; ++p) {
          const double angle = static_cast<double>(position + t) * inverse_frequencies[p];
          cosines_[t * pairs + p] = static_cast<float>(magnitude * std::cos(angle));
          sines_[t * pairs + p] = static_cast<float>(magnitude * std::sin(angle));
        }
      }
    });
    rope_frequencies_ = inverse_frequencies;
    rope_position_ = position;
    rope_count_ = token_count;
  }
  const uint64_t width = static_cast<uint64_t>(heads) * model_->head_dim;
  pool_->for_ranges(token_count, std::max<uint64_t>(1, kSerialFloats / width), [&](uint64_t begin, uint64_t end, uint32_t) {
    for (uint64_t t = begin; t < end; ++t) {
      set_.kernels->rope(rows + t * width, heads, model_->head_dim, model_->rope_pairing == RopePairing::interleaved, pairs,
                         cosines_.data() + t * pairs, sines_.data() + t * pairs);
    }
  });
}

void CpuKernels::swiglu(const float* gate, const float* up, uint64_t count, float* y) {
  pool_->for_ranges(count, kSerialFloats,
                    [&](uint64_t begin, uint64_t end, uint32_t) { set_.kernels->swiglu(gate + begin, up + begin, end - begin, y + begin); });
}

void CpuKernels::add(const float* a, const float* b, uint64_t count, float* y) {
  pool_->for_ranges(count, kSerialFloats * 4,
                    [&](uint64_t begin, uint64_t end, uint32_t) { set_.kernels->add(a + begin, b + begin, end - begin, y + begin); });
}

void CpuKernels::summarize(const float* rows, uint32_t width, uint32_t row_count, TraceStats* stats, uint64_t* hashes, uint64_t stride) {
  pool_->for_ranges(row_count, std::max<uint64_t>(1, kSerialFloats / width), [&](uint64_t begin, uint64_t end, uint32_t) {
    for (uint64_t r = begin; r < end; ++r) {
      if (stats != nullptr) stats[r * stride] = set_.kernels->statistics(rows + r * width, width);
      if (hashes != nullptr) hashes[r * stride] = ops::row_hash(rows + r * width, width);
    }
  });
}

uint32_t CpuKernels::argmax(const float* values, uint32_t count) { return ops::argmax(values, count); }

}  // namespace greta::cpu
