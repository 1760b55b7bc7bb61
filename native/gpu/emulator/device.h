// CPU SIMT emulator, device side: what kernels see instead of the HIP runtime header. One fiber per lane; every wave
// collective, block barrier and matrix instruction is a rendezvous of the lanes concerned, so a divergent one is found,
// named and fatal. LDS is filled with NaN patterns at block start. Lane order: GRETA_EMULATOR_ORDER = 0 up, 1 down, n random.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <source_location>

#include "gpu/emulator/race_checker.h"

#ifndef GX_EMULATOR_WAVE
#define GX_EMULATOR_WAVE 64
#endif
#define __global__
#define __device__
#define __host__
#define __launch_bounds__(...)
#define __forceinline__ inline __attribute__((always_inline))

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

namespace emulator {

using Location = std::source_location;
enum class Scope : uint8_t { wave, block };
// arguments[l] is the operand block of lane l, null when that lane does not exist.
struct Participants {
  void** arguments;
  int count;
};
using Body = void (*)(Participants&);
struct LaneIds {
  dim3 thread, block, block_size, grid_size;
  int lane, wave;
};
extern LaneIds* ids;  // of the running lane; null outside kernels

void rendezvous(Scope scope, const char* what, const Location& location, void* argument, Body body);
void spin_yield();
void* shared_array(const void* key, size_t bytes);
void* shared_dynamic();
struct GridConfig {
  dim3 grid, block;
  size_t dynamic_bytes;
};
void run_grid(const GridConfig& config, void (*call)(void*), void* argument);

// Emulates kernel(arguments...) over the whole grid, blocks one after the other.
template <class... P, class... A>
void launch(void (*kernel)(P...), dim3 grid, dim3 block, size_t dynamic_bytes, A... arguments) {
  auto call = [&] { kernel(static_cast<P>(arguments)...); };
  run_grid(
      {grid, block, dynamic_bytes}, [](void* p) { (*static_cast<decltype(call)*>(p))(); }, &call);
}

struct Permutation {
  uint64_t in, out;
  int source;  // < 0 keeps `out`
};
inline void permute_body(Participants& lanes) {
  for (int l = 0; l < lanes.count; l++) {
    auto* p = static_cast<Permutation*>(lanes.arguments[l]);
    if (!p || p->source < 0) continue;
    auto* from = p->source < lanes.count ? static_cast<Permutation*>(lanes.arguments[p->source]) : nullptr;
    p->out = from ? from->in : 0xdeadbeefdeadbeefull;  // an absent lane: visible garbage
  }
}
template <class T>
T permute(T value, int source, const char* what, const Location& location, T keep) {
  Permutation p{0, 0, source};
  std::memcpy(&p.in, &value, sizeof value);
  std::memcpy(&p.out, &keep, sizeof keep);
  rendezvous(Scope::wave, what, location, &p, permute_body);
  T result;
  std::memcpy(&result, &p.out, sizeof result);
  return result;
}
inline void wave_sync(const Location& location) {
  int dummy = 0;
  rendezvous(Scope::wave, "wave_sync", location, &dummy, [](Participants&) {});
}

// v_mfma_f32_16x16x16_f16. A: row = lane % 16, k = 4 * (lane / 16) + e; B: column = lane % 16, same k;
// D: row = 4 * (lane / 16) + r, column = lane % 16. (AMD matrix instruction calculator; all elements checked.)
template <class Operand, class Result>
Result mfma_16x16x16(Operand a, Operand b, Result c, const Location& location = Location::current()) {
  struct Lane {
    _Float16 a[4], b[4];
    float d[4];
  } lane;
  std::memcpy(lane.a, &a, sizeof lane.a);
  std::memcpy(lane.b, &b, sizeof lane.b);
  std::memcpy(lane.d, &c, sizeof lane.d);
  rendezvous(Scope::wave, "mfma", location, &lane, [](Participants& lanes) {
    static float am[16][16], bm[16][16];
    for (int l = 0; l < 64; l++) {
      auto* p = static_cast<Lane*>(lanes.arguments[l]);
      for (int e = 0; e < 4; e++)
        am[l % 16][4 * (l / 16) + e] = static_cast<float>(p->a[e]), bm[4 * (l / 16) + e][l % 16] = static_cast<float>(p->b[e]);
    }
    for (int l = 0; l < 64; l++) {
      auto* p = static_cast<Lane*>(lanes.arguments[l]);
      for (int r = 0; r < 4; r++) {
        float sum = 0;
        for (int k = 0; k < 16; k++) sum += am[4 * (l / 16) + r][k] * bm[k][l % 16];
        p->d[r] += sum;
      }
    }
  });
  Result result;
  std::memcpy(&result, lane.d, sizeof result);
  return result;
}
// mma.sync.m16n8k16 (row.col, f16, f32 accumulators), PTX ISA fragment layout; a[0] rows g, a[1] rows g+8, a[2], a[3] k+8.
inline void mma_m16n8k16(float* d, const uint32_t* a, const uint32_t* b, const Location& location = Location::current()) {
  struct Lane {
    _Float16 a[8], b[4];
    float d[4];
  } lane;
  std::memcpy(lane.a, a, sizeof lane.a);
  std::memcpy(lane.b, b, sizeof lane.b);
  std::memcpy(lane.d, d, sizeof lane.d);
  rendezvous(Scope::wave, "mma.sync", location, &lane, [](Participants& lanes) {
    static float am[16][16], bm[16][8];
    for (int l = 0; l < 32; l++) {
      auto* p = static_cast<Lane*>(lanes.arguments[l]);
      const int g = l / 4, q = l % 4;
      for (int e = 0; e < 8; e++) am[g + 8 * ((e >> 1) & 1)][2 * q + (e & 1) + 8 * (e >> 2)] = static_cast<float>(p->a[e]);
      for (int e = 0; e < 4; e++) bm[2 * q + (e & 1) + 8 * (e >> 1)][g] = static_cast<float>(p->b[e]);
    }
    for (int l = 0; l < 32; l++) {
      auto* p = static_cast<Lane*>(lanes.arguments[l]);
      for (int e = 0; e < 4; e++) {
        float sum = 0;
        for (int k = 0; k < 16; k++) sum += am[l / 4 + 8 * (e >> 1)][k] * bm[k][2 * (l % 4) + (e & 1)];
        p->d[e] += sum;
      }
    }
  });
  std::memcpy(d, lane.d, sizeof lane.d);
}
// Source lane of a GFX9 DPP control; -1 = none (keep old). Only the controls our kernels use.
inline int dpp_source(int lane, int control) {
  const int row = lane & ~15, in_row = lane & 15;
  if (control > 0x110 && control < 0x120) return in_row >= (control & 15) ? lane - (control & 15) : -1;
  if (control == 0x142) return lane >= 16 ? row - 1 : -1;
  if (control == 0x143) return lane >= 32 ? 31 : -1;
  std::fprintf(stderr, "emulator: unknown DPP control %#x\n", control);
  std::abort();
}
inline int update_dpp(int old, int value, int control, int row_mask, const Location& location = Location::current()) {
  const bool enabled = row_mask >> (ids->lane / 16) & 1;
  return permute<int>(value, enabled ? dpp_source(ids->lane, control) : -1, "dpp", location, old);
}
// All lanes run on one OS thread: a plain update is atomic here. The race checker is told.
template <class T>
__attribute__((no_sanitize("thread"))) T atomic_update(T* address, T value, T (*combine)(T, T)) {
  race::note_atomic(address, sizeof(T), race::Atomic::update);
  const T old = *static_cast<volatile T*>(address);
  *static_cast<volatile T*>(address) = combine(old, value);
  return old;
}
template <class T>
__attribute__((no_sanitize("thread"))) T atomic_load(T* address) {
  race::note_atomic(address, sizeof(T), race::Atomic::load);
  return *static_cast<volatile T*>(address);
}

}  // namespace emulator

