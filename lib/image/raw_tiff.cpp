#include "image/raw_tiff.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <unistd.h>
#include <vector>

namespace facenet {
namespace {

constexpr std::uint32_t kPhotometricTag = 0x0106;
constexpr std::uint32_t kSubDirectoriesTag = 0x014a;
constexpr std::uint32_t kDngVersionTag = 0xc612;
constexpr std::uint32_t kColourFilterArray = 32803;
constexpr std::uint32_t kLinearRaw = 34892;
/// More than any camera writes; a damaged file shall not keep us busy.
constexpr std::size_t kMostDirectories = 32;
constexpr std::uint32_t kMostEntries = 512;
constexpr std::uint32_t kMostSubDirectories = 16;

/// An entry of a directory: a tag and its value, or where its values stand.
struct TiffEntry {
  std::uint32_t tag, count, value;
};

class TiffReader {
 public:
  explicit TiffReader(int descriptor) : file_(descriptor) {
    std::array<std::uint8_t, 10> header{};
    if (!read(0, header)) return;
    is_cr2_ = header[8] == 'C' && header[9] == 'R';
    big_ = header[0] == 'M';
    next_ = number(header.data() + 4, 4);
  }

  bool is_cr2() const { return is_cr2_; }

  /// The directories of the file and those below them, one after another, in any order.
  bool next_directory(std::vector<TiffEntry>& entries) {
    entries.clear();
    const auto place = take_place();
    std::array<std::uint8_t, 2> count{};
    if (!place || !read(*place, count)) return false;
    const std::uint32_t entry_count = std::min(number(count.data(), 2), kMostEntries);
    for (std::uint32_t i = 0; i < entry_count; ++i) {
      std::array<std::uint8_t, 12> bytes{};
      if (!read(*place + 2 + std::int64_t{12} * i, bytes)) return true;
      entries.push_back(entry(bytes.data()));
      if (entries.back().tag == kSubDirectoriesTag) add_sub_directories(entries.back());
    }
    std::array<std::uint8_t, 4> next{};
    if (read(*place + 2 + std::int64_t{12} * entry_count, next)) next_ = number(next.data(), 4);
    return true;
  }

 private:
  template <std::size_t size>
  bool read(std::int64_t place, std::array<std::uint8_t, size>& bytes) const {
    return ::pread(file_, bytes.data(), size, place) == static_cast<ssize_t>(size);
  }

  std::uint32_t number(const std::uint8_t* bytes, int size) const {
    std::uint32_t value = 0;
    for (int i = 0; i < size; ++i)
      value |= std::uint32_t{bytes[i]} << (8 * (big_ ? size - 1 - i : i));
    return value;
  }

  TiffEntry entry(const std::uint8_t* bytes) const {
    constexpr std::uint32_t kShort = 3;
    const bool is_short = number(bytes + 2, 2) == kShort;
    return {.tag = number(bytes, 2),
            .count = number(bytes + 4, 4),
            .value = number(bytes + 8, is_short ? 2 : 4)};
  }

  /// One directory's place stands in the entry itself.
  void add_sub_directories(const TiffEntry& entry) {
    if (entry.count == 1) waiting_.push_back(entry.value);
    for (std::uint32_t i = 0; entry.count > 1 && i < std::min(entry.count, kMostSubDirectories);
         ++i) {
      std::array<std::uint8_t, 4> place{};
      if (read(std::int64_t{entry.value} + std::int64_t{4} * i, place))
        waiting_.push_back(number(place.data(), 4));
    }
  }

  /// Where a directory stands that was not visited: a chain may lead back into itself.
  std::optional<std::int64_t> take_place() {
    if (next_ != 0) waiting_.push_back(next_);
    next_ = 0;
    while (!waiting_.empty() && visited_.size() < kMostDirectories) {
      const std::uint32_t place = waiting_.back();
      waiting_.pop_back();
      if (visited_.insert(place).second) return place;
    }
    return std::nullopt;
  }

  int file_;
  bool is_cr2_ = false;
  bool big_ = false;        ///< the first byte of a number is its highest
  std::uint32_t next_ = 0;  ///< of the chain of directories
  std::vector<std::uint32_t> waiting_;
  std::set<std::uint32_t> visited_;
};

bool says_raw(const TiffEntry& entry) {
  if (entry.tag == kDngVersionTag) return true;
  return entry.tag == kPhotometricTag &&
         (entry.value == kColourFilterArray || entry.value == kLinearRaw);
}

}  // namespace

bool is_raw_tiff(int descriptor) {
  TiffReader reader(descriptor);
  if (reader.is_cr2()) return true;
  std::vector<TiffEntry> entries;
  while (reader.next_directory(entries))
    if (std::ranges::any_of(entries, says_raw)) return true;
  return false;
}

bool has_raw_extension(std::string_view path) {
  constexpr auto kExtensions = std::to_array<std::string_view>(
      {"3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "iiq", "k25", "kdc", "mef",
       "mos", "mrw", "nef", "nrw", "orf", "pef", "raf", "rw2", "rwl", "sr2", "srf", "srw", "x3f"});
  const std::size_t dot = path.find_last_of("./");
  if (dot == std::string_view::npos || path[dot] != '.') return false;
  const std::string_view extension = path.substr(dot + 1);
  const auto is_letter = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  };
  return std::ranges::any_of(kExtensions, [&](std::string_view known) {
    return std::ranges::equal(extension, known, is_letter);
  });
}

}  // namespace facenet
