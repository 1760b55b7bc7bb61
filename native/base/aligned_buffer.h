// A fixed block of zeroed memory, aligned for every vector load and for huge pages when it is large.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace greta {

// Owns `count` elements of a trivial type. allocate() is for load time only; it reports failure instead of throwing.
template <typename T>
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  AlignedBuffer(const AlignedBuffer&) = delete;
  AlignedBuffer& operator=(const AlignedBuffer&) = delete;
  AlignedBuffer(AlignedBuffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~AlignedBuffer() { std::free(data_); }

  // Bytes that allocate(count) takes, for plans.
  static constexpr uint64_t bytes_for(uint64_t count) {
    const uint64_t bytes = count * sizeof(T);
    const uint64_t alignment = bytes >= kHugePage ? kHugePage : 64;
    return (bytes + alignment - 1) / alignment * alignment;
  }

  // False when the system has no such amount of memory. Contents are zero.
  [[nodiscard]] bool allocate(uint64_t count) {
    std::free(data_);
    data_ = nullptr;
    count_ = 0;
    if (count == 0) return true;
    if (count > SIZE_MAX / 2 / sizeof(T)) return false;
    const uint64_t bytes = bytes_for(count);
    data_ = static_cast<T*>(std::aligned_alloc(bytes >= kHugePage ? kHugePage : 64, bytes));
    if (data_ == nullptr) return false;
#if defined(__linux__)
    if (bytes >= kHugePage) madvise(data_, bytes, MADV_HUGEPAGE);
#endif
    std::memset(static_cast<void*>(data_), 0, bytes);
    count_ = count;
    return true;
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  uint64_t size() const { return count_; }
  T& operator[](uint64_t index) { return data_[index]; }
  const T& operator[](uint64_t index) const { return data_[index]; }

 private:
  static constexpr uint64_t kHugePage = 2u << 20;
  T* data_ = nullptr;
  uint64_t count_ = 0;
};

}  // namespace greta