#define threadIdx (emulator::ids->thread)
#define blockIdx (emulator::ids->block)
#define blockDim (emulator::ids->block_size)
#define gridDim (emulator::ids->grid_size)
#define GX_SHARED(T, name, ...)          \
  static const char name##_lds_key_ = 0; \
  auto& name = *static_cast<T(*) __VA_ARGS__>(emulator::shared_array(&name##_lds_key_, sizeof(T __VA_ARGS__)))
#define GX_SHARED_DYNAMIC(T, name) T* name = static_cast<T*>(emulator::shared_dynamic())
#define __builtin_amdgcn_update_dpp(old, value, control, rows, banks, bound) emulator::update_dpp(old, value, control, rows)
#define __builtin_amdgcn_readlane(value, lane) emulator::permute<int>(value, lane, "readlane", emulator::Location::current(), 0)

inline void __syncthreads(const emulator::Location& location = emulator::Location::current()) {
  int dummy = 0;
  emulator::rendezvous(emulator::Scope::block, "__syncthreads", location, &dummy, nullptr);
}
inline void __threadfence() { emulator::race::fence(); }
template <class T>
T __shfl_xor(T value, int mask, const emulator::Location& location = emulator::Location::current()) {
  return emulator::permute(value, emulator::ids->lane ^ mask, "shuffle", location, value);
}
template <class T>
T atomicAdd(T* address, T value) {
  return emulator::atomic_update<T>(address, value, [](T a, T b) { return static_cast<T>(a + b); });
}
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
