// Matrix products on matrix tiles (tile_table.h). A unit of rows walks the columns in chunks: inputs of one chunk and the unit's
// sums stay in L2, the decoded panel of 32 rows in L1. One token goes the same way, with one token tile.
#include <algorithm>

#include "backend/cpu/cpu_kernels.h"
#include "ops/matmul.h"

namespace greta::cpu {
namespace {

constexpr uint32_t kTileUnitRows = 256;     // most rows of a unit
constexpr uint32_t kTileBlockTokens = 512;  // most tokens whose sums a unit holds
constexpr uint32_t kChunkSteps = kTileChunkColumns / kTileDepth;

uint32_t chunks_of(uint32_t cols) { return (cols + kTileChunkColumns - 1) / kTileChunkColumns; }
uint32_t tiles_of(uint32_t tokens) { return (tokens + kTileSide - 1) / kTileSide; }

}  // namespace

void CpuKernels::add_tile_sizes(uint32_t widest_columns, const LoadOptions& options, ScratchSizes* sizes) {
  const uint64_t parts = options.precision == Precision::bf16 ? 1 : 2;
  const uint64_t tokens = static_cast<uint64_t>(tiles_of(options.batch_capacity)) * kTileSide;
  sizes->packed_tile_elements = tokens * chunks_of(widest_columns) * kTileChunkColumns * parts;
  sizes->tile_panel_elements = static_cast<uint64_t>(kTileGroupRows) * chunks_of(widest_columns) * kTileChunkColumns * parts;
  sizes->tile_sum_floats = kTileUnitRows * std::min<uint64_t>(kTileBlockTokens, tokens);
}

// Layout: for every block of kTileBlockTokens tokens and every chunk, (token tiles, kChunkSteps, parts) tiles.
void CpuKernels::pack_tiles(const float* x, uint32_t cols, uint32_t token_count) {
  const uint64_t tile_stride = static_cast<uint64_t>(kChunkSteps) * tile_parts_ * kTileElements;
  const uint32_t chunks = chunks_of(cols), padded = tiles_of(token_count) * kTileSide;
  pool_->for_ranges(tiles_of(token_count), 1, [&](uint64_t begin, uint64_t end, uint32_t) {
    for (uint64_t tile = begin; tile < end; ++tile) {
      const uint64_t block_first = tile * kTileSide / kTileBlockTokens * kTileBlockTokens;
      const uint64_t block_tiles = tiles_of(static_cast<uint32_t>(std::min<uint64_t>(kTileBlockTokens, padded - block_first)));
      uint16_t* block = packed_tiles_.data() + block_first * chunks * kTileChunkColumns * tile_parts_;
      for (uint32_t chunk = 0; chunk < chunks; ++chunk) {
        uint16_t* target = block + (chunk * block_tiles + (tile - block_first / kTileSide)) * tile_stride;
        const uint32_t width = std::min(kTileChunkColumns, cols - chunk * kTileChunkColumns);
        for (uint32_t token = 0; token < kTileSide; ++token) {
          const uint64_t t = tile * kTileSide + token;
          // Unused columns of the last tile may hold anything: no other column sees them.
          if (t < token_count) set_.tiles->pack(x + t * cols + static_cast<uint64_t>(chunk) * kTileChunkColumns, width, token, tile_parts_, target);
        }
      }
    }
  });
}

void CpuKernels::multiply_with_tiles(const MatmulTask* tasks, uint32_t count, const float* x, uint32_t token_count) {
  pack_tiles(x, tasks[0].weight->cols, token_count);
  uint64_t groups = 0;
  for (uint32_t i = 0; i < count; ++i) groups += (tasks[i].weight->rows + kTileGroupRows - 1) / kTileGroupRows;
  const uint64_t grain = std::clamp<uint64_t>(groups / (pool_->thread_count() * 4), 1, kTileUnitRows / kTileGroupRows);
  pool_->for_ranges(groups, grain, [&](uint64_t begin, uint64_t end, uint32_t thread_index) {
    set_.tiles->begin();
    const MatmulTask* task = tasks;
    uint64_t task_first = 0;
    while (begin < end) {
      const uint64_t task_groups = (task->weight->rows + kTileGroupRows - 1) / kTileGroupRows;
      if (begin >= task_first + task_groups) {
        task_first += task_groups;
        ++task;
        continue;
      }
      const uint64_t unit_end = std::min({end, task_first + task_groups, begin + kTileUnitRows / kTileGroupRows});
      const auto first_row = static_cast<uint32_t>((begin - task_first) * kTileGroupRows);
      const auto last_row = static_cast<uint32_t>(std::min<uint64_t>(task->weight->rows, (unit_end - task_first) * kTileGroupRows));
      multiply_tile_unit(*task, first_row, last_row, token_count, thread_index);
      begin = unit_end;
    }
    set_.tiles->end();
  });
}

void CpuKernels::multiply_tile_unit(const MatmulTask& task, uint32_t first_row, uint32_t last_row, uint32_t token_count, uint32_t thread_index) {
  const WeightView& weight = *task.weight;
  const auto decode = set_.tiles->decode[type_index(weight.type)];
  const uint32_t chunks = chunks_of(weight.cols), padded = tiles_of(token_count) * kTileSide;
  const uint64_t tile_stride = static_cast<uint64_t>(kChunkSteps) * tile_parts_ * kTileElements;
  uint16_t* panel = tile_panels_.data() + thread_index * sizes_.tile_panel_elements;
  float* sums = tile_sums_.data() + thread_index * sizes_.tile_sum_floats;
  for (uint32_t block = 0; block < token_count; block += kTileBlockTokens) {
    const uint32_t tokens = std::min(kTileBlockTokens, token_count - block), token_tiles = tiles_of(std::min(kTileBlockTokens, padded - block));
    const uint64_t group_sums = static_cast<uint64_t>(token_tiles) * 2 * kTileSide * kTileSide;
    const uint16_t* inputs = packed_tiles_.data() + static_cast<uint64_t>(block) * chunks * kTileChunkColumns * tile_parts_;
    // One token tile: whole rows at a time, so that memory is read in order. Its chunks lie end to end, so nothing else changes.
    const uint32_t chunk_columns = token_tiles == 1 ? weight.cols : kTileChunkColumns;
    for (uint32_t first = 0; first < weight.cols; first += chunk_columns) {
      const uint32_t width = std::min(chunk_columns, weight.cols - first), chunk = first / kTileChunkColumns;
      for (uint32_t row = first_row; row < last_row; row += kTileGroupRows) {
        // Rows beyond the last keep what the panel held: their sums are never stored.
        for (uint32_t r = 0; r < std::min(kTileGroupRows, last_row - row); ++r) {
          decode(ops::weight_row(weight, row + r, model_->head_dim), first, width, tile_parts_,
                 panel + r / kTileSide * kTileElements + r % kTileSide * kTileDepth);
        }
        set_.tiles->multiply({panel, inputs + chunk * token_tiles * tile_stride, tile_stride, pad_columns(width) / kTileDepth, tile_parts_,
                              token_tiles, sums + (row - first_row) / kTileGroupRows * group_sums, first == 0});
      }
    }
    for (uint32_t row = first_row; row < last_row; row += kTileSide) {
      const uint32_t rows = std::min(kTileSide, last_row - row), index = row - first_row;
      for (uint32_t tile = 0; tile < token_tiles; ++tile) {
        const uint32_t first_token = tile * kTileSide;
        if (first_token >= tokens) break;
        const float* source = sums + index / kTileGroupRows * group_sums + (tile * 2 + index % kTileGroupRows / kTileSide) * kTileSide * kTileSide;
        set_.tiles->store(source, rows, std::min(kTileSide, tokens - first_token),
                          task.output + (static_cast<uint64_t>(block) + first_token) * task.output_stride + row, task.output_stride);
      }
    }
  }
}

}  // namespace greta::cpu
