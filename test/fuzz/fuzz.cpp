#include "test/fuzz/fuzz.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace facenet::fuzz {

MemoryFile::MemoryFile(std::span<const std::uint8_t> bytes)
    : file_(::memfd_create("fuzz", MFD_CLOEXEC)), size_(bytes.size()) {
  FUZZ_EXPECT(file_.get() >= 0);
  FUZZ_EXPECT(::write(file_.get(), bytes.data(), bytes.size()) == std::ssize(bytes));
  ::lseek(file_.get(), 0, SEEK_SET);
}

std::string MemoryFile::path() const {
  return "/proc/self/fd/" + std::to_string(file_.get());
}

MappedFile MemoryFile::map() const {
  return {file_, size_, "file"};
}

template <class T>
T Choices::raw() {
  T value{};
  const std::size_t count = std::min(sizeof value, rest_.size());
  std::memcpy(&value, rest_.data(), count);
  rest_ = rest_.subspan(count);
  return value;
}

std::uint8_t Choices::byte() {
  if (rest_.empty()) return 0;
  const std::uint8_t first = rest_.front();
  rest_ = rest_.subspan(1);
  return first;
}

std::size_t Choices::below(std::size_t limit) {
  return byte() % limit;
}

std::int64_t Choices::integer() {
  return rest_.empty() ? 0 : raw<std::int64_t>();
}

double Choices::number() {
  return rest_.empty() ? 0 : raw<double>();
}

std::string Choices::text() {
  const std::size_t wanted = byte();  // before what is left is counted
  const std::size_t count = std::min(wanted, rest_.size());
  const std::string words(reinterpret_cast<const char*>(rest_.data()), count);
  rest_ = rest_.subspan(count);
  return words;
}

void expect_message(const std::exception& error) {
  const std::string_view text = error.what();
  FUZZ_EXPECT(!text.empty());
}

}  // namespace facenet::fuzz
