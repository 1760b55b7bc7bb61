// Matrix products of quantised weights in exact integers (integer_table.h): packing of the inputs and the cut into pieces. A unit of
// up to unit_panels panels of kUnitRows rows is unpacked one panel and column block at a time and multiplied with up to block_inputs
// planes of that block, while its totals wait in L2.
#include <algorithm>

#include "backend/cpu/cpu_kernels.h"
#include "backend/cpu/matmul_blocking.h"
#include "ops/matmul.h"

namespace greta::cpu {
namespace {

static_assert(kIntegerColumns == kPanelColumns);

// So few tokens are multiplied one by one: unpacking weights in registers for each costs less than one panel.
constexpr uint32_t kVectorTokens = 4;

}  // namespace

bool CpuKernels::uses_integers(const MatmulTask& task) const {
  return set_.integers != nullptr && set_.integers->types[type_index(task.weight->type)].unpack != nullptr;
}

// Tokens are spread evenly over blocks of at most block_inputs planes.
uint32_t CpuKernels::integer_block_tokens(uint32_t token_count) const {
  return token_count <= kVectorTokens ? 1 : even_blocks(token_count, set_.integers->block_inputs / planes_);
}

void CpuKernels::multiply_integers(const MatmulTask* tasks, uint32_t count, const float* x, uint32_t token_count) {
  const uint32_t cols = tasks[0].weight->cols;
  pack_integers(x, cols, token_count);
  if (token_count <= kVectorTokens) {
    multiply_integer_vectors(tasks, count, token_count);
  } else {
    // Panels of a unit share the way of a block's inputs into L2; but every thread wants several units.
    const uint32_t panels = total_units(tasks, count, kUnitRows) / (pool_->thread_count() * 4);
    const uint32_t unit_rows = kUnitRows * std::clamp(panels, 1u, set_.integers->unit_panels);
    pool_->for_ranges(total_units(tasks, count, unit_rows), 1, [&](uint64_t begin, uint64_t end, uint32_t thread_index) {
      for (uint64_t unit = begin; unit < end; ++unit) {
        const UnitPlace place = find_unit(tasks, unit, unit_rows);
        multiply_integer_unit(*place.task, place.first_row, unit_rows, token_count, thread_index);
      }
    });
  }
  // NaN and infinities have no integers: such a token's products are those of f32 weights, in prefill and decode alike.
  for (uint32_t t = 0; t < token_count; ++t) {
    if (integers_are_finite(cols, token_count, t)) continue;
    for (uint32_t i = 0; i < count; ++i) {
      const MatmulTask task{tasks[i].weight, tasks[i].output + t * tasks[i].output_stride, tasks[i].output_stride};
      multiply_vector(&task, 1, x + static_cast<uint64_t>(t) * cols);
    }
  }
}

void CpuKernels::pack_integers(const float* x, uint32_t cols, uint32_t token_count) {
  const uint32_t block_tokens = integer_block_tokens(token_count);
  const uint64_t blocks = panels_of(cols);
  const auto pack = token_count <= kVectorTokens ? set_.integers->pack_vector : set_.integers->pack_panel;
  pool_->for_ranges(token_count, 4, [&](uint64_t begin, uint64_t end, uint32_t) {
    for (uint64_t t = begin; t < end; ++t) {
      const uint64_t start = t / block_tokens * block_tokens, tokens = std::min<uint64_t>(block_tokens, token_count - start);
      for (uint64_t b = 0; b < blocks; ++b) {
        const uint64_t place = start * blocks + b * tokens + (t - start);
        const auto first = static_cast<uint32_t>(b * kIntegerColumns);
        pack({x + t * cols + first, std::min(kIntegerColumns, cols - first), planes_, integer_inputs(place), &input_facts_[place]});
      }
    }
  });
}

bool CpuKernels::integers_are_finite(uint32_t cols, uint32_t token_count, uint32_t token) const {
  const uint32_t block_tokens = integer_block_tokens(token_count), start = token / block_tokens * block_tokens;
  const uint64_t tokens = std::min(block_tokens, token_count - start), blocks = panels_of(cols);
  for (uint64_t b = 0; b < blocks; ++b)
    if (input_facts_[start * blocks + b * tokens + (token - start)].finite == 0) return false;
  return true;
}

void CpuKernels::multiply_integer_vectors(const MatmulTask* tasks, uint32_t count, uint32_t token_count) {
  const uint32_t cols = tasks[0].weight->cols;
  const uint64_t blocks = panels_of(cols);
  const uint32_t units = total_units(tasks, count, kVectorUnitRows);
  const uint64_t grain = std::max<uint64_t>(1, units / (pool_->thread_count() * 8));
  pool_->for_ranges(units, grain, [&](uint64_t begin, uint64_t end, uint32_t) {
    for (uint64_t unit = begin; unit < end; ++unit) {
      const UnitPlace place = find_unit(tasks, unit, kVectorUnitRows);
      const WeightView& weight = *place.task->weight;
      const auto vector_product = set_.integers->types[type_index(weight.type)].vector_product[planes_ - 1];
      const uint32_t last_row = std::min(weight.rows, place.first_row + kVectorUnitRows);
      for (uint32_t row = place.first_row; row < last_row; row += kTileRows) {
        const uint32_t rows = std::min(kTileRows, last_row - row);
        const uint8_t* pointers[kTileRows];
        for (uint32_t r = 0; r < kTileRows; ++r) pointers[r] = ops::weight_row(weight, row + std::min(r, rows - 1), model_->head_dim);
        for (uint32_t t = 0; t < token_count; ++t) {
          vector_product({pointers, rows, static_cast<int64_t>(kTileRows * row_bytes(weight.type, cols)), cols,
                          reinterpret_cast<const int16_t*>(integer_inputs(t * blocks)), &input_facts_[t * blocks],
                          place.task->output + t * place.task->output_stride + row});
        }
      }
    }
  });
}

void CpuKernels::multiply_integer_unit(const MatmulTask& task, uint32_t first_row, uint32_t unit_rows, uint32_t token_count, uint32_t thread_index) {
  const WeightView& weight = *task.weight;
  const uint32_t last_row = std::min(weight.rows, first_row + unit_rows), block_tokens = integer_block_tokens(token_count);
  const uint64_t blocks = panels_of(weight.cols);
  const IntegerTypeKernels& kernels = set_.integers->types[type_index(weight.type)];
  auto* panel = reinterpret_cast<uint8_t*>(panels_.data() + thread_index * sizes_.panel_floats);
  float* unit_totals = accumulators_.data() + thread_index * sizes_.accumulator_floats;  // (panels, tokens, kUnitRows)
  PanelFacts facts{};
  if (set_.integers->begin_panels != nullptr) set_.integers->begin_panels();
  for (uint32_t first_token = 0; first_token < token_count; first_token += block_tokens) {
    const uint32_t tokens = std::min(block_tokens, token_count - first_token);
    const uint64_t panel_totals = static_cast<uint64_t>(tokens) * kUnitRows;
    std::fill_n(unit_totals, (last_row - first_row + kUnitRows - 1) / kUnitRows * panel_totals, 0.0f);
    for (uint64_t b = 0; b < blocks; ++b) {
      const auto first = static_cast<uint32_t>(b * kIntegerColumns), columns = std::min(kIntegerColumns, weight.cols - first);
      const uint64_t place = first_token * blocks + b * tokens;
      float* totals = unit_totals;
      for (uint32_t row = first_row; row < last_row; row += kUnitRows, totals += panel_totals) {
        const uint32_t rows = std::min(kUnitRows, last_row - row);
        const uint8_t* pointers[kUnitRows];
        for (uint32_t r = 0; r < rows; ++r) pointers[r] = ops::weight_row(weight, row + r, model_->head_dim);
        kernels.unpack({pointers, rows, first, columns, panel, &facts});
        kernels.panel_product[planes_ - 1]({panel, &facts, rows, columns, integer_inputs(place), &input_facts_[place], tokens, totals});
      }
    }
    const float* totals = unit_totals;
    for (uint32_t row = first_row; row < last_row; row += kUnitRows, totals += panel_totals) {
      for (uint32_t t = 0; t < tokens; ++t)
        std::copy_n(totals + static_cast<uint64_t>(t) * kUnitRows, std::min(kUnitRows, last_row - row),
                    task.output + static_cast<uint64_t>(first_token + t) * task.output_stride + row);
    }
  }
  if (set_.integers->end_panels != nullptr) set_.integers->end_panels();
}

}  // namespace greta::cpu
