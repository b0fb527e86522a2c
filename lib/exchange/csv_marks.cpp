#include "exchange/csv_marks.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/csv.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace facenet {
namespace {

constexpr const char* kColumns[] = {"photo", "name", "x", "y", "width", "height"};

double pixels_of(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
    fail("'{}' is no number of pixels", text);
  return number;
}

}  // namespace

CsvMarks::CsvMarks(const std::string& file) : file_(file == "-" ? "standard input" : file) {
  const std::string at = file == "-" ? "." : file;
  const std::size_t slash = at.rfind('/');
  const std::string folder =
      absolute_path(slash == std::string::npos ? "." : at.substr(0, slash + 1));
  CsvReader reader(read_all(file), file_);
  while (const auto fields = reader.next()) {
    try {
      if (columns_.empty()) {
        for (std::size_t i = 0; i < fields->size(); ++i) columns_.emplace((*fields)[i], i);
        for (const char* const column : kColumns)
          if (!columns_.contains(column)) fail("has no column '{}'", column);
      } else {
        read_row(*fields, folder);
      }
    } catch (const Error& error) {
      fail("{}: line {}: {}", file_, reader.line(), error.what());
    }
  }
  if (columns_.empty()) fail("{}: is empty; it should begin with the names of its columns", file_);
}

void CsvMarks::read_row(const std::vector<std::string>& fields, const std::string& folder) {
  const auto field = [&](const char* column) -> const std::string& {
    const std::size_t at = columns_.at(column);
    if (at >= fields.size()) fail("has no value for '{}'", column);
    return fields[at];
  };
  if (field("photo").empty()) fail("has no photo");
  if (!is_valid_utf8(field("name"))) fail("its name is not UTF-8");
  FaceRegion region{.name = field("name")};
  region.x = pixels_of(field("x"));
  region.y = pixels_of(field("y"));
  region.width = pixels_of(field("width"));
  region.height = pixels_of(field("height"));
  if (region.width <= 0 || region.height <= 0) fail("its box has no size");
  const bool is_absolute = field("photo").starts_with('/');
  regions_[absolute_path(is_absolute ? field("photo") : folder + "/" + field("photo"))].push_back(
      std::move(region));
}

PhotoMarks CsvMarks::of(const std::string& path, const PhotoRecord& photo) const {
  PhotoMarks marks{.photo = path, .faces = {}, .problems = {}};
  const auto found = regions_.find(path);
  if (found == regions_.end()) return marks;
  const double width = std::max(photo.width, 1);
  const double height = std::max(photo.height, 1);
  for (const FaceRegion& region : found->second) {
    if (region.name.empty()) {
      ++marks.unnamed;
      continue;
    }
    marks.faces.push_back({.region = {.name = region.name,
                                      .x = region.x / width,
                                      .y = region.y / height,
                                      .width = region.width / width,
                                      .height = region.height / height},
                           .file = file_});
  }
  return marks;
}

std::vector<std::string> CsvMarks::photos_besides(const std::vector<PhotoPlace>& places) const {
  std::set<std::string> known;
  for (const PhotoPlace& place : places) known.insert(place.path);
  std::vector<std::string> others;
  for (const auto& [path, regions] : regions_)
    if (!known.contains(path)) others.push_back(path);
  return others;
}

}  // namespace facenet
