#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/format.h"
#include "metadata/one_line.h"
#include "metadata/region_paths.h"
#include "metadata/xmp_document.h"
#include "metadata/xmp_regions.h"

namespace facenet {
namespace {

/// Two marks of the same face.
constexpr double kSameFace = 0.5;

std::optional<FaceRegion> read_mwg_region(const XmpDocument& document, const std::string& path,
                                          const FaceRegions& all) {
  const auto& space = xmp::kMwgRegions;
  const auto type = document.value(space, path + "/mwg-rs:Type");
  if (type && *type != "Face") return std::nullopt;
  const auto area = [&](const char* name) {
    return document.number(space, fmt::format("{}/mwg-rs:Area/stArea:{}", path, name));
  };
  const auto x = area("x");
  const auto y = area("y");
  const auto width = area("w");
  const auto height = area("h");
  if (!x || !y || !width || !height || *width <= 0 || *height <= 0) return std::nullopt;
  FaceRegion region{.name = one_line(document.value(space, path + "/mwg-rs:Name").value_or("")),
                    .x = *x - *width / 2,
                    .y = *y - *height / 2,
                    .width = *width,
                    .height = *height};
  if (document.value(space, path + "/mwg-rs:Area/stArea:unit").value_or("normalized") == "pixel") {
    if (all.width <= 0 || all.height <= 0) return std::nullopt;
    region.x /= all.width;
    region.width /= all.width;
    region.y /= all.height;
    region.height /= all.height;
  }
  return region;
}

/// "x, y, width, height" of the top left corner and the size.
std::optional<FaceRegion> read_rectangle(const std::string& text) {
  std::array<double, 4> numbers{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (double& number : numbers) {
    while (at != end && (*at == ' ' || *at == ',')) ++at;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return std::nullopt;
    at = next;
  }
  if (!(numbers[2] > 0) || !(numbers[3] > 0)) return std::nullopt;
  return FaceRegion{
      .name = "", .x = numbers[0], .y = numbers[1], .width = numbers[2], .height = numbers[3]};
}

void add(FaceRegions& all, FaceRegion region) {
  for (FaceRegion& known : all.regions) {
    if (overlap(known, region) < kSameFace) continue;
    if (known.name.empty()) known.name = region.name;
    if (region.name.empty() || region.name == known.name) return;
  }
  all.regions.push_back(std::move(region));
}

}  // namespace

FaceRegions read_regions(std::string_view text) {
  const XmpDocument document(text);
  FaceRegions all;
  const auto edge = [&](const char* name) {
    const double pixels =
        document.number(xmp::kMwgRegions, kMwgDimensions + "/stDim:" + name).value_or(0);
    return pixels >= 1 && pixels <= 1e7 ? static_cast<int>(pixels) : 0;
  };
  all.width = edge("w");
  all.height = edge("h");
  for (int i = 1; document.has(xmp::kMwgRegions, item_path(kMwgList, i)); ++i)
    if (auto region = read_mwg_region(document, item_path(kMwgList, i), all))
      add(all, std::move(*region));
  for (int i = 1; document.has(xmp::kMicrosoft, item_path(kMicrosoftList, i)); ++i) {
    const std::string path = item_path(kMicrosoftList, i);
    const auto rectangle = document.value(xmp::kMicrosoft, path + "/MPReg:Rectangle");
    auto region = rectangle ? read_rectangle(*rectangle) : std::nullopt;
    if (!region) continue;
    region->name =
        one_line(document.value(xmp::kMicrosoft, path + "/MPReg:PersonDisplayName").value_or(""));
    add(all, std::move(*region));
  }
  return all;
}

}  // namespace facenet
