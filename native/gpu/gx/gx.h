// The one header that kernels include: what differs between AMD (gfx942), NVIDIA (sm_90) and the CPU emulator, and nothing
// else. Kernel rules (checked by the emulator):
//  1. LDS only as GX_SHARED / GX_SHARED_DYNAMIC; launch only through gx::launch.
//  2. Every lane of a wave reaches every wave collective, every thread every block barrier.
//  3. Lanes that hand data to each other through LDS use gx::wave_sync(), never lock step by faith.
//  4. Wave width only through GX_WAVE; AMD and NVIDIA instructions only in gx/.
//  5. Hand-over between blocks: fence, atomic, fence by the same thread, then the block barrier.
#pragma once

#if defined(GX_EMULATOR)
#include "gpu/emulator/device.h"
#include "gpu/emulator/runtime.h"
#define GX_WAVE GX_EMULATOR_WAVE
#elif defined(__HIP__)
#define GX_AMD 1
#define GX_WAVE 64
#include <hip/hip_runtime.h>
#elif defined(__CUDACC__)
#define GX_NVIDIA 1
#define GX_WAVE 32
#include "gpu/gx/hip_to_cuda.h"
#else
#error "gx.h: unknown target (clang -x hip, nvcc, or GX_EMULATOR)"
#endif

#include <cstddef>
#include <cstdint>

// Which branch wave-level code takes: AMD's instructions (also emulated with 64 lanes) or NVIDIA's (also with 32 lanes).
#define GX_ISA_AMD (GX_WAVE == 64)
#define GX_DEVICE static __device__ __forceinline__
// Second number: blocks per multiprocessor that NVIDIA's compiler must leave room for. HIP's second argument means waves
// per SIMD instead, so AMD takes the block size alone.
#if defined(GX_NVIDIA)
#define GX_BOUNDS(threads, blocks) __launch_bounds__(threads, blocks)
#else
#define GX_BOUNDS(threads, blocks) __launch_bounds__(threads)
#endif
#if !defined(GX_EMULATOR)
#define GX_SHARED(T, name, ...) __shared__ T name __VA_ARGS__
#define GX_SHARED_DYNAMIC(T, name)                                \
  extern __shared__ __align__(16) unsigned char gx_dynamic_lds[]; \
  T* name = reinterpret_cast<T*>(gx_dynamic_lds)
#endif

