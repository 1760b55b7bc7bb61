// Matrix times many activation rows: 128 packed rows x kTokens tokens a block, operands through LDS in the order the matrix
// instruction wants them (no swizzle needed: eight lanes read 128 consecutive bytes). Each run of inputs is accumulated from
// zero and added to the total, as matvec does across its waves.
#include "gpu/kernels/epilogue.h"
#include "gpu/kernels/packed_record.h"

namespace greta::gpu {
namespace {

#if GX_ISA_AMD
constexpr int kStepInputs = 32, kStages = 2;
#else
constexpr int kStepInputs = 64, kStages = 4;
#endif
constexpr int kChunks = kStepInputs / 32;  // 32 inputs: four quarters of 8
constexpr int kBlockRows = 128, kWaveRows = 64, kWaveRowTiles = kWaveRows / 16;
constexpr int kRowWaves = kBlockRows / kWaveRows, kTokenWaves = kWaves / kRowWaves;

template <int Tokens>
struct Tile {
  static constexpr int kWaveTokens = Tokens / kTokenWaves, kTokenTiles = kWaveTokens / gx::Mma::kColumns;
  static constexpr uint32_t kBytesA = kBlockRows * kStepInputs * 2, kBytesB = Tokens * kStepInputs * 2;
  static constexpr uint32_t kStageBytes = kBytesA + kBytesB;
  static_assert(kTokenTiles >= 1);
};

// What a thread copies each step: its 16-byte pieces of both operands, as a source that moves linearly with the step.
template <int Tokens>
struct Fetch {
  static constexpr int kPiecesA = kChunks * kBlockRows * 4 / kBlockThreads;
  static constexpr int kPiecesB = (kChunks * Tokens * 4 + kBlockThreads - 1) / kBlockThreads;
  static constexpr bool kAllHaveB = kPiecesB * kBlockThreads == kChunks * Tokens * 4;  // else the last threads have none
  static_assert(kPiecesA * kBlockThreads == kChunks * kBlockRows * 4);
  const uint8_t* source_a[kPiecesA];
  const uint8_t* source_b[kPiecesB];
  uint32_t target_a[kPiecesA], target_b[kPiecesB];
  uint32_t valid;  // bit i: piece i of A, bit 16 + i: of B

