// Matrix times one activation row. A block of eight waves owns row tiles (blockIdx.x, + gridDim.x, ...); each wave takes one
// run of the inputs, streams its records one item ahead, turns them into f16 operands and multiplies them on the matrix
// core (all columns of B are the one token). The first records are requested before the predecessor kernel is done.
#include "gpu/kernels/epilogue.h"
#include "gpu/kernels/packed_record.h"

namespace greta::gpu {
namespace {

struct TileRange {
  uint32_t first, count;  // this stack's tiles in the numbering over both stacks
};

// One quad of the normalised row: to LDS in operand order, and to the trace.
GX_DEVICE void stage_quad(const MatrixJob& job, uint16_t* x, uint32_t i, const gx::U4& v, const gx::U4& w, float scale, bool trace) {
  float y[4];
#pragma unroll
  for (int j = 0; j < 4; j++) y[j] = gx::bits_as<float>(v.v[j]) * scale * gx::bits_as<float>(w.v[j]);
  uint32_t* target = reinterpret_cast<uint32_t*>(x + operand_position(i));
  target[0] = gx::floats_to_halves(y[0], y[1]), target[1] = gx::floats_to_halves(y[2], y[3]);
  if (trace)
    for (int j = 0; j < 4; j++) job.trace_norm[i + j] = y[j];
}

// Brings the activation row to LDS in operand order. The norm's weights were requested before the predecessor was done.
GX_DEVICE void stage_input(const MatrixJob& job, const RowQuads& weights, uint16_t* x, float* lds) {
  const uint32_t inputs = job.stack[0].superblocks * kRecordInputs;
  if (!job.norm_input) {
    for (uint32_t i = threadIdx.x * 8; i < inputs; i += kBlockThreads * 8) gx::store16(x + i, gx::load16(job.input + i));
    return;
  }
  RowQuads held;
  RowQuads::load(held, job.norm_input, job.norm_columns);
  const float scale = inverse_rms(held, job.norm_input, job.norm_columns, job.norm_epsilon, lds);
  const bool trace = job.trace_norm && blockIdx.x == 0;
#pragma unroll
  for (int n = 0; n < kHeldQuads; n++) {
    const uint32_t i = (threadIdx.x + n * kBlockThreads) * 4;
    if (i < job.norm_columns) stage_quad(job, x, i, held.quads[n], weights.quads[n], scale, trace);
  }
  for (uint32_t i = (threadIdx.x + kHeldQuads * kBlockThreads) * 4; i < job.norm_columns; i += kBlockThreads * 4)
    stage_quad(job, x, i, gx::load16(job.norm_input + i), gx::load16(job.norm_weight + i), scale, trace);
  for (uint32_t i = job.norm_columns + threadIdx.x * 4; i < inputs; i += kBlockThreads * 4) {
    uint32_t* target = reinterpret_cast<uint32_t*>(x + operand_position(i));
    target[0] = target[1] = 0;
  }
}

template <PackedFormat F>
GX_DEVICE void multiply_item(const Record<F>& record, const uint16_t* x, gx::Mma::Accumulator& d) {
#pragma unroll
  for (int h = 0; h < Record<F>::kHalves; h++) {
    Scale scales[gx::Mma::kRows];
#pragma unroll
    for (int i = 0; i < gx::Mma::kRows; i++) scales[i] = Record<F>::scale(record, i, h);
#pragma unroll
    for (int jj = 0; jj < 4; jj++) {
      uint32_t w[gx::Mma::kRows][4];
#pragma unroll
      for (int i = 0; i < gx::Mma::kRows; i++) Record<F>::unpack(record, scales[i], i, h, jj, w[i]);
      const gx::U4 b = gx::load16(x + h * 128 + jj * 32 + gx::Mma::quarter() * 8);
#pragma unroll
      for (int s = 0; s < 2; s++) {
        uint32_t a[gx::Mma::kRows][2];
#pragma unroll
        for (int i = 0; i < gx::Mma::kRows; i++) a[i][0] = w[i][2 * s], a[i][1] = w[i][2 * s + 1];
        const uint32_t column[2] = {b.v[2 * s], b.v[2 * s + 1]};
        gx::Mma::multiply_add(d, a, column);
      }
    }
  }
}

template <Epilogue E>
GX_DEVICE void finish_tile(const MatrixJob& job, uint32_t tile, const float (*partial)[16]) {
  const uint32_t r = threadIdx.x;
  if (r >= (E == Epilogue::silu ? 8u : 16u)) return;
  float sum = 0, up = 0;
#pragma unroll
  for (uint32_t w = 0; w < kWaves; w++) {
    if (run_begin(job.stack[0].superblocks, w) == run_begin(job.stack[0].superblocks, w + 1)) continue;
    sum += partial[w][r];
    if constexpr (E == Epilogue::silu) up += partial[w][r + 8];
  }
  if constexpr (E == Epilogue::silu)
    finish_pair(job, 0, tile * 8 + r, sum, up);
  else
    finish_output(job, E, 0, tile * 16 + r, sum);
}

template <PackedFormat F>
struct Stream {
  static constexpr uint32_t kParts = 2 / Record<F>::kHalves;
  Record<F> next;

