#pragma once

#include <cstddef>
#include <cstdint>

namespace facenet {

/// While it lives, no tensor that LibTorch makes in this thread may take more bytes: asking for
/// more throws c10::Error. Attributes of a few bytes, such as a padding, can ask for any amount.
class MemoryLimit {
 public:
  explicit MemoryLimit(std::size_t bytes);
  ~MemoryLimit();
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  std::size_t before_;
};

/// Throws c10::Error when the limit forbids a tensor of so many bytes: for what is not allocated by
/// LibTorch itself.
void require_memory(double bytes);

}  // namespace facenet
