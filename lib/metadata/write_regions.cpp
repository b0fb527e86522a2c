#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <set>

#include "base/error.h"
#include "metadata/region_paths.h"
#include "metadata/xmp_document.h"
#include "metadata/xmp_regions.h"

namespace facenet {
namespace {

using ArrayKind = XmpDocument::ArrayKind;

/// What facenet wrote: of each region the rectangle as Microsoft writes it, and the name.
const std::string kOwnRegions = "facenet:Regions";

/// Lists of names that facenet adds to, and what it makes of a name there.
struct NameList {
  const XmpNamespace& space;
  std::string path;
  std::string prefix;
  ArrayKind kind;
};
const NameList kNameLists[] = {
    {xmp::kDublinCore, "dc:subject", "", ArrayKind::kBag},
    {xmp::kIptc, "Iptc4xmpExt:PersonInImage", "", ArrayKind::kBag},
    {xmp::kLightroom, "lr:hierarchicalSubject", "People|", ArrayKind::kBag},
    {xmp::kDigikam, "digiKam:TagsList", "People/", ArrayKind::kSequence},
};

/// Six places are a hundredth of a pixel of the largest photos.
std::string rectangle_of(const FaceRegion& region) {
  return fmt::format("{:.6f}, {:.6f}, {:.6f}, {:.6f}", region.x, region.y, region.width,
                     region.height);
}

std::string own_mark(const FaceRegion& region) {
  return rectangle_of(region) + ", " + region.name;
}

/// A tag of digiKam's and Lightroom's trees, in which these would begin a branch.
std::string tag_of(const NameList& list, std::string name) {
  if (!list.prefix.empty())
    std::ranges::replace_if(
        name, [](char c) { return c == '/' || c == '|'; }, '_');
  return list.prefix + name;
}

class SidecarWriter {
 public:
  SidecarWriter(XmpDocument& document, const SidecarContent& content)
      : document_(document), content_(content) {}

  void write() {
    const std::vector<std::string> marks = document_.items(xmp::kFacenet, kOwnRegions);
    own_.insert(marks.begin(), marks.end());
    const std::set<std::string> names_before = names_of_marks();
    remove_own_regions();
    remove_empty();
    const std::vector<FaceRegion> regions = unmarked();
    std::set<std::string> names;
    for (const FaceRegion& region : regions) names.insert(region.name);
    for (const NameList& list : kNameLists) change_names(list, names_before, names);
    for (const FaceRegion& region : regions) add_region(region);
  }

 private:
  /// Of "x, y, width, height, name".
  std::set<std::string> names_of_marks() const {
    std::set<std::string> names;
    for (const std::string& mark : own_) {
      std::size_t at = 0;
      for (int comma = 0; comma < 4 && at != std::string::npos; ++comma)
        at = mark.find(", ", at == 0 ? 0 : at + 2);
      if (at != std::string::npos) names.insert(mark.substr(at + 2));
    }
    return names;
  }

  void remove_own_regions() {
    for (int i = document_.count(xmp::kMwgRegions, kMwgList); i >= 1; --i)
      if (is_own_mwg(item_path(kMwgList, i)))
        document_.remove(xmp::kMwgRegions, item_path(kMwgList, i));
    for (int i = document_.count(xmp::kMicrosoft, kMicrosoftList); i >= 1; --i) {
      const std::string path = item_path(kMicrosoftList, i);
      const auto part = [&](const char* name) {
        return document_.value(xmp::kMicrosoft, path + name).value_or("");
      };
      if (own_.contains(part("/MPReg:Rectangle") + ", " + part("/MPReg:PersonDisplayName")))
        document_.remove(xmp::kMicrosoft, path);
    }
    document_.remove(xmp::kFacenet, kOwnRegions);
  }

  bool is_own_mwg(const std::string& path) const {
    const auto area = [&](const char* name) {
      return document_.number(xmp::kMwgRegions, path + "/mwg-rs:Area/stArea:" + name).value_or(0);
    };
    const double width = area("w");
    const double height = area("h");
    return own_.contains(
        own_mark({.name = document_.value(xmp::kMwgRegions, path + "/mwg-rs:Name").value_or(""),
                  .x = area("x") - width / 2,
                  .y = area("y") - height / 2,
                  .width = width,
                  .height = height}));
  }

  /// Those whose faces nobody else has marked.
  std::vector<FaceRegion> unmarked() const {
    constexpr double kSameFace = 0.5;
    const FaceRegions others = read_regions(document_.text());
    std::vector<FaceRegion> regions;
    std::ranges::copy_if(
        content_.regions, std::back_inserter(regions), [&](const FaceRegion& region) {
          return std::ranges::none_of(others.regions, [&](const FaceRegion& other) {
            return overlap(other, region) >= kSameFace;
          });
        });
    return regions;
  }