namespace gx {

#if defined(GX_NVIDIA)
using half = __half;
#else
using half = _Float16;
#endif

struct alignas(16) U4 {
  uint32_t v[4];
};
struct alignas(8) U2 {
  uint32_t v[2];
};
struct alignas(16) F4 {
  float v[4];
};

template <class To, class From>
GX_DEVICE To bits_as(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  __builtin_memcpy(&to, &from, sizeof to);
  return to;
}

GX_DEVICE int lane() { return static_cast<int>(threadIdx.x) & (GX_WAVE - 1); }
GX_DEVICE int wave() { return static_cast<int>(threadIdx.x) / GX_WAVE; }

// ---- f16. Two halves travel as one 32-bit word, the first in the low bits.
inline constexpr float kHalfMax = 65504.0f;
GX_DEVICE float half_to_float(uint16_t bits) { return static_cast<float>(bits_as<half>(bits)); }
// Nearest even; a finite value beyond the range saturates (it is counted by the trace), NaN and infinities stay.
GX_DEVICE uint16_t float_to_half(float value) {
  float clamped = value > kHalfMax && value <= 3.4028235e38f ? kHalfMax : value;
  clamped = clamped < -kHalfMax && clamped >= -3.4028235e38f ? -kHalfMax : clamped;
#if defined(GX_NVIDIA)
  return bits_as<uint16_t>(__float2half_rn(clamped));
#else
  return bits_as<uint16_t>(static_cast<half>(clamped));
#endif
}
GX_DEVICE uint32_t pack_halves(uint16_t low, uint16_t high) { return static_cast<uint32_t>(low) | static_cast<uint32_t>(high) << 16; }
GX_DEVICE uint32_t floats_to_halves(float low, float high) { return pack_halves(float_to_half(low), float_to_half(high)); }
GX_DEVICE uint32_t broadcast_low(uint32_t pair) { return (pair & 0xffffu) | pair << 16; }
GX_DEVICE uint32_t broadcast_high(uint32_t pair) { return (pair & 0xffff0000u) | pair >> 16; }

#if defined(GX_NVIDIA)
GX_DEVICE uint32_t half2_fma(uint32_t a, uint32_t b, uint32_t c) {
  return bits_as<uint32_t>(__hfma2(bits_as<__half2>(a), bits_as<__half2>(b), bits_as<__half2>(c)));
}
GX_DEVICE uint32_t half2_multiply(uint32_t a, uint32_t b) { return bits_as<uint32_t>(__hmul2_rn(bits_as<__half2>(a), bits_as<__half2>(b))); }
GX_DEVICE uint32_t half2_add(uint32_t a, uint32_t b) { return bits_as<uint32_t>(__hadd2_rn(bits_as<__half2>(a), bits_as<__half2>(b))); }
#elif defined(GX_AMD)
typedef _Float16 Half2Vector __attribute__((ext_vector_type(2)));
GX_DEVICE uint32_t half2_fma(uint32_t a, uint32_t b, uint32_t c) {
  return bits_as<uint32_t>(__builtin_elementwise_fma(bits_as<Half2Vector>(a), bits_as<Half2Vector>(b), bits_as<Half2Vector>(c)));
}
GX_DEVICE uint32_t half2_multiply(uint32_t a, uint32_t b) {
#pragma clang fp contract(off)
  return bits_as<uint32_t>(bits_as<Half2Vector>(a) * bits_as<Half2Vector>(b));
}
GX_DEVICE uint32_t half2_add(uint32_t a, uint32_t b) {
#pragma clang fp contract(off)
  return bits_as<uint32_t>(bits_as<Half2Vector>(a) + bits_as<Half2Vector>(b));
}
#else
template <class Operation>
GX_DEVICE uint32_t half2_each(uint32_t a, uint32_t b, uint32_t c, Operation operation) {
  uint32_t result = 0;
  for (int i = 0; i < 2; i++) {
    const auto at = [i](uint32_t pair) { return static_cast<double>(bits_as<half>(static_cast<uint16_t>(pair >> (16 * i)))); };
    result |= static_cast<uint32_t>(bits_as<uint16_t>(static_cast<half>(operation(at(a), at(b), at(c))))) << (16 * i);
  }
  return result;
}
GX_DEVICE uint32_t half2_fma(uint32_t a, uint32_t b, uint32_t c) {
  return half2_each(a, b, c, [](double x, double y, double z) { return x * y + z; });
}
GX_DEVICE uint32_t half2_multiply(uint32_t a, uint32_t b) {
  return half2_each(a, b, 0, [](double x, double y, double) { return x * y; });
}
GX_DEVICE uint32_t half2_add(uint32_t a, uint32_t b) {
  return half2_each(a, b, 0, [](double x, double y, double) { return x + y; });
}
#endif

// bf16 is storage only; every bf16 is an f32.
GX_DEVICE float bfloat_to_float(uint16_t bits) { return bits_as<float>(static_cast<uint32_t>(bits) << 16); }

// ---- memory. One 16-byte instruction each; addresses are 16-byte aligned.
GX_DEVICE U4 load16(const void* address) {
#if defined(GX_NVIDIA)
  const uint4 value = *static_cast<const uint4*>(address);
  return U4{{value.x, value.y, value.z, value.w}};
#else
  return *static_cast<const U4*>(address);
#endif
}
GX_DEVICE void store16(void* address, const U4& value) {
#if defined(GX_NVIDIA)
  *static_cast<uint4*>(address) = uint4{value.v[0], value.v[1], value.v[2], value.v[3]};
#else
  *static_cast<U4*>(address) = value;
#endif
}
// Weights pass once a token: keep them from pushing activations and the KV cache out of the caches.
GX_DEVICE U4 stream16(const void* address) {
#if defined(GX_NVIDIA)
  U4 r;
  asm volatile("ld.global.nc.L1::no_allocate.L2::128B.v4.u32 {%0,%1,%2,%3}, [%4];"
               : "=r"(r.v[0]), "=r"(r.v[1]), "=r"(r.v[2]), "=r"(r.v[3])
               : "l"(address));
  return r;
#elif defined(GX_AMD)
  typedef uint32_t Vector __attribute__((ext_vector_type(4)));
  return bits_as<U4>(__builtin_nontemporal_load(static_cast<const Vector*>(address)));
#else
  return *static_cast<const U4*>(address);
#endif
}
GX_DEVICE U2 stream8(const void* address) {
#if defined(GX_NVIDIA)
  U2 r;
  asm volatile("ld.global.nc.L1::no_allocate.v2.u32 {%0,%1}, [%2];" : "=r"(r.v[0]), "=r"(r.v[1]) : "l"(address));
  return r;
#elif defined(GX_AMD)
  typedef uint32_t Vector __attribute__((ext_vector_type(2)));
  return bits_as<U2>(__builtin_nontemporal_load(static_cast<const Vector*>(address)));
#else
  return *static_cast<const U2*>(address);
#endif
}
GX_DEVICE uint32_t stream4(const void* address) {
#if defined(GX_NVIDIA)
  uint32_t r;
  asm volatile("ld.global.nc.L1::no_allocate.u32 %0, [%1];" : "=r"(r) : "l"(address));
  return r;
#elif defined(GX_AMD)
  return __builtin_nontemporal_load(static_cast<const uint32_t*>(address));
#else
  return *static_cast<const uint32_t*>(address);
#endif
}

// Copies 16 bytes global -> LDS in the background where the device can (NVIDIA); `valid` false writes zeros.
#if defined(GX_NVIDIA)
inline constexpr bool kHasAsyncCopy = true;
GX_DEVICE void copy16_async(void* lds, const void* global, bool valid) {
  const uint32_t destination = static_cast<uint32_t>(__cvta_generic_to_shared(lds));
  const int bytes = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(destination), "l"(global), "r"(bytes) : "memory");
}
GX_DEVICE void copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int Pending>
GX_DEVICE void copy_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}
#else
inline constexpr bool kHasAsyncCopy = false;
GX_DEVICE void copy16_async(void* lds, const void* global, bool valid) { store16(lds, valid ? load16(global) : U4{{0, 0, 0, 0}}); }
GX_DEVICE void copy_commit() {}
template <int Pending>
GX_DEVICE void copy_wait() {}
#endif

