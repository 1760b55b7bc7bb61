// Matrix products of the cpu backend: packing, blocking for the caches, and the cut into pieces for threads.
//
// One token streams the weights once and decodes them in registers. More tokens are packed into (kPanelColumns) panels; a unit
// of kUnitRows rows is decoded panel by panel and multiplied with up to kBlockTokens packed tokens, whose lane accumulators wait
// in L2 between panels. Per unit: panel 32 KiB, packed inputs 128 KiB, accumulators 128 KiB (8 lanes).
#include <algorithm>
#include <cstring>

#include "backend/cpu/cpu_kernels.h"
#include "backend/cpu/matmul_blocking.h"
#include "ops/matmul.h"

namespace greta::cpu {

CpuKernels::ScratchSizes CpuKernels::scratch_sizes(const ModelDescription& model, const LoadOptions& options) const {
  const uint32_t widest = std::max({model.embedding_length, model.feed_forward_length, model.head_count * model.head_dim});
  const uint32_t lanes = key_block();
  const uint32_t value_stride = (model.head_dim + lanes - 1) / lanes * lanes;
  const uint32_t queries = attention_queries(model);
  ScratchSizes sizes;
  const uint64_t inputs = panels_of(widest) * options.batch_capacity;  // blocks of columns of all tokens
  const uint32_t planes = options.precision == Precision::bf16 ? 1 : kMaximumPlanes;
  const uint64_t integer_bytes = set_.integers == nullptr ? 0 : inputs * planes * kPlaneBytes + kOverreadBytes;
  sizes.packed_floats = std::max(inputs * kPanelColumns, integer_bytes / sizeof(float));
  sizes.input_facts = set_.integers == nullptr ? 0 : inputs;
  static_assert(kUnitRows * kPanelColumns * sizeof(float) >= kPanelBytes, "f32 panels hold those of integers");
  sizes.panel_floats = kUnitRows * kPanelColumns;
  sizes.accumulator_floats = static_cast<uint64_t>(kUnitRows) * std::min(kBlockTokens, options.batch_capacity) * lanes;
  if (set_.integers != nullptr) {
    const uint64_t totals =
        static_cast<uint64_t>(set_.integers->unit_panels) * std::min(set_.integers->block_inputs / planes, options.batch_capacity);
    sizes.accumulator_floats = std::max<uint64_t>(sizes.accumulator_floats, totals * kUnitRows);
  }
  sizes.attention_floats = static_cast<uint64_t>(kAttentionChunk) * (model.head_dim + value_stride) + 4 * kAttentionChunk +
                           static_cast<uint64_t>(queries) * (value_stride + 2);
  sizes.packed_tile_elements = sizes.tile_panel_elements = sizes.tile_sum_floats = 0;
  if (uses_tiles(options.precision)) add_tile_sizes(widest, options, &sizes);
  return sizes;
}

void CpuKernels::matmul(const MatmulTask* tasks, uint32_t count, const float* x, uint32_t token_count) {
  if (token_count == 0) return;
  // Runs of products of one kind share their packed inputs.
  while (count != 0) {
    const bool integers = uses_integers(tasks[0]);
    uint32_t run = 1;
    while (run < count && uses_integers(tasks[run]) == integers) ++run;
    if (integers) {
      multiply_integers(tasks, run, x, token_count);
    } else if (tile_parts_ != 0) {
      multiply_with_tiles(tasks, run, x, token_count);
    } else {
      multiply_floats(tasks, run, x, token_count);
    }
    tasks += run;
    count -= run;
  }
}

void CpuKernels::multiply_floats(const MatmulTask* tasks, uint32_t count, const float* x, uint32_t token_count) {
  if (token_count == 1) return multiply_vector(tasks, count, x);
  multiply_panels(tasks, count, x, token_count);
}

void CpuKernels::multiply_vector(const MatmulTask* tasks, uint32_t count, const float* x) {
  const uint32_t cols = tasks[0].weight->cols;
  if (cols % kColumnGroup != 0) {
    std::memcpy(packed_.data(), x, cols * sizeof(float));
    std::fill(packed_.data() + cols, packed_.data() + pad_columns(cols), 0.0f);
    x = packed_.data();
  }
  const uint32_t units = total_units(tasks, count, kVectorUnitRows);
  const uint64_t grain = std::max<uint64_t>(1, units / (pool_->thread_count() * 8));
  pool_->for_ranges(units, grain, [&](uint64_t begin, uint64_t end, uint32_t) {
    for (uint64_t unit = begin; unit < end; ++unit) {
      const UnitPlace place = find_unit(tasks, unit, kVectorUnitRows);
      const WeightView& weight = *place.task->weight;
      const TypeKernels& kernels = set_.kernels->types[type_index(weight.type)];
      const uint32_t last_row = std::min(weight.rows, place.first_row + kVectorUnitRows);
      for (uint32_t row = place.first_row; row < last_row; row += kTileRows) {
        const uint32_t rows = std::min(kTileRows, last_row - row);
        const uint8_t* pointers[kTileRows];
        for (uint32_t r = 0; r < kTileRows; ++r) pointers[r] = ops::weight_row(weight, row + std::min(r, rows - 1), model_->head_dim);
        kernels.vector_product({pointers, rows, static_cast<int64_t>(kTileRows * row_bytes(weight.type, cols)), cols, x, place.task->output + row});
      }
    }
  });
}

// Returns the packed copy of x: for every block of tokens and every panel of columns, (tokens, kPanelColumns).
const float* CpuKernels::pack_inputs(const float* x, uint32_t cols, uint32_t token_count) {
  const uint32_t block_tokens = block_tokens_of(token_count);
  const uint64_t panels = panels_of(cols);
  pool_->for_ranges(token_count, 16, [&](uint64_t begin, uint64_t end, uint32_t) {
    for (uint64_t t = begin; t < end; ++t) {
      const uint64_t block_start = t / block_tokens * block_tokens;
      const uint64_t tokens = std::min<uint64_t>(block_tokens, token_count - block_start);
      float* block = packed_.data() + block_start * panels * kPanelColumns;
      for (uint64_t panel = 0; panel < panels; ++panel) {
        const uint64_t first = panel * kPanelColumns, width = std::min<uint64_t>(kPanelColumns, cols - first);
        float* target = block + (panel * tokens + (t - block_start)) * kPanelColumns;
        std::memcpy(target, x + t * cols + first, width * sizeof(float));
        std::fill(target + width, target + kPanelColumns, 0.0f);
      }
    }
  });
  return packed_.data();
}

void CpuKernels::multiply_panels(const MatmulTask* tasks, uint32_t count, const float* x, uint32_t token_count) {
  pack_inputs(x, tasks[0].weight->cols, token_count);
  const uint32_t units = total_units(tasks, count, kUnitRows);
  pool_->for_ranges(units, 1, [&](uint64_t begin, uint64_t end, uint32_t thread_index) {
    for (uint64_t unit = begin; unit < end; ++unit) {
      const UnitPlace place = find_unit(tasks, unit, kUnitRows);
      multiply_unit(*place.task, place.first_row, token_count, thread_index);
    }
  });
}

void CpuKernels::multiply_unit(const MatmulTask& task, uint32_t first_row, uint32_t token_count, uint32_t thread_index) {
  const WeightView& weight = *task.weight;
  const uint32_t rows = std::min(kUnitRows, weight.rows - first_row), row_tiles = (rows + kTileRows - 1) / kTileRows;
  const uint32_t block_tokens = block_tokens_of(token_count);
  const uint64_t panel_count = panels_of(weight.cols);
  const TypeKernels& kernels = set_.kernels->types[type_index(weight.type)];
  float* panel = panels_.data() + thread_index * sizes_.panel_floats;
  float* accumulators = accumulators_.data() + thread_index * sizes_.accumulator_floats;
  for (uint32_t block = 0; block < token_count; block += block_tokens) {
    const uint32_t tokens = std::min(block_tokens, token_count - block);
    const float* packed = packed_.data() + block * panel_count * kPanelColumns;
    for (uint64_t p = 0; p < panel_count; ++p) {
      const auto first = static_cast<uint32_t>(p * kPanelColumns);
      const uint32_t width = std::min(kPanelColumns, weight.cols - first);
      for (uint32_t r = 0; r < rows; ++r)
        kernels.decode(ops::weight_row(weight, first_row + r, model_->head_dim), first, width, panel + r * kPanelColumns);
      set_.kernels->panel_product({panel, row_tiles, pad_columns(width), packed + p * tokens * kPanelColumns, tokens, accumulators, p == 0});
    }
    set_.kernels->reduce_lanes({accumulators, rows, tokens, task.output + block * task.output_stride + first_row, task.output_stride});
  }
}

}  // namespace greta::cpu