  void change_names(const NameList& list, const std::set<std::string>& before,
                    const std::set<std::string>& now) {
    const auto items = document_.items(list.space, list.path);
    const auto holds = [](const std::set<std::string>& names, const NameList& of,
                          const std::string& item) {
      return std::ranges::any_of(names,
                                 [&](const std::string& name) { return tag_of(of, name) == item; });
    };
    for (std::size_t i = items.size(); i > 0; --i)
      if (holds(before, list, items[i - 1]) && !holds(now, list, items[i - 1]))
        document_.remove(list.space, item_path(list.path, static_cast<int>(i)));
    for (const std::string& name : now)
      if (std::ranges::find(items, tag_of(list, name)) == items.end())
        document_.append(list.space, list.path, tag_of(list, name), list.kind);
    if (document_.count(list.space, list.path) == 0 && !items.empty())
      document_.remove(list.space, list.path);
  }

  void add_region(const FaceRegion& region) {
    add_mwg_region(region);
    document_.set_struct(xmp::kMicrosoft, "MP:RegionInfo");
    const std::string path = document_.append_struct(xmp::kMicrosoft, kMicrosoftList);
    document_.set(xmp::kMicrosoft, path + "/MPReg:Rectangle", rectangle_of(region));
    document_.set(xmp::kMicrosoft, path + "/MPReg:PersonDisplayName", region.name);
    document_.append(xmp::kFacenet, kOwnRegions, own_mark(region));
  }

  void add_mwg_region(const FaceRegion& region) {
    const auto& space = xmp::kMwgRegions;
    document_.set_struct(space, "mwg-rs:Regions");
    if (!document_.has(space, kMwgDimensions)) {
      document_.set_struct(space, kMwgDimensions);
      document_.set(space, kMwgDimensions + "/stDim:w", fmt::format("{}", content_.width));
      document_.set(space, kMwgDimensions + "/stDim:h", fmt::format("{}", content_.height));
      document_.set(space, kMwgDimensions + "/stDim:unit", "pixel");
    }
    const std::string path = document_.append_struct(space, kMwgList);
    document_.set(space, path + "/mwg-rs:Name", region.name);
    document_.set(space, path + "/mwg-rs:Type", "Face");
    const std::string area = path + "/mwg-rs:Area";
    document_.set_struct(space, area);
    // The centre: sums of halves of what has six places have seven.
    const auto set = [&](const char* name, double value) {
      document_.set(space, area + "/stArea:" + name, fmt::format("{:.7f}", value));
    };
    set("x", region.x + region.width / 2);
    set("y", region.y + region.height / 2);
    set("w", region.width);
    set("h", region.height);
    document_.set(space, area + "/stArea:unit", "normalized");
  }

  /// What is left of lists of regions, lest new ones be taken for drawn on an older picture.
  void remove_empty() {
    if (document_.count(xmp::kMwgRegions, kMwgList) == 0)
      document_.remove(xmp::kMwgRegions, "mwg-rs:Regions");
    if (document_.count(xmp::kMicrosoft, kMicrosoftList) == 0)
      document_.remove(xmp::kMicrosoft, "MP:RegionInfo");
  }

  XmpDocument& document_;
  const SidecarContent& content_;
  std::set<std::string> own_;
};

/// Rounded to what is written, so that it is known again when it is read.
SidecarContent rounded(SidecarContent content) {
  for (FaceRegion& region : content.regions)
    for (double* number : {&region.x, &region.y, &region.width, &region.height})
      *number = std::round(*number * 1e6) / 1e6;
  return content;
}

/// Without what facenet may change.
std::multiset<std::string> foreign_leaves(const XmpDocument& document) {
  std::multiset<std::string> leaves;
  for (std::string& leaf : document.leaves()) {
    const auto in = [&](const XmpNamespace& space, std::string_view path) {
      return leaf.starts_with(fmt::format("{} {}", space.uri, path));
    };
    if (in(xmp::kMwgRegions, "mwg-rs:Regions") || in(xmp::kMicrosoft, "MP:RegionInfo") ||
        in(xmp::kFacenet, "") || std::ranges::any_of(kNameLists, [&](const NameList& list) {
          return in(list.space, list.path);
        }))
      continue;
    leaves.insert(std::move(leaf));
  }
  return leaves;
}

}  // namespace

std::string with_regions(std::string_view before, const SidecarContent& content) {
  const auto document =
      before.empty() ? std::make_unique<XmpDocument>() : std::make_unique<XmpDocument>(before);
  const std::vector<std::string> all_before = document->leaves();
  const auto foreign = foreign_leaves(*document);
  SidecarWriter(*document, rounded(content)).write();
  std::string text = document->text();
  const XmpDocument written(text);
  if (foreign_leaves(written) != foreign)
    fail("holds what would not survive being written anew, so that it stays as it is");
  const auto sorted = [](std::vector<std::string> leaves) {
    std::ranges::sort(leaves);
    return leaves;
  };
  if (!before.empty() && sorted(written.leaves()) == sorted(all_before)) return std::string(before);
  return text;
}

}  // namespace facenet