// ---- wave collectives
template <class T>
GX_DEVICE T shuffle_xor(T value, int mask) {
#if defined(GX_NVIDIA)
  return __shfl_xor_sync(0xffffffffu, value, mask);
#else
  return __shfl_xor(value, mask);
#endif
}
// Sum over the wave, the same in every lane, always in the same order.
GX_DEVICE float wave_sum(float v) {
#if GX_ISA_AMD
#define GX_DPP_ADD(control, rows) v += bits_as<float>(__builtin_amdgcn_update_dpp(0, bits_as<int>(v), control, rows, 0xf, false))
  GX_DPP_ADD(0x111, 0xf);  // row_shr:1, 2, 4, 8: lane 15 of each row holds the row's sum
  GX_DPP_ADD(0x112, 0xf);
  GX_DPP_ADD(0x114, 0xf);
  GX_DPP_ADD(0x118, 0xf);
  GX_DPP_ADD(0x142, 0xa);  // row_bcast:15 into rows 1 and 3
  GX_DPP_ADD(0x143, 0xc);  // row_bcast:31 into rows 2 and 3
#undef GX_DPP_ADD
  return bits_as<float>(__builtin_amdgcn_readlane(bits_as<int>(v), 63));
#else
  for (int mask = GX_WAVE / 2; mask; mask >>= 1) v += shuffle_xor(v, mask);
  return v;
#endif
}
GX_DEVICE float wave_max(float v) {
  for (int mask = GX_WAVE / 2; mask; mask >>= 1) v = fmaxf(v, shuffle_xor(v, mask));
  return v;
}

