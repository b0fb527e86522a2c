#include "image/skipped.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "image/decode.h"
#include "image/raw_tiff.h"
#include "image/sniff.h"

namespace facenet {
namespace {

struct Extension {
  std::string_view name;  ///< in small letters
  std::string_view kind;
};

constexpr std::string_view kRaw = "raw";
constexpr std::string_view kVideo = "video";
constexpr std::string_view kJpeg2000 = "jpeg-2000";
constexpr std::string_view kPhotoshop = "photoshop";

constexpr auto kExtensions = std::to_array<Extension>(
    {{"3fr", kRaw},      {"arw", kRaw},      {"cr2", kRaw},      {"cr3", kRaw},
     {"crw", kRaw},      {"dcr", kRaw},      {"dng", kRaw},      {"erf", kRaw},
     {"fff", kRaw},      {"iiq", kRaw},      {"k25", kRaw},      {"kdc", kRaw},
     {"mef", kRaw},      {"mos", kRaw},      {"mrw", kRaw},      {"nef", kRaw},
     {"nrw", kRaw},      {"orf", kRaw},      {"pef", kRaw},      {"raf", kRaw},
     {"rw2", kRaw},      {"rwl", kRaw},      {"sr2", kRaw},      {"srf", kRaw},
     {"srw", kRaw},      {"x3f", kRaw},      {"3g2", kVideo},    {"3gp", kVideo},
     {"asf", kVideo},    {"avi", kVideo},    {"flv", kVideo},    {"m2ts", kVideo},
     {"m4v", kVideo},    {"mkv", kVideo},    {"mov", kVideo},    {"mp4", kVideo},
     {"mpeg", kVideo},   {"mpg", kVideo},    {"mts", kVideo},    {"ogv", kVideo},
     {"vob", kVideo},    {"webm", kVideo},   {"wmv", kVideo},    {"j2k", kJpeg2000},
     {"jp2", kJpeg2000}, {"jpf", kJpeg2000}, {"jpx", kJpeg2000}, {"psb", kPhotoshop},
     {"psd", kPhotoshop}});

std::string_view kind_by_name(const std::string& path) {
  const std::size_t dot = path.find_last_of("./");
  if (dot == std::string::npos || path[dot] != '.') return {};
  std::string extension = path.substr(dot + 1);
  std::ranges::transform(extension, extension.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto found = std::ranges::find(kExtensions, extension, &Extension::name);
  return found == kExtensions.end() ? std::string_view() : found->kind;
}

std::string_view kind_by_content(std::span<const std::byte> head) {
  switch (foreign_content(head)) {
    case ForeignContent::kRaw:
      return kRaw;
    case ForeignContent::kVideo:
      return kVideo;
    case ForeignContent::kJpeg2000:
      return kJpeg2000;
    case ForeignContent::kPhotoshop:
      return kPhotoshop;
    default:
      return {};
  }
}

/// Canon writes "CR" behind the header; the raw data's own directory says less than others' do.
bool is_cr2(std::span<const std::byte> head) {
  return head.size() >= 10 && head[8] == std::byte{'C'} && head[9] == std::byte{'R'};
}

}  // namespace

std::string_view skipped_kind(const std::string& path, std::span<const std::byte> head) {
  const std::string_view by_name = kind_by_name(path);
  if (const auto format = sniff_format(head)) {
    if (format != ImageFormat::kTiff) return {};
    const bool is_raw = by_name == kRaw || is_cr2(head) || is_raw_tiff(path);
    return is_raw ? kRaw : std::string_view();
  }
  const std::string_view by_content = kind_by_content(head);
  if (!by_content.empty()) return by_content;
  // Its bytes are known to be of something else, whatever it is called.
  const bool other = !head.empty() && foreign_content(head) != ForeignContent::kUnknown;
  return other ? std::string_view() : by_name;
}

}  // namespace facenet
