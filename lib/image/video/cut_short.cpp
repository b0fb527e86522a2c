#include "image/video/cut_short.h"

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace facenet {
namespace {

using namespace std::string_view_literals;

/// An open file, of which single numbers are read.
class NumberReader {
 public:
  explicit NumberReader(int descriptor) : descriptor_(descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) == 0) size_ = static_cast<std::uint64_t>(status.st_size);
  }

  std::uint64_t size() const { return size_; }

  /// Nothing beyond the end.
  std::optional<std::uint64_t> big_endian(std::uint64_t offset, int bytes) const {
    std::array<std::uint8_t, 8> word{};
    const auto count = static_cast<std::size_t>(bytes);
    if (offset > size_ || size_ - offset < count ||
        ::pread(descriptor_, word.data(), count, static_cast<off_t>(offset)) != bytes)
      return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | word[i];
    return value;
  }

  bool has(std::uint64_t offset, std::string_view bytes) const {
    std::uint64_t wanted = 0;
    for (const char byte : bytes) wanted = wanted << 8 | static_cast<std::uint8_t>(byte);
    return big_endian(offset, static_cast<int>(bytes.size())) == wanted;
  }

  /// Whether so many bytes from there on are more than there are.
  bool ends_before(std::uint64_t offset, std::uint64_t length) const {
    return offset > size_ || length > size_ - offset;
  }

 private:
  int descriptor_;
  std::uint64_t size_ = 0;
};

/// A film is a chain of boxes: length, type, content. What it is made of stands in "moov", the
/// pictures in "mdat"; what comes behind may be anything.
bool is_mp4_cut(const NumberReader& file) {
  constexpr int kMostBoxes = 100'000;  // a film of an hour in pieces of a second has 7,200
  bool has_moov = false;
  std::uint64_t offset = 0;
  for (int i = 0; i < kMostBoxes && offset < file.size(); ++i) {
    const auto length32 = file.big_endian(offset, 4);
    if (!length32) break;
    std::uint64_t length = *length32;
    if (length == 1) length = file.big_endian(offset + 8, 8).value_or(0);
    if (length == 0 && *length32 == 0) length = file.size() - offset;  // to the end
    if (length < 8) break;
    const bool is_moov = file.has(offset + 4, "moov"sv);
    const bool matters = is_moov || file.has(offset + 4, "mdat"sv);
    if (file.ends_before(offset, length)) return matters || !has_moov;
    has_moov = has_moov || is_moov;
    offset += length;
  }
  return !has_moov;
}

/// A number whose first byte says how many bytes it has (EBML). Nothing where all its bits are
/// ones: "not known".
struct EbmlLength {
  std::uint64_t value = 0;
  int bytes = 0;
};
std::optional<EbmlLength> ebml_length(const NumberReader& file, std::uint64_t offset) {
  const auto first = file.big_endian(offset, 1);
  if (!first || *first == 0) return std::nullopt;
  const int bytes = std::countl_zero(static_cast<std::uint8_t>(*first)) + 1;
  const auto all = file.big_endian(offset, bytes);
  if (!all) return std::nullopt;
  const std::uint64_t most = (std::uint64_t{1} << (7 * bytes)) - 1;
  const std::uint64_t value = *all & most;
  if (value == most) return std::nullopt;
  return EbmlLength{value, bytes};
}

/// A header, then one segment with all the rest.
bool is_matroska_cut(const NumberReader& file) {
  const auto header = ebml_length(file, 4);
  if (!header) return false;
  const std::uint64_t segment = 4 + static_cast<std::uint64_t>(header->bytes) + header->value;
  if (file.ends_before(segment, 5)) return true;
  if (!file.has(segment, "\x18\x53\x80\x67"sv)) return false;
  const auto length = ebml_length(file, segment + 4);
  return length &&
         file.ends_before(segment + 4 + static_cast<std::uint64_t>(length->bytes), length->value);
}

bool is_avi_cut(const NumberReader& file) {
  const auto length = file.big_endian(4, 4);
  return !length || file.ends_before(8, __builtin_bswap32(static_cast<std::uint32_t>(*length)));
}

}  // namespace

bool is_film_cut_short(int descriptor) {
  const NumberReader file(descriptor);
  if (file.has(0, "\x1a\x45\xdf\xa3"sv)) return is_matroska_cut(file);
  if (file.has(0, "RIFF"sv)) return is_avi_cut(file);
  for (const auto atom : {"ftyp"sv, "moov"sv, "mdat"sv, "wide"sv})
    if (file.has(4, atom)) return is_mp4_cut(file);
  return false;
}

}  // namespace facenet
