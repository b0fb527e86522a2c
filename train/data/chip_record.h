#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/error.h"
#include "base/hash.h"

namespace facenet {

/// A photo's file as it was when its face was cut out.
struct SourceFile {
  std::string path;
  std::int64_t size = 0, mtime_ns = 0;

  friend bool operator==(const SourceFile&, const SourceFile&) = default;
};

/// What became of a photo of a data set.
enum class ChipOutcome : std::uint8_t {
  kChip,
  kUnreadable,
  kWithoutFace,
  kDuplicate,      ///< the same bytes stand under the same person already
  kContradiction,  ///< the same bytes stand under another person too, so one label is wrong
};

struct ChipRecord {
  SourceFile source;
  ChipOutcome outcome = ChipOutcome::kUnreadable;
  std::string reason;      ///< of kUnreadable
  Sha256 content;          ///< of the file
  Sha256 pixels;           ///< of its chip
  std::uint64_t slot = 0;  ///< where in the cache its chip lies

  /// Also true of those whose chip is left out because of another photo.
  bool has_chip() const {
    return outcome != ChipOutcome::kUnreadable && outcome != ChipOutcome::kWithoutFace;
  }
};

/// Numbers (little-endian, like every machine that LibTorch runs on) and texts, one after another.
class ByteWriter {
 public:
  template <class T>
  void number(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void text(std::string_view text) {
    number(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Reads what a ByteWriter wrote. Throws Error where the bytes end too early.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class T>
  T number() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string text() {
    const auto bytes = take(number<std::uint32_t>());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::span<const std::byte> take(std::size_t size) {
    if (size > bytes_.size()) fail("it is cut short");
    const auto taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }
  bool at_end() const { return bytes_.empty(); }
  std::size_t left() const { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
};

void write_record(ByteWriter& out, const ChipRecord& record);
/// Throws Error when the bytes are no record.
ChipRecord read_record(ByteReader& in);

}  // namespace facenet
