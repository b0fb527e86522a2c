#include "metadata/face_region.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace facenet {
namespace {

struct Position {
  double x = 0, y = 0;
};

/// Where a point of the stored picture is in the upright one.
Position turned(Position at, int orientation) {
  switch (orientation) {
    case 2:
      return {1 - at.x, at.y};
    case 3:
      return {1 - at.x, 1 - at.y};
    case 4:
      return {at.x, 1 - at.y};
    case 5:
      return {at.y, at.x};
    case 6:
      return {1 - at.y, at.x};
    case 7:
      return {1 - at.y, 1 - at.x};
    case 8:
      return {at.y, 1 - at.x};
    default:
      return at;
  }
}

/// Only the two quarter turns are not their own inverses.
int inverse(int orientation) {
  if (orientation == 6) return 8;
  if (orientation == 8) return 6;
  return orientation;
}

/// The words of a line, of which the last may have blanks.
class WordReader {
 public:
  explicit WordReader(std::string_view line) : rest_(line) {}

  std::string_view rest() const { return rest_; }
  std::string_view word() {
    const std::size_t end = std::min(rest_.find(' '), rest_.size());
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return word;
  }
  template <class Number>
  Number number(Number most) {
    const std::string_view text = word();
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    // The comparison fails for what is not a number, too.
    if (error != std::errc() || end != text.data() + text.size() || !(std::abs(value) <= most))
      fail("regions of a photo that make no sense");
    return value;
  }

 private:
  std::string_view rest_;
};

constexpr int kMostPixels = 10'000'000;
/// Regions may lie outside the picture, but not far.
constexpr double kMostFraction = 1000;

}  // namespace

FaceRegion to_upright(const FaceRegion& stored, int orientation) {
  const Position a = turned({stored.x, stored.y}, orientation);
  const Position b = turned({stored.x + stored.width, stored.y + stored.height}, orientation);
  return {.name = stored.name,
          .x = std::min(a.x, b.x),
          .y = std::min(a.y, b.y),
          .width = std::abs(b.x - a.x),
          .height = std::abs(b.y - a.y)};
}

FaceRegion to_stored(const FaceRegion& upright, int orientation) {
  return to_upright(upright, inverse(orientation));
}

double overlap(const FaceRegion& a, const FaceRegion& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const double shared = width * height;
  return shared / (a.width * a.height + b.width * b.height - shared);
}

std::string to_lines(const FaceRegions& regions) {
  std::string lines = fmt::format("{} {}\n", regions.width, regions.height);
  for (const FaceRegion& region : regions.regions)
    lines += fmt::format("{} {} {} {} {}\n", region.x, region.y, region.width, region.height,
                         region.name);
  return lines;
}

FaceRegions regions_of_lines(std::string_view lines) {
  FaceRegions regions;
  for (bool is_first = true; !lines.empty(); is_first = false) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    WordReader line(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (is_first) {
      regions.width = line.number(kMostPixels);
      regions.height = line.number(kMostPixels);
      continue;
    }
    FaceRegion region;
    for (double* number : {&region.x, &region.y, &region.width, &region.height})
      *number = line.number(kMostFraction);
    region.name = to_valid_utf8(std::string(line.rest()));
    regions.regions.push_back(std::move(region));
  }
  return regions;
}

}  // namespace facenet
