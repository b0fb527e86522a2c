#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace facenet {

/// A SHA-256 digest: what a photo or a weights file *is*, wherever it lies.
struct Sha256 {
  std::array<std::uint8_t, 32> bytes{};

  std::string hex() const;
  /// Throws Error when `hex` is not 64 hexadecimal digits.
  static Sha256 from_hex(std::string_view hex);

  friend bool operator==(const Sha256&, const Sha256&) = default;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 inside <=> for a pointer
  friend auto operator<=>(const Sha256&, const Sha256&) = default;
};

/// Hashes a stream piece by piece.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  void update(std::span<const std::byte> data);
  Sha256 finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Sha256 sha256(std::span<const std::byte> data);
/// Reads the open file from its start to its end, in pieces. Throws Error when reading fails.
Sha256 sha256_of_descriptor(int descriptor);
/// Throws Error when the file cannot be read.
Sha256 sha256_of_file(const std::string& path);

}  // namespace facenet
