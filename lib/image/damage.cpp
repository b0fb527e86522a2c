#include "image/damage.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

#include "base/format.h"

namespace facenet {
namespace {

using Word = std::array<std::uint8_t, 4>;

/// Whether all of `word` lay before the end of the file.
bool read_word(int descriptor, std::int64_t offset, Word& word) {
  return ::pread(descriptor, word.data(), word.size(), offset) == static_cast<ssize_t>(word.size());
}

std::int64_t little_endian(const Word& word) {
  return word[0] | word[1] << 8 | word[2] << 16 | std::int64_t{word[3]} << 24;
}

std::int64_t big_endian(const Word& word) {
  return word[3] | word[2] << 8 | word[1] << 16 | std::int64_t{word[0]} << 24;
}

/// Whether the file is shorter than its header says: `overhead` more than the number at `offset`.
bool shorter_than_declared(int descriptor, std::int64_t offset, std::int64_t overhead) {
  Word length;
  struct stat status {};
  if (!read_word(descriptor, offset, length) || ::fstat(descriptor, &status) != 0) return true;
  return status.st_size < little_endian(length) + overhead;
}

/// A PNG file is a chain of chunks (length, type, data, check sum) that ends with IEND.
bool png_lacks_end(int descriptor) {
  for (std::int64_t offset = 8;;) {
    Word length;
    Word type;
    if (!read_word(descriptor, offset, length)) return true;
    if (!read_word(descriptor, offset + 4, type)) return true;
    if (std::memcmp(type.data(), "IEND", type.size()) == 0) return false;
    offset += 12 + big_endian(length);
  }
}

/// Decoders that read past the end say so in one of these ways.
bool mentions_end_of_file(const std::string& reason) {
  constexpr std::array kPhrases = {"Premature end", "Unexpected end",
                                   "bad seek",      "Read error",
                                   "IO error",      "Can not read TIFF directory"};
  return std::ranges::any_of(
      kPhrases, [&](const char* phrase) { return reason.find(phrase) != std::string::npos; });
}

/// How systems and decoders say that something ran out, in small letters. libvips does not notice
/// that its copy of a descriptor could not be made.
constexpr std::array kShortages = {
    "out of memory",       "cannot allocate memory",  "insufficient memory",
    "memory allocation",   "not enough memory",       "too many open files",
    "bad file descriptor", "no space left on device", "disk quota exceeded",
    "input/output error",  "stale file handle"};

bool is_cut_short(ImageFormat format, int descriptor, const std::string& reason) {
  switch (format) {
    case ImageFormat::kPng:
      return png_lacks_end(descriptor);
    case ImageFormat::kWebp:
      return shorter_than_declared(descriptor, 4, 8);
    case ImageFormat::kBmp:
      return shorter_than_declared(descriptor, 2, 0);
    default:
      return mentions_end_of_file(reason);
  }
}

}  // namespace

bool is_shortage(std::string reason) {
  std::ranges::transform(reason, reason.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto has = [&](const char* part) { return reason.find(part) != std::string::npos; };
  // libheif calls it a failed allocation when a file claims to hold gigabytes.
  return std::ranges::any_of(kShortages, has) && !has("security limit exceeded");
}

std::string explain_damage(ImageFormat format, int descriptor, const std::string& decoder_reason) {
  // ImageMagick puts what is more than its policy's share of memory into a file, which a decoder
  // may not open, or not make as long. Debian's policy: 256 MiB, some 33 megapixels.
  const auto says = [&](const char* part) {
    return decoder_reason.find(part) != std::string::npos;
  };
  if (format == ImageFormat::kBmp && (says("pixel cache") || says("extend cache")))
    return "too large for a BMP file; save it as PNG or JPEG";
  if (is_shortage(decoder_reason)) return fmt::format("cannot be decoded now: {}", decoder_reason);
  if (is_cut_short(format, descriptor, decoder_reason)) return "the file is cut short";
  if (decoder_reason.empty()) return fmt::format("the {} data are damaged", to_string(format));
  return fmt::format("the {} data cannot be decoded: {}", to_string(format), decoder_reason);
}

}  // namespace facenet
