// A fixed block of zeroed memory, aligned for every vector load and for huge pages when it is large. Large blocks are zero pages
// that become memory where they are first written: what a run never reaches (context, batch) costs nothing.
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

// Sanitizers see the bounds of what malloc gave, not of mappings.
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
inline constexpr bool kMapLargeBuffers = true;
#else
inline constexpr bool kMapLargeBuffers = false;
#endif

// Whether a large block asks for huge pages: faster to walk, but a page of it counts as soon as one byte is written.
enum class PageSize { huge, small };

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
  ~AlignedBuffer() { release(); }

  // Bytes that allocate(count) takes, for plans.
  static constexpr uint64_t bytes_for(uint64_t count) {
    const uint64_t bytes = count * sizeof(T);
    const uint64_t alignment = bytes >= kHugePage ? kHugePage : 64;
    return (bytes + alignment - 1) / alignment * alignment;
  }

  // False when the system has no such amount of memory. Contents are zero.
  [[nodiscard]] bool allocate(uint64_t count, PageSize page_size = PageSize::huge) {
    release();
    if (count == 0) return true;
    if (count > SIZE_MAX / 2 / sizeof(T)) return false;
    const uint64_t bytes = bytes_for(count);
    data_ = static_cast<T*>(is_mapped(bytes) ? map(bytes, page_size) : std::aligned_alloc(bytes >= kHugePage ? kHugePage : 64, bytes));
    if (data_ == nullptr) return false;
    if (!is_mapped(bytes)) std::memset(static_cast<void*>(data_), 0, bytes);
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
  static constexpr bool is_mapped(uint64_t bytes) { return kMapLargeBuffers && bytes >= kHugePage; }

  // `bytes` is a multiple of kHugePage. Null when the system refuses.
  static void* map(uint64_t bytes, PageSize page_size) {
#if defined(__linux__)
    // One huge page more than needed, so that an aligned stretch can be kept.
    void* mapping = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) return nullptr;
    auto* begin = static_cast<unsigned char*>(mapping);
    const uint64_t before = (kHugePage - reinterpret_cast<uintptr_t>(begin) % kHugePage) % kHugePage;
    if (before != 0) munmap(begin, before);
    munmap(begin + before + bytes, kHugePage - before);
    madvise(begin + before, bytes, page_size == PageSize::huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    return begin + before;
#else
    return nullptr;
#endif
  }

  void release() {
    if (data_ == nullptr) return;
#if defined(__linux__)
    if (is_mapped(bytes_for(count_))) munmap(static_cast<void*>(data_), bytes_for(count_));
#endif
    if (!is_mapped(bytes_for(count_))) std::free(data_);
    data_ = nullptr;
    count_ = 0;
  }

  T* data_ = nullptr;
  uint64_t count_ = 0;
};

}  // namespace greta