  GX_DEVICE void begin(Fetch& f, const MatrixJob& job, const PackedMatrix& matrix, uint32_t first_tile, uint32_t first_token) {
    f.valid = 0;
#pragma unroll
    for (int i = 0; i < kPiecesA; i++) {
      const uint32_t c = threadIdx.x + i * kBlockThreads, j = c / (kBlockRows * 4), row = c / 4 % kBlockRows, t = c & 3, tile = first_tile + row / 16;
      if (tile < matrix.tiles) f.valid |= 1u << i;
      f.source_a[i] = matrix.records + uint64_t{tile < matrix.tiles ? tile : 0} * matrix.superblocks * record_bytes(PackedFormat::f16) +
                      (j * 16 + row % 16) * 64 + t * 16;
      f.target_a[i] = ((j * kBlockRows + row) * 4 + t) * 16;
    }
#pragma unroll
    for (int i = 0; i < kPiecesB; i++) {
      const uint32_t c = threadIdx.x + i * kBlockThreads, j = c / 4 % kChunks, row = c / (4 * kChunks), t = c & 3, token = first_token + row;
      if (token < job.tokens) f.valid |= 1u << (16 + i);
      f.source_b[i] = reinterpret_cast<const uint8_t*>(job.input + uint64_t{token < job.tokens ? token : 0} * matrix.superblocks * kRecordInputs +
                                                       (j * 4 + t) * 8);
      f.target_b[i] = Tile<Tokens>::kBytesA + ((j * Tokens + row) * 4 + t) * 16;
    }
  }
  // Within a row tile, 32 inputs are 1024 bytes of f16 records; in an activation row 64 bytes.
  GX_DEVICE void step(const Fetch& f, uint32_t step, uint8_t* stage) {
#pragma unroll
    for (int i = 0; i < kPiecesA; i++) gx::copy16_async(stage + f.target_a[i], f.source_a[i] + uint64_t{step} * (kChunks * 1024), f.valid >> i & 1);
#pragma unroll
    for (int i = 0; i < kPiecesB; i++)
      if (kAllHaveB || threadIdx.x < kChunks * Tokens * 4)
        gx::copy16_async(stage + f.target_b[i], f.source_b[i] + uint64_t{step} * (kChunks * 64), f.valid >> (16 + i) & 1);
  }
};

template <int Tokens>
GX_DEVICE void multiply_step(const uint8_t* stage, uint32_t wave_row, uint32_t wave_token,
                             gx::Mma::Accumulator (&d)[kWaveRowTiles][Tile<Tokens>::kTokenTiles]) {
  const uint8_t* stage_b = stage + Tile<Tokens>::kBytesA;
#pragma unroll
  for (int j = 0; j < kChunks; j++) {
    gx::U4 a[kWaveRowTiles][gx::Mma::kRows], b[Tile<Tokens>::kTokenTiles];
#pragma unroll
    for (int m = 0; m < kWaveRowTiles; m++)
#pragma unroll
      for (int i = 0; i < gx::Mma::kRows; i++)
        a[m][i] = gx::load16(stage + ((j * kBlockRows + wave_row + m * 16 + gx::Mma::row(i)) * 4 + gx::Mma::quarter()) * 16);
#pragma unroll
    for (int n = 0; n < Tile<Tokens>::kTokenTiles; n++)
      b[n] = gx::load16(stage_b + ((j * Tokens + wave_token + n * gx::Mma::kColumns + gx::Mma::column()) * 4 + gx::Mma::quarter()) * 16);
#pragma unroll
    for (int s = 0; s < 2; s++)
#pragma unroll
      for (int m = 0; m < kWaveRowTiles; m++) {
        uint32_t rows[gx::Mma::kRows][2];
#pragma unroll
        for (int i = 0; i < gx::Mma::kRows; i++) rows[i][0] = a[m][i].v[2 * s], rows[i][1] = a[m][i].v[2 * s + 1];
#pragma unroll
        for (int n = 0; n < Tile<Tokens>::kTokenTiles; n++) {
          const uint32_t column[2] = {b[n].v[2 * s], b[n].v[2 * s + 1]};
          gx::Mma::multiply_add(d[m][n], rows, column);
        }
      }
  }
}

template <Epilogue E>
GX_DEVICE void finish_accumulator(const MatrixJob& job, uint32_t first_row, uint32_t first_token, const gx::Mma::Accumulator& total) {
  if constexpr (E == Epilogue::silu) {
#if GX_ISA_AMD
    // Lanes 0..31 hold the gate rows 0..7 of the tile, lanes 32..63 the up rows; the partner has the other of the pair.
#pragma unroll
    for (int r = 0; r < gx::Mma::kAccumulators; r++) {
      const float up = gx::shuffle_xor(total.v[r], 32);
      const uint32_t token = first_token + gx::Mma::result_column(r);
      if (gx::lane() < 32 && token < job.tokens) finish_pair(job, token, first_row / 2 + gx::Mma::result_row(r), total.v[r], up);
    }
#else
#pragma unroll
    for (int r = 0; r < 2; r++) {
      const uint32_t token = first_token + gx::Mma::result_column(r);
      if (token < job.tokens) finish_pair(job, token, first_row / 2 + gx::Mma::result_row(r), total.v[r], total.v[r + 2]);
    }
#endif
  } else {
#pragma unroll
    for (int r = 0; r < gx::Mma::kAccumulators; r++) {
      const uint32_t token = first_token + gx::Mma::result_column(r);
      if (token < job.tokens) finish_output(job, E, token, first_row + gx::Mma::result_row(r), total.v[r]);
    }
  }
}

template <int Tokens, Epilogue E>
__global__ GX_BOUNDS(kBlockThreads, 1) void matmul_kernel(MatrixJob job) {
  using T = Tile<Tokens>;
  const PackedMatrix& matrix = job.stack[0];
  GX_SHARED_DYNAMIC(uint8_t, stages);
  note(job.progress);
  // Blocks that share weights run next to each other: the weights then come from the cache.
  const uint32_t first_tile = blockIdx.y * (kBlockRows / 16), first_token = blockIdx.x * Tokens;
  const uint32_t wave_row = gx::wave() / kTokenWaves * kWaveRows, wave_token = gx::wave() % kTokenWaves * T::kWaveTokens;
  constexpr uint32_t kStepsPerSuperblock = kRecordInputs / kStepInputs;
  const uint32_t steps = matrix.superblocks * kStepsPerSuperblock;
  gx::Mma::Accumulator total[kWaveRowTiles][T::kTokenTiles], d[kWaveRowTiles][T::kTokenTiles];
#pragma unroll
  for (int m = 0; m < kWaveRowTiles; m++)
#pragma unroll
    for (int n = 0; n < T::kTokenTiles; n++) gx::Mma::clear(total[m][n]), gx::Mma::clear(d[m][n]);

  Fetch<Tokens> fetch;
  Fetch<Tokens>::begin(fetch, job, matrix, first_tile, first_token);
#pragma unroll
  for (uint32_t s = 0; s < kStages - 1; s++) {
    if (s < steps) Fetch<Tokens>::step(fetch, s, stages + s * T::kStageBytes);
    gx::copy_commit();
  }
  uint32_t run = 0, run_end = 0;
  while (run_end == 0) run_end = run_begin(matrix.superblocks, ++run);
  for (uint32_t step = 0; step < steps; step++) {
    gx::copy_wait<kStages - 2>();
    __syncthreads();
    const uint32_t ahead = step + kStages - 1;
    if (ahead < steps) Fetch<Tokens>::step(fetch, ahead, stages + ahead % kStages * T::kStageBytes);
    gx::copy_commit();
    multiply_step<Tokens>(stages + step % kStages * T::kStageBytes, wave_row, wave_token, d);
    if ((step + 1) % kStepsPerSuperblock == 0 && (step + 1) / kStepsPerSuperblock == run_end) {
#pragma unroll
      for (int m = 0; m < kWaveRowTiles; m++)
#pragma unroll
        for (int n = 0; n < T::kTokenTiles; n++) {
#pragma unroll
          for (int r = 0; r < gx::Mma::kAccumulators; r++) total[m][n].v[r] += d[m][n].v[r];
          gx::Mma::clear(d[m][n]);
        }
      const uint32_t done = run_end;
      while (run < kWaves && run_end == done) run_end = run_begin(matrix.superblocks, ++run);
    }
  }
#pragma unroll
  for (int m = 0; m < kWaveRowTiles; m++)
#pragma unroll
    for (int n = 0; n < T::kTokenTiles; n++)
      finish_accumulator<E>(job, job.first_packed_row + (first_tile * 16 + wave_row + m * 16), first_token + wave_token + n * gx::Mma::kColumns,
                            total[m][n]);
}

template <int Tokens, Epilogue E>
void launch_matmul(const MatrixJob& job, gx::Stream stream) {
  const PackedMatrix& matrix = job.stack[0];
  gx::launch(matmul_kernel<Tokens, E>, dim3((job.tokens + Tokens - 1) / Tokens, (matrix.tiles * 16 + kBlockRows - 1) / kBlockRows),
             dim3(kBlockThreads), kStages * Tile<Tokens>::kStageBytes, stream, job);
}
template <int Tokens>
void launch_tokens(const MatrixJob& job, Epilogue epilogue, gx::Stream stream) {
  switch (epilogue) {
    case Epilogue::store:
      return launch_matmul<Tokens, Epilogue::store>(job, stream);
    case Epilogue::residual:
      return launch_matmul<Tokens, Epilogue::residual>(job, stream);
    case Epilogue::silu:
      return launch_matmul<Tokens, Epilogue::silu>(job, stream);
  }
}
template <int Tokens, Epilogue E>
hipError_t allow_lds() {
#if defined(GX_NVIDIA)
  return cudaFuncSetAttribute(matmul_kernel<Tokens, E>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                              static_cast<int>(kStages * Tile<Tokens>::kStageBytes));
#else
  return hipSuccess;
#endif
}

}  // namespace

void matmul(const MatrixJob& job, Epilogue epilogue, gx::Stream stream) {
  if (job.tokens <= 64)
    launch_tokens<64>(job, epilogue, stream);
  else
    launch_tokens<128>(job, epilogue, stream);
}

hipError_t prepare_matrix_kernels() {
  const hipError_t results[] = {allow_lds<64, Epilogue::store>(),  allow_lds<64, Epilogue::residual>(),  allow_lds<64, Epilogue::silu>(),
                                allow_lds<128, Epilogue::store>(), allow_lds<128, Epilogue::residual>(), allow_lds<128, Epilogue::silu>()};
  for (const hipError_t result : results)
    if (result != hipSuccess) return result;
  return hipSuccess;
}

}  // namespace greta::gpu
