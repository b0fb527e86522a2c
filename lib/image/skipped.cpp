#include "image/skipped.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "image/decode.h"
#include "image/sniff.h"

namespace facenet {
namespace {

struct Extension {
  std::string_view name;  ///< in small letters
  std::string_view kind;
};

constexpr std::string_view kVideo = kSkippedVideo;
constexpr std::string_view kJpeg2000 = "jpeg-2000";
constexpr std::string_view kPhotoshop = "photoshop";

constexpr auto kExtensions = std::to_array<Extension>(
    {{"3g2", kVideo},    {"3gp", kVideo},     {"asf", kVideo},    {"avi", kVideo},
     {"flv", kVideo},    {"m2ts", kVideo},    {"m4v", kVideo},    {"mkv", kVideo},
     {"mov", kVideo},    {"mp4", kVideo},     {"mpeg", kVideo},   {"mpg", kVideo},
     {"mts", kVideo},    {"ogv", kVideo},     {"vob", kVideo},    {"webm", kVideo},
     {"wmv", kVideo},    {"j2k", kJpeg2000},  {"jp2", kJpeg2000}, {"jpf", kJpeg2000},
     {"jpx", kJpeg2000}, {"psb", kPhotoshop}, {"psd", kPhotoshop}});

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

}  // namespace

std::string_view skipped_kind(const std::string& path, std::span<const std::byte> head) {
  const std::string_view by_name = kind_by_name(path);
  if (sniff_format(head)) return {};
  const std::string_view by_content = kind_by_content(head);
  if (!by_content.empty()) return by_content;
  // Its bytes are known to be of something else, whatever it is called.
  const bool other = !head.empty() && foreign_content(head) != ForeignContent::kUnknown;
  return other ? std::string_view() : by_name;
}

bool has_video_extension(const std::string& path) {
  return kind_by_name(path) == kVideo;
}

}  // namespace facenet
