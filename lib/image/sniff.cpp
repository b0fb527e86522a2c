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
  return head.starts_with("\xff\x0a") || has_at(head, 4, "JXL \r\n\x87\n");
}

bool is_jpeg_2000(std::string_view head) {
  return has_at(head, 4, "jP  \r\n\x87\n") || head.starts_with("\xff\x4f\xff\x51");
}

/// Fujifilm RAF, Canon CR3 and CRW, Olympus ORF, Panasonic RW2, Sigma X3F, Minolta MRW.
bool is_raw(std::string_view head) {
  constexpr std::array kBeginnings = {"FUJIFILMCCD-RAW"sv, "IIRO"sv, "IIRS"sv, "MMOR"sv,
                                      "IIU\0"sv,           "FOVb"sv, "\0MRM"sv};
  return std::ranges::any_of(kBeginnings, [&](auto bytes) { return head.starts_with(bytes); }) ||
         has_at(head, 4, "ftypcrx ") || has_at(head, 6, "HEAPCCDR");
}

bool is_audio(std::string_view head) {
  constexpr std::array kBrands = {"ftypM4A "sv, "ftypM4B "sv, "ftypM4P "sv};
  return std::ranges::any_of(kBrands, [&](auto brand) { return has_at(head, 4, brand); });
}

/// MP4 and QuickTime, also before it had a type; Matroska and WebM, AVI, Flash, Windows Media,
/// MPEG.
bool is_video(std::string_view head) {
  constexpr std::array kAtoms = {"ftyp"sv, "moov"sv, "mdat"sv, "wide"sv};
  constexpr std::array kBeginnings = {"\x1a\x45\xdf\xa3"sv, "FLV\1"sv, "\0\0\1\xba"sv,
                                      "\0\0\1\xb3"sv, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv};
  return std::ranges::any_of(kAtoms, [&](auto atom) { return has_at(head, 4, atom); }) ||
         std::ranges::any_of(kBeginnings, [&](auto bytes) { return head.starts_with(bytes); }) ||
         (head.starts_with("RIFF") && has_at(head, 8, "AVI "));
}

/// "BM" alone also begins a text about cars; the length of the second header settles it.
bool is_bmp(std::string_view head) {
  constexpr std::array kHeaderLengths = {"\x0c"sv, "\x10"sv, "\x28"sv, "\x34"sv,
                                         "\x38"sv, "\x40"sv, "\x6c"sv, "\x7c"sv};
  return head.size() >= 18 && head.starts_with("BM") && head.substr(15, 3) == "\0\0\0"sv &&
         std::ranges::find(kHeaderLengths, head.substr(14, 1)) != kHeaderLengths.end();
}

/// The ISO container is shared with films, so the brands decide: the major one and the first
/// compatible ones, since some cameras write only "mif1" or a private one as the major. "mif1" and
/// "msf1" say that there are pictures, but not how they are coded: the other brands do, and where
/// none does it is HEIC.
std::optional<ImageFormat> sniff_iso(std::string_view head) {
  constexpr std::array kHeic = {"heic"sv, "heix"sv, "heim"sv, "heis"sv,
                                "hevc"sv, "hevx"sv, "hevm"sv, "hevs"sv};
  constexpr std::array kAvif = {"avif"sv, "avis"sv};
  constexpr std::array kAny = {"mif1"sv, "msf1"sv};
  if (!has_at(head, 4, "ftyp")) return std::nullopt;
  std::optional<ImageFormat> format;
  for (std::size_t at = 8; at + 4 <= head.size(); at += 4) {
    if (at == 12) continue;  // the minor version
    const std::string_view brand = head.substr(at, 4);
    if (std::ranges::find(kHeic, brand) != kHeic.end()) return ImageFormat::kHeic;
    if (std::ranges::find(kAvif, brand) != kAvif.end()) return ImageFormat::kAvif;
    if (std::ranges::find(kAny, brand) != kAny.end()) format = ImageFormat::kHeic;
  }
  return format;
}

bool is_text(std::string_view head) {
  return std::ranges::all_of(head, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isprint(byte) != 0 || std::isspace(byte) != 0;
  });
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
  if (is_jpeg_xl(head)) return ImageFormat::kJpegXl;
  if (is_raw(head)) return ImageFormat::kRaw;
  return sniff_iso(head);
}

ForeignContent foreign_content(std::span<const std::byte> bytes) {
  const std::string_view head = as_text(bytes);
  if (is_jpeg_2000(head)) return ForeignContent::kJpeg2000;
  if (head.starts_with("8BPS")) return ForeignContent::kPhotoshop;
  if (head.starts_with("%PDF")) return ForeignContent::kPdf;
  if (head.starts_with("PK\3\4")) return ForeignContent::kZip;
  if (is_audio(head)) return ForeignContent::kAudio;
  if (is_video(head)) return ForeignContent::kVideo;
  return is_text(head) ? ForeignContent::kText : ForeignContent::kUnknown;
}

std::string why_no_photo(std::span<const std::byte> bytes) {
  if (bytes.empty()) return "the file is empty";
  const auto first_bytes_of = [](const char* what) {
    return fmt::format("not a photo (its first bytes are those of {})", what);
  };
  switch (foreign_content(bytes)) {
    case ForeignContent::kJpeg2000:
      return "a JPEG 2000 image, which facenet does not read";
    case ForeignContent::kPhotoshop:
      return first_bytes_of("a Photoshop document");
    case ForeignContent::kPdf:
      return first_bytes_of("a PDF document");
    case ForeignContent::kZip:
      return first_bytes_of("a ZIP archive or an office document");
    case ForeignContent::kAudio:
      return first_bytes_of("a sound recording");
    case ForeignContent::kVideo:
      return first_bytes_of("a film");
    case ForeignContent::kText:
      return first_bytes_of("text");
    case ForeignContent::kUnknown:
      break;
  }
  return "not a photo (its first bytes are of no known format)";
}

}  // namespace facenet
