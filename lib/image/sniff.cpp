#include "image/sniff.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/format.h"
#include "image/decode.h"

namespace facenet {
namespace {

using namespace std::string_view_literals;

std::string_view as_text(std::span<const std::byte> head) {
  return {reinterpret_cast<const char*>(head.data()), head.size()};
}

bool has_at(std::string_view head, std::size_t offset, std::string_view bytes) {
  return head.size() >= offset && head.substr(offset).starts_with(bytes);
}

bool is_jpeg_xl(std::string_view head) {
  return head.starts_with("\xff\x0a") || has_at(head, 4, "JXL ");
}

bool is_raw(std::string_view head) {
  return head.starts_with("FUJIFILMCCD-RAW") || has_at(head, 4, "ftypcrx ");
}

/// "BM" alone also begins a text about cars; the length of the second header settles it.
bool is_bmp(std::string_view head) {
  constexpr std::array kHeaderLengths = {"\x0c"sv, "\x10"sv, "\x28"sv, "\x34"sv,
                                         "\x38"sv, "\x40"sv, "\x6c"sv, "\x7c"sv};
  return head.size() >= 18 && head.starts_with("BM") && head.substr(15, 3) == "\0\0\0"sv &&
         std::ranges::find(kHeaderLengths, head.substr(14, 1)) != kHeaderLengths.end();
}

/// The ISO container is shared with films, so the brand decides: the major one or, as some cameras
/// write only "mif1" or a private one there, one of the first compatible ones.
bool is_heic(std::string_view head) {
  constexpr std::array kBrands = {"heic"sv, "heix"sv, "heim"sv, "heis"sv, "hevc"sv, "hevx"sv,
                                  "hevm"sv, "hevs"sv, "mif1"sv, "msf1"sv, "avif"sv, "avis"sv};
  if (!has_at(head, 4, "ftyp")) return false;
  for (std::size_t at = 8; at + 4 <= head.size(); at += 4) {
    if (at == 12) continue;  // the minor version
    if (std::ranges::find(kBrands, head.substr(at, 4)) != kBrands.end()) return true;
  }
  return false;
}

bool is_text(std::string_view head) {
  return std::ranges::all_of(head, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isprint(byte) != 0 || std::isspace(byte) != 0;
  });
}

/// Empty when unknown.
std::string_view foreign_kind(std::string_view head) {
  if (head.starts_with("%PDF")) return "a PDF document";
  if (head.starts_with("PK\3\4")) return "a ZIP archive or an office document";
  if (head.starts_with("8BPS")) return "a Photoshop document";
  if (has_at(head, 4, "ftyp") || head.starts_with("\x1a\x45\xdf\xa3")) return "a film";
  if (is_text(head)) return "text";
  return {};
}

}  // namespace

std::optional<ImageFormat> sniff_format(std::span<const std::byte> bytes) {
  const std::string_view head =
      as_text(bytes.first(std::min<std::size_t>(bytes.size(), kSniffBytes)));
  if (head.starts_with("\xff\xd8\xff"sv)) return ImageFormat::kJpeg;
  if (head.starts_with("\x89PNG\r\n\x1a\n"sv)) return ImageFormat::kPng;
  if (head.starts_with("RIFF") && has_at(head, 8, "WEBP")) return ImageFormat::kWebp;
  if (head.starts_with("GIF87a"sv) || head.starts_with("GIF89a"sv)) return ImageFormat::kGif;
  for (const auto magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (head.starts_with(magic)) return ImageFormat::kTiff;
  }
  if (is_bmp(head)) return ImageFormat::kBmp;
  if (is_heic(head)) return ImageFormat::kHeic;
  return std::nullopt;
}

std::string why_no_photo(std::span<const std::byte> bytes) {
  if (bytes.empty()) return "the file is empty";
  const std::string_view head = as_text(bytes);
  if (is_jpeg_xl(head)) return "a JPEG XL image, which facenet does not read";
  if (is_raw(head)) return "a raw photo, which facenet does not read";
  const std::string_view kind = foreign_kind(head);
  if (kind.empty()) return "not a photo (its first bytes are of no known format)";
  return fmt::format("not a photo (its first bytes are those of {})", kind);
}

}  // namespace facenet
