// How the cpu backend cuts a matrix product into pieces: shared by products of f32 weights and of integers.
#pragma once

#include <cstdint>

#include "backend/cpu/kernel_table.h"
#include "backend/host_kernels.h"

namespace greta::cpu {

inline constexpr uint32_t kUnitRows = 32;        // rows of one piece of a product of several tokens
inline constexpr uint32_t kBlockTokens = 128;    // most tokens whose accumulators a piece holds
inline constexpr uint32_t kVectorUnitRows = 32;  // rows of one piece of a one-token product

inline uint64_t panels_of(uint32_t cols) { return (static_cast<uint64_t>(cols) + kPanelColumns - 1) / kPanelColumns; }

// The size of blocks of at most `most` tokens over which `token_count` > 0 tokens are spread evenly.
inline uint32_t even_blocks(uint32_t token_count, uint32_t most) {
  const uint32_t blocks = (token_count + most - 1) / most;
  return (token_count + blocks - 1) / blocks;
}
inline uint32_t block_tokens_of(uint32_t token_count) { return even_blocks(token_count, kBlockTokens); }

inline uint32_t total_units(const MatmulTask* tasks, uint32_t count, uint32_t unit_rows) {
  uint32_t units = 0;
  for (uint32_t i = 0; i < count; ++i) units += (tasks[i].weight->rows + unit_rows - 1) / unit_rows;
  return units;
}

// The task and first row of unit `unit` of all tasks laid end to end.
struct UnitPlace {
  const MatmulTask* task;
  uint32_t first_row;
};
inline UnitPlace find_unit(const MatmulTask* tasks, uint64_t unit, uint32_t unit_rows) {
  while (true) {
    const uint32_t units = (tasks->weight->rows + unit_rows - 1) / unit_rows;
    if (unit < units) return {tasks, static_cast<uint32_t>(unit) * unit_rows};
    unit -= units;
    ++tasks;
  }
}

}  // namespace greta::cpu
