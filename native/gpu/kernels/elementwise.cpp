#include "gpu/kernels/elementwise.h"

#include "gpu/kernels/packed_format.h"
#include "gpu/kernels/reduce.h"

namespace greta::gpu {
namespace {

__global__ GX_BOUNDS(256, 1) void add_kernel(AddRows job) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  const uint64_t row = blockIdx.y;
  if (i >= job.columns) return;
  const float sum = job.a[row * job.a_stride + i] + job.b[row * job.b_stride + i];
  job.output[row * job.output_stride + i] = sum;
  if (job.output_copy) job.output_copy[row * job.copy_stride + i] = sum;
}

__global__ GX_BOUNDS(256, 1) void silu_kernel(const float* gate, const float* up, uint32_t columns, uint32_t f32_stride, float* act,
                                              uint16_t* operand, uint32_t operand_stride) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  const uint64_t at = uint64_t{blockIdx.y} * f32_stride + i;
  if (i >= columns) return;
  const float value = silu_times(gate[at], up[at]);
  act[at] = value;
  if (operand) operand[uint64_t{blockIdx.y} * operand_stride + operand_position(i)] = gx::float_to_half(value);
}

__global__ GX_BOUNDS(256, 1) void scale_column_kernel(float* data, uint32_t stride, uint32_t column, uint32_t rows, float factor, const float* bias) {
  const uint32_t row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  float& x = data[uint64_t{row} * stride + column];
  const float offset = bias ? *bias : 0.0f;
  x = gx::multiply_add(x - offset, factor, offset);
}

__global__ GX_BOUNDS(256, 1) void zero_inputs_kernel(uint16_t* operand, uint32_t stride, uint32_t begin, uint32_t end) {
  const uint32_t i = begin + blockIdx.x * blockDim.x + threadIdx.x;
  if (i < end) operand[uint64_t{blockIdx.y} * stride + operand_position(i)] = 0;
}

__global__ GX_BOUNDS(GX_WAVE, 1) void set_nan_kernel(NanPlaces places) {
  if (threadIdx.x != 0) return;
  for (float* place : places.f32)
    if (place) *place = gx::bits_as<float>(0x7fc00000u);
  if (places.f16) *places.f16 = 0x7e00u;
  if (places.count) atomicAdd(places.count, 1u);
}

}  // namespace

void add_rows(const AddRows& job, uint32_t rows, gx::Stream stream) {
  gx::launch(add_kernel, dim3((job.columns + 255) / 256, rows), dim3(256), 0, stream, job);
}
void silu_rows(const float* gate, const float* up, uint32_t columns, uint32_t rows, uint32_t f32_stride, float* act, uint16_t* operand,
               uint32_t operand_stride, gx::Stream stream) {
  gx::launch(silu_kernel, dim3((columns + 255) / 256, rows), dim3(256), 0, stream, gate, up, columns, f32_stride, act, operand, operand_stride);
}
void scale_column(float* data, uint32_t stride, uint32_t column, uint32_t rows, float factor, const float* bias, gx::Stream stream) {
  gx::launch(scale_column_kernel, dim3((rows + 255) / 256), dim3(256), 0, stream, data, stride, column, rows, factor, bias);
}
void zero_inputs(uint16_t* operand, uint32_t stride, uint32_t begin, uint32_t end, uint32_t rows, gx::Stream stream) {
  if (end > begin) gx::launch(zero_inputs_kernel, dim3((end - begin + 255) / 256, rows), dim3(256), 0, stream, operand, stride, begin, end);
}
void set_nan(const NanPlaces& places, gx::Stream stream) { gx::launch(set_nan_kernel, dim3(1), dim3(GX_WAVE), 0, stream, places); }

}  // namespace greta::gpu
