// Unaligned fields of stored blocks. Internal linkage: every instruction set compiles its own.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/dtype.h"

namespace greta::cpu {
namespace {

inline HalfBits load_half_bits(const uint8_t* p) {
  HalfBits bits;
  std::memcpy(&bits, p, 2);
  return bits;
}
inline uint32_t load_u32(const uint8_t* p) {
  uint32_t value;
  std::memcpy(&value, p, 4);
  return value;
}

}  // namespace
}  // namespace greta::cpu
