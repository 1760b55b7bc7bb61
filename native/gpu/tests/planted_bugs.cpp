// Kernels with one planted bug each; the checker this program was built with must report it, and must not report the correct
// twins. Each runs in a child process. Last line: N passed, N failed.
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "gpu/gx/mma.h"

namespace {
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kAddress = true;
#else
constexpr bool kAddress = false;
#endif
#if defined(GX_RACE_CHECK)
constexpr bool kRace = true;
#else
constexpr bool kRace = false;
#endif

__global__ void divergent_barrier(float* o) {
  if (threadIdx.x < 100) __syncthreads();
  o[threadIdx.x] = 1;
}
__global__ void different_barriers(float* o) {
  if (gx::wave() == 0) {
    __syncthreads();
  } else {
    o[1] = 2;
    __syncthreads();
  }
}
__global__ void divergent_shuffle(float* o) {
  float v = threadIdx.x;
  if (gx::lane() < 32) v = gx::shuffle_xor(v, 1);
  o[threadIdx.x] = v;
}
__global__ void early_exit(float* o) {
  if (threadIdx.x == 7) return;
  __syncthreads();
  o[threadIdx.x] = 1;
}
__global__ void too_much_lds(float* o) {
  GX_SHARED(float, s, [20000]);
  s[threadIdx.x] = 1;
  o[threadIdx.x] = s[threadIdx.x];
}
__global__ void endless_spin(float* o) {
  while (gx::load_acquire(reinterpret_cast<uint32_t*>(o)) != 5) gx::pause();
}
__global__ void partial_wave_matrix(float* o) {
  gx::Mma::Accumulator d;
  gx::Mma::clear(d);
  const uint32_t a[gx::Mma::kRows][2] = {}, b[2] = {};
  gx::Mma::multiply_add(d, a, b);
  o[threadIdx.x] = d.v[0];
}
__global__ void lds_out_of_bounds(float* o) {
  GX_SHARED(float, s, [256]);
  s[threadIdx.x + 1] = 1;
  __syncthreads();
  o[threadIdx.x] = s[threadIdx.x];
}
__global__ void dynamic_lds_out_of_bounds(float* o) {
  GX_SHARED_DYNAMIC(float, s);
  s[threadIdx.x + 1] = 1;
  __syncthreads();
  o[threadIdx.x] = s[threadIdx.x];
}
__global__ void global_out_of_bounds(float* o) { o[threadIdx.x + 1] = 1; }
__global__ void misaligned_load(float* o) {
  const gx::U4 v = gx::load16(reinterpret_cast<char*>(o) + 4 * threadIdx.x % 512);
  o[threadIdx.x] = gx::bits_as<float>(v.v[0]);
}
__global__ void missing_block_barrier(float* o) {
  GX_SHARED(float, s, [256]);
  s[threadIdx.x] = threadIdx.x;
  o[threadIdx.x] = s[255 - threadIdx.x];
}
__global__ void missing_wave_sync(float* o) {
  GX_SHARED(float, s, [256]);
  s[threadIdx.x] = 1;
  o[threadIdx.x] = s[threadIdx.x ^ 1];
}
__global__ void two_blocks_one_address(float* o) { o[threadIdx.x] = blockIdx.x; }
template <bool Fences>
__global__ void last_block(float* o) {
  GX_SHARED(uint32_t, last, [1]);
  if (threadIdx.x == 0) {
    o[blockIdx.x] = 1;
    if (Fences) __threadfence();
    last[0] = atomicAdd(reinterpret_cast<uint32_t*>(o) + 4, 1u);
    if (Fences) __threadfence();
  }
  __syncthreads();
  if (last[0] == gridDim.x - 1 && threadIdx.x < 4) o[8 + threadIdx.x] = o[threadIdx.x] + 1;
}
__global__ void correct_wave_sync(float* o) {
  GX_SHARED(float, s, [256]);
  s[threadIdx.x] = 1;
  gx::wave_sync();
  o[threadIdx.x] = s[threadIdx.x ^ 1];
}
__global__ void correct_barriers(float* o) {
  GX_SHARED(float, s, [256]);
  s[threadIdx.x] = threadIdx.x;
  __syncthreads();
  o[threadIdx.x] = s[255 - threadIdx.x];
  __syncthreads();
  s[threadIdx.x] = 0;
}
__global__ void unwritten_lds(float* o) {
  GX_SHARED(float, s, [256]);
  o[threadIdx.x] = s[threadIdx.x];
}

struct Bug {
  const char* name;
  void (*kernel)(float*);
  int blocks, threads;
  size_t dynamic_bytes;
  bool reported;  // by this build
  bool gives_nan;
};

// 0 = ran to its end, 3 = NaN in the result, else reported.
int run_child(const Bug& bug) {
  const pid_t child = fork();
  if (child == 0) {
    (void)!freopen("/dev/null", "w", stderr);
    float* o = nullptr;
    (void)hipMalloc(&o, 256 * sizeof(float));
    for (int i = 0; i < 256; i++) o[i] = 0;
    gx::launch(bug.kernel, dim3(bug.blocks), dim3(bug.threads), bug.dynamic_bytes, nullptr, o);
    if (emulator::race::reports()) _exit(66);
    for (int i = 0; i < 256; i++)
      if (o[i] != o[i]) _exit(3);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
}  // namespace

int main() {
  const Bug bugs[] = {
      {"barrier in divergent code", divergent_barrier, 1, 256, 0, true, false},
      {"waves at different barriers", different_barriers, 1, 256, 0, true, false},
      {"shuffle in divergent code", divergent_shuffle, 1, 256, 0, true, false},
      {"thread exits before a barrier", early_exit, 1, 256, 0, true, false},
      {"more LDS than the device has", too_much_lds, 1, 256, 0, true, false},
      {"spin that never ends", endless_spin, 1, 64, 0, true, false},
      {"matrix instruction in a partial wave", partial_wave_matrix, 1, 40, 0, true, false},
      {"LDS array out of bounds", lds_out_of_bounds, 1, 256, 0, kAddress, false},
      {"dynamic LDS out of bounds", dynamic_lds_out_of_bounds, 1, 256, 1024, kAddress, false},
      {"global array out of bounds", global_out_of_bounds, 1, 256, 0, kAddress, false},
      {"misaligned 16-byte load", misaligned_load, 1, 128, 0, kAddress, false},
      {"missing block barrier", missing_block_barrier, 1, 256, 0, kRace, false},
      {"missing wave_sync", missing_wave_sync, 1, 256, 0, kRace, false},
      {"two blocks write one address", two_blocks_one_address, 2, 256, 0, kRace, false},
      {"last-block pattern without fences", last_block<false>, 4, 256, 0, kRace, false},
      {"LDS read before written", unwritten_lds, 1, 256, 0, false, true},
      {"correct: wave_sync", correct_wave_sync, 1, 256, 0, false, false},
      {"correct: barriers", correct_barriers, 1, 256, 0, false, false},
      {"correct: last-block pattern with fences", last_block<true>, 4, 256, 0, false, false},
  };
  int passed = 0, failed = 0;
  std::printf("checker: %s\n", kRace ? "race rules" : kAddress ? "address and undefined behaviour" : "plain");
  for (const Bug& bug : bugs) {
    // A bug that this build cannot see may end either way; only what it must see, and what is correct, is judged.
    const bool correct = std::string(bug.name).rfind("correct", 0) == 0;
    if (!bug.reported && !bug.gives_nan && !correct) continue;
    const int result = run_child(bug);
    const bool ok = bug.reported ? result != 0 && result != 3 : result == (bug.gives_nan ? 3 : 0);
    (ok ? passed : failed)++;
    std::printf("%s %s\n", ok ? "ok  " : "FAIL", bug.name);
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