#if defined(GX_NVIDIA)
GX_DEVICE void wave_sync() { __syncwarp(); }
GX_DEVICE void pause() { __nanosleep(32); }
#elif defined(GX_AMD)
GX_DEVICE void wave_sync() {
  __builtin_amdgcn_fence(__ATOMIC_ACQ_REL, "wavefront");
  __builtin_amdgcn_wave_barrier();
}
GX_DEVICE void pause() { __builtin_amdgcn_s_sleep(1); }
#else
GX_DEVICE void wave_sync(const emulator::Location& location = emulator::Location::current()) { emulator::wave_sync(location); }
GX_DEVICE void pause() { emulator::spin_yield(); }
#endif
GX_DEVICE uint32_t load_acquire(uint32_t* address) {
#if defined(GX_NVIDIA)
  uint32_t value;
  asm volatile("ld.acquire.gpu.u32 %0,[%1];" : "=r"(value) : "l"(address) : "memory");
  return value;
#elif defined(GX_EMULATOR)
  return emulator::atomic_load(address);
#else
  return __hip_atomic_load(address, __ATOMIC_ACQUIRE, __HIP_MEMORY_SCOPE_AGENT);
#endif
}
// No order with other accesses, but never a stale copy of this block's own.
GX_DEVICE uint32_t load_relaxed(uint32_t* address) {
#if defined(GX_EMULATOR)
  return emulator::atomic_load(address);
#elif defined(GX_AMD)
  return __hip_atomic_load(address, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
#else
  return *static_cast<volatile uint32_t*>(address);
#endif
}
// To host memory, for the host to read at any time.
GX_DEVICE void store_to_host(uint32_t* address, uint32_t value) {
#if defined(GX_AMD)
  __hip_atomic_store(address, value, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_SYSTEM);
#else
  *static_cast<volatile uint32_t*>(address) = value;
#endif
}

// ---- arithmetic whose rounding must not depend on the compiler's mood
GX_DEVICE float multiply_add(float a, float b, float c) { return fmaf(a, b, c); }
GX_DEVICE float exp2_fast(float x) {
#if defined(GX_NVIDIA)
  float r;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
#elif defined(GX_AMD)
  return __builtin_amdgcn_exp2f(x);
#else
  return std::exp2(x);
#endif
}
inline constexpr float kLog2E = 1.44269504088896340736f;

// ---- overlap of a kernel with its predecessor in the stream (NVIDIA's programmatic dependent launch; elsewhere nothing).
// A kernel launched with launch_overlapped() may start early: it must call wait_for_predecessor() in every thread before it
// touches anything but weights, also when it has no work.
GX_DEVICE void wait_for_predecessor() {
#if defined(GX_NVIDIA)
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}
GX_DEVICE void let_successor_start() {
#if defined(GX_NVIDIA)
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

// ---- launch
using Stream = hipStream_t;
#if defined(GX_EMULATOR)
template <class... P, class... A>
void launch(void (*kernel)(P...), dim3 grid, dim3 block, size_t lds_bytes, Stream stream, A... arguments) {
  emulator::enqueue(stream, [=] {
    emulator::launch(kernel, grid, block, lds_bytes, static_cast<P>(arguments)...);
    emulator::count_launch();
  });
}
template <class... P, class... A>
void launch_overlapped(void (*kernel)(P...), dim3 grid, dim3 block, size_t lds_bytes, Stream stream, A... arguments) {
  launch(kernel, grid, block, lds_bytes, stream, arguments...);
}
#elif defined(GX_NVIDIA)
template <class... P, class... A>
void launch(void (*kernel)(P...), dim3 grid, dim3 block, size_t lds_bytes, Stream stream, A... arguments) {
  kernel<<<grid, block, lds_bytes, stream>>>(static_cast<P>(arguments)...);
}
inline bool& overlap_enabled() {
  static bool enabled = true;
  return enabled;
}
template <class... P, class... A>
void launch_overlapped(void (*kernel)(P...), dim3 grid, dim3 block, size_t lds_bytes, Stream stream, A... arguments) {
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = overlap_enabled() ? 1 : 0;
  cudaLaunchConfig_t config = {};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = lds_bytes;
  config.stream = stream;
  config.attrs = &attribute;
  config.numAttrs = 1;
  (void)cudaLaunchKernelEx(&config, kernel, static_cast<P>(arguments)...);
}
#else
template <class... P, class... A>
void launch(void (*kernel)(P...), dim3 grid, dim3 block, size_t lds_bytes, Stream stream, A... arguments) {
  kernel<<<grid, block, lds_bytes, stream>>>(static_cast<P>(arguments)...);
}
template <class... P, class... A>
void launch_overlapped(void (*kernel)(P...), dim3 grid, dim3 block, size_t lds_bytes, Stream stream, A... arguments) {
  launch(kernel, grid, block, lds_bytes, stream, arguments...);
}
#endif

}  // namespace gx