  GX_DEVICE void fetch(Stream& s, const PackedMatrix& matrix, uint32_t tile, uint32_t item) {
    const uint8_t* record = matrix.records + (uint64_t{tile} * matrix.superblocks + item / kParts) * record_bytes(F);
    Record<F>::load(s.next, record, static_cast<int>(item % kParts));
  }
};

// All tiles of one stack that belong to this block. `stream` already holds the first item.
template <PackedFormat F, Epilogue E>
GX_DEVICE void run_stack(const MatrixJob& job, const PackedMatrix& matrix, uint32_t tile, uint32_t tile_offset, Stream<F>& stream, const uint16_t* x,
                         float (*partial)[kWaves][16], int& buffer) {
  constexpr uint32_t kParts = Stream<F>::kParts;
  const uint32_t begin = run_begin(matrix.superblocks, gx::wave()) * kParts, end = run_begin(matrix.superblocks, gx::wave() + 1) * kParts;
  for (; tile < matrix.tiles; tile += gridDim.x) {
    gx::Mma::Accumulator d;
    gx::Mma::clear(d);
    for (uint32_t item = begin; item < end; item++) {
      const Record<F> record = stream.next;
      const bool last = item + 1 == end;
      const uint32_t next_tile = last ? tile + gridDim.x : tile;
      if (next_tile < matrix.tiles) Stream<F>::fetch(stream, matrix, next_tile, last ? begin : item + 1);
      multiply_item<F>(record, x + item * (Record<F>::kHalves * 128), d);
    }
#pragma unroll
    for (int r = 0; r < gx::Mma::kAccumulators; r++)
      if (gx::Mma::result_column(r) == 0) partial[buffer][gx::wave()][gx::Mma::result_row(r)] = d.v[r];
    __syncthreads();
    finish_tile<E>(job, tile + tile_offset, partial[buffer]);
    buffer ^= 1;
  }
}

template <PackedFormat A, PackedFormat B, Epilogue E>
__global__ GX_BOUNDS(kBlockThreads,
                     A == B && A != PackedFormat::q8 && A != PackedFormat::q6k && A != PackedFormat::f16 ? 3 : 2) void matvec_kernel(MatrixJob job) {
  GX_SHARED_DYNAMIC(uint16_t, x);
  GX_SHARED(float, partial, [2][kWaves][16]);
  GX_SHARED(float, sums, [kWaves]);
  const uint32_t superblocks = job.stack[0].superblocks, first = run_begin(superblocks, gx::wave());
  const bool has_run = first < run_begin(superblocks, gx::wave() + 1);
  Stream<A> stream;
  if (has_run && blockIdx.x < job.stack[0].tiles) Stream<A>::fetch(stream, job.stack[0], blockIdx.x, first * Stream<A>::kParts);
  RowQuads weights;
  if (job.norm_input) RowQuads::load(weights, job.norm_weight, job.norm_columns);
  gx::let_successor_start();
  gx::wait_for_predecessor();
  note(job.progress);
  stage_input(job, weights, x, sums);
  __syncthreads();
  int buffer = 0;
  run_stack<A, E>(job, job.stack[0], blockIdx.x, 0, stream, x, partial, buffer);
  if constexpr (A != B) {
    // The block's next tile in the numbering over both stacks.
    const uint32_t tiles = job.stack[0].tiles;
    const uint32_t rounds = blockIdx.x < tiles ? (tiles - blockIdx.x + gridDim.x - 1) / gridDim.x : 0;
    const uint32_t tile = blockIdx.x + rounds * gridDim.x - tiles;
    Stream<B> second;
    if (has_run && tile < job.stack[1].tiles) Stream<B>::fetch(second, job.stack[1], tile, first * Stream<B>::kParts);
    run_stack<B, E>(job, job.stack[1], tile, tiles, second, x, partial, buffer);
  }
}

template <PackedFormat A, PackedFormat B, Epilogue E>
void launch_matvec(const MatrixJob& job, uint32_t blocks, gx::Stream stream) {
  const uint32_t tiles = job.total_tiles();
  // Formats whose kernel fits three times on a processor (registers) get half as many blocks again.
  constexpr bool kThree = A == B && (A == PackedFormat::q4k || A == PackedFormat::b4 || A == PackedFormat::b4s || A == PackedFormat::b5);
  if (kThree) blocks = blocks * 3 / 2;
  gx::launch_overlapped(matvec_kernel<A, B, E>, dim3(blocks < tiles ? blocks : tiles), dim3(kBlockThreads), size_t{job.stack[0].superblocks} * 512,
                        stream, job);
}
template <PackedFormat F>
void launch_format(const MatrixJob& job, Epilogue epilogue, uint32_t blocks, gx::Stream stream) {
  switch (epilogue) {
    case Epilogue::store:
      return launch_matvec<F, F, Epilogue::store>(job, blocks, stream);
    case Epilogue::residual:
      return launch_matvec<F, F, Epilogue::residual>(job, blocks, stream);
    case Epilogue::silu:
      return launch_matvec<F, F, Epilogue::silu>(job, blocks, stream);
  }
}

}  // namespace

void matvec(const MatrixJob& job, Epilogue epilogue, uint32_t blocks, gx::Stream stream) {
  if (job.stack[1].tiles) {
    if (job.stack[0].format == PackedFormat::q4k && job.stack[1].format == PackedFormat::q6k && epilogue == Epilogue::store)
      return launch_matvec<PackedFormat::q4k, PackedFormat::q6k, Epilogue::store>(job, blocks, stream);
    // Any other pair of formats: one launch for each stack.
    MatrixJob part = job;
    part.stack[1].tiles = 0;
    matvec(part, epilogue, blocks, stream);
    part.stack[0] = job.stack[1];
    part.trace_norm = nullptr;
    for (uint32_t s = 0; s < part.segment_count; s++) {
      const uint32_t offset = job.stack[0].tiles * kRecordRows;
      OutputSegment& segment = part.segments[s];
      if (segment.first_row >= offset)
        segment.first_row -= offset;
      else
        segment.rows = 0;
    }
    return matvec(part, epilogue, blocks, stream);
  }
  switch (job.stack[0].format) {
    case PackedFormat::f16:
      return launch_format<PackedFormat::f16>(job, epilogue, blocks, stream);
    case PackedFormat::q8:
      return launch_format<PackedFormat::q8>(job, epilogue, blocks, stream);
    case PackedFormat::q4k:
      return launch_format<PackedFormat::q4k>(job, epilogue, blocks, stream);
    case PackedFormat::q6k:
      return launch_format<PackedFormat::q6k>(job, epilogue, blocks, stream);
    case PackedFormat::b4:
      return launch_format<PackedFormat::b4>(job, epilogue, blocks, stream);
    case PackedFormat::b4s:
      return launch_format<PackedFormat::b4s>(job, epilogue, blocks, stream);
    case PackedFormat::b5:
      return launch_format<PackedFormat::b5>(job, epilogue, blocks, stream);
  }
}

}  // namespace greta::gpu
