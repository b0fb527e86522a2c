#include "pipeline/moved.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>
#include <sys/stat.h>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "catalog/places.h"
#include "pipeline/scan.h"

namespace facenet {
namespace {

bool is_gone(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/// The folder that `root` has become, when the photo at `before` below it is at `now`: what stands
/// before the same names, else the folder of the photo.
std::string new_root(const std::string& root, const std::string& before, const std::string& now) {
  const std::string rest = before.substr(root.size());  // "/2019/a.jpg"
  if (now.ends_with(rest) && now.size() > rest.size())
    return now.substr(0, now.size() - rest.size());
  return std::filesystem::path(now).parent_path().string();
}

/// Where the photos that were below a folder are now, as far as the catalog knows.
struct Whereabouts {
  std::set<PhotoId> photos;
  std::map<std::string, std::int64_t> folders;  ///< how many of them are in each
};

Whereabouts find_photos_of(const Catalog& catalog, const std::string& root) {
  Whereabouts result;
  const Places places(catalog);
  for (const PathRecord& path : catalog.paths()) {
    if (!path.photo || !is_under(path.path, root)) continue;
    if (!result.photos.insert(*path.photo).second) continue;
    if (const PathRecord* const now = places.on_disk(*path.photo))
      ++result.folders[new_root(root, path.path, now->path)];
  }
  return result;
}

}  // namespace

MovedPhotos::MovedPhotos(Catalog& catalog, PathsByName& known) : catalog_(catalog) {
  for (auto& [path, record] : known)
    if (record.photo) photos_[*record.photo].paths.push_back(&record);
}

void MovedPhotos::mark_missing(PathRecord& record) {
  catalog_.set_missing(record.path, true);
  record.missing = true;
  ++photos_[*record.photo].gone;
}

void MovedPhotos::note_gone(PathRecord& record) {
  if (record.missing) return;
  if (record.photo) return mark_missing(record);
  catalog_.set_missing(record.path, true);
  record.missing = true;
}

void MovedPhotos::note_present(PhotoId photo, const std::string& path) {
  const auto found = photos_.find(photo);
  if (found == photos_.end() || std::exchange(found->second.looked, true)) return;
  for (PathRecord* const record : found->second.paths)
    if (!record->missing && record->path != path && is_gone(record->path)) mark_missing(*record);
}

bool MovedPhotos::takes_a_place(PhotoId photo, const std::string& path) {
  note_present(photo, path);
  const auto found = photos_.find(photo);
  if (found == photos_.end()) return false;
  Photo& moved = found->second;
  const bool was_away =
      !moved.replaced && std::all_of(moved.paths.begin(), moved.paths.end(),
                                     [](const PathRecord* record) { return record->missing; });
  if (moved.gone == 0 && !was_away) return false;
  moved.gone = std::max<std::int64_t>(0, moved.gone - 1);
  moved.replaced = true;
  return true;
}

std::string where_moved(const Catalog& catalog, const std::string& given) {
  const std::string root = absolute_path(given);
  if (!is_gone(root)) return "";
  const Whereabouts now = find_photos_of(catalog, root);
  if (now.photos.empty()) return "";
  const auto most =
      std::max_element(now.folders.begin(), now.folders.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == now.folders.end())
    return fmt::format(
        "is not there, and its photos ({}) have not been found elsewhere: give the folder that "
        "they are in now",
        with_thousands(std::ssize(now.photos)));
  return fmt::format("is not there any more; its photos are in {} now ({} of {}): give that",
                     most->first, with_thousands(most->second),
                     with_thousands(std::ssize(now.photos)));
}

void require_not_moved(const Catalog& catalog, const std::vector<std::string>& roots) {
  if (!std::ranges::all_of(roots, [](const auto& root) { return is_gone(absolute_path(root)); }))
    return;
  for (const std::string& root : roots)
    if (const std::string where = where_moved(catalog, root); !where.empty())
      fail("{}: {}", absolute_path(root), where);
}

}  // namespace facenet
