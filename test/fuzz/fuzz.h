#pragma once

// What the fuzz targets share. A target is a function of bytes that throws nothing, whatever they
// are; what it finds out to be wrong ends the program (FUZZ_EXPECT). libFuzzer calls it with bytes
// of its own making (preset "fuzz"), replay/ with those in seeds/ and corpus/.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "base/file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

#define FUZZ_EXPECT(condition)                                                     \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)

namespace facenet::fuzz {

/// The bytes as a file in memory, which has a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const std::uint8_t> bytes);

  int descriptor() const { return file_.get(); }
  std::string path() const;
  MappedFile map() const;

 private:
  Descriptor file_;
  std::size_t size_;
};

/// Takes the bytes for one decision after the other. At their end everything is zero.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  std::uint8_t byte();
  /// One of 0 ... limit - 1.
  std::size_t below(std::size_t limit);
  std::int64_t integer();
  double number();
  /// Up to 255 bytes.
  std::string text();

 private:
  template <class T>
  T raw();

  std::span<const std::uint8_t> rest_;
};

/// A message for users has one line and says something.
void expect_message(const std::exception& error);

}  // namespace facenet::fuzz
