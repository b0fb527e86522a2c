#pragma once

#include <cstddef>
#include <span>

#include "base/file.h"

namespace facenet {

/// Memory that another process writes into for us, by a descriptor or as a child. It cannot make it
/// shorter under our eyes. What is not written to takes no room.
class SharedMemory {
 public:
  /// Throws std::bad_alloc.
  explicit SharedMemory(std::size_t size);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  const Descriptor& file() const { return file_; }
  std::span<char> bytes() const { return {static_cast<char*>(address_), size_}; }

 private:
  Descriptor file_;
  std::size_t size_;
  void* address_ = nullptr;
};

}  // namespace facenet
