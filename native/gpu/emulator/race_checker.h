// Data-race check of emulated kernels by GPU rules, not by schedule: block barriers, wave_sync, and atomics made visible by
// __threadfence order accesses; nothing else does. Kernel files are compiled with -fsanitize=thread (the compiler then calls
// __tsan_readN/__tsan_writeN at each access) and linked with race_checker.cpp instead of the TSan runtime.
#pragma once
#include <cstddef>
#include <cstdint>

namespace emulator::race {
enum class Atomic { load, update };
#if defined(GX_RACE_CHECK)
void region(void* address, size_t bytes, bool lds);  // watch; bytes 0 = forget
void launch_begins();
void launch_ends();
void block_barrier(uint32_t block);
void wave_barrier(uint32_t block, int wave);
void fence();
void note_atomic(void* address, int bytes, Atomic kind);
int reports();
#else
inline void region(void*, size_t, bool) {}
inline void launch_begins() {}
inline void launch_ends() {}
inline void block_barrier(uint32_t) {}
inline void wave_barrier(uint32_t, int) {}
inline void fence() {}
inline void note_atomic(void*, int, Atomic) {}
inline int reports() { return 0; }
#endif
}  // namespace emulator::race
