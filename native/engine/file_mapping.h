// A read-only mapping of a model file. A page that has vanished (the file was truncated, the disk failed) would end the
// process with SIGBUS: a handler puts zeros there instead and marks the mapping, and whoever used it reports an io_error.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"

namespace greta {

class FileMapping {
 public:
  // Maps `path` whole. io_error when it cannot be opened or is shorter than `expected_bytes`.
  static Status open(const std::string& path, uint64_t expected_bytes, std::unique_ptr<FileMapping>* mapping);
  ~FileMapping();
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;

  const uint8_t* data() const { return data_; }
  uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

  // Brings [offset, offset + bytes) into memory. io_error when the file no longer has them.
  Status prefault(uint64_t offset, uint64_t bytes) const;

  // io_error once a page was missing: every number computed from it since then is wrong.
  Status check_intact() const;

 private:
  FileMapping(std::string path, const uint8_t* data, uint64_t size);
  Status shrank() const;

  std::string path_;
  const uint8_t* data_;
  uint64_t size_;
  int guard_slot_ = -1;
};

}  // namespace greta
