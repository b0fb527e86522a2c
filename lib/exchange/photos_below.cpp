#include "exchange/photos_below.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "pipeline/scan.h"

namespace facenet {
namespace {

bool is_at_or_below(const std::string& path, const std::string& root) {
  return path == root || root == "/" ||
         (path.starts_with(root) && path.size() > root.size() && path[root.size()] == '/');
}

void note_names(const Catalog& catalog, PhotosBelow& photos) {
  std::unordered_map<PersonId, std::string> names;
  for (PersonRecord& person : catalog.people())
    if (!person.name.empty() && !person.hidden) names.emplace(person.id, std::move(person.name));
  for (const auto& [face, person] : catalog.memberships())
    if (const auto name = names.find(person); name != names.end())
      photos.names.emplace(face, name->second);
}

void note_places(const Catalog& catalog, const std::vector<std::string>& paths, bool all,
                 PhotosBelow& photos) {
  std::vector<std::string> roots;
  for (const std::string& path : paths) roots.push_back(absolute_path(path));
  std::vector<bool> is_known(roots.size());
  std::set<PhotoId> meant;
  std::set<PhotoId> there, videos;
  for (PathRecord& record : catalog.paths()) {
    bool is_meant = roots.empty();
    for (std::size_t i = 0; i < roots.size(); ++i) {
      if (!is_at_or_below(record.path, roots[i])) continue;
      is_known[i] = true;
      is_meant = true;
    }
    if (!is_meant || !record.photo || (!all && !photos.faces.contains(*record.photo))) continue;
    if (photos.photos.at(*record.photo).is_video()) {
      videos.insert(*record.photo);
      continue;
    }
    meant.insert(*record.photo);
    FoundFile file;
    if (!stat_file(record.path, file) || file.size != record.size ||
        file.mtime_ns != record.mtime_ns)
      continue;
    there.insert(*record.photo);
    photos.places.push_back({.photo = *record.photo, .path = std::move(record.path)});
  }
  for (std::size_t i = 0; i < roots.size(); ++i)
    if (!is_known[i])
      fail("{}: the catalog has no photo there: scan it with `facenet cluster` first", roots[i]);
  photos.videos = std::ssize(videos);
  photos.away = std::ssize(meant) - std::ssize(there);
}

}  // namespace

const std::vector<FaceRecord>& PhotosBelow::faces_of(PhotoId photo) const {
  static const std::vector<FaceRecord> kNone;
  const auto found = faces.find(photo);
  return found == faces.end() ? kNone : found->second;
}

PhotosBelow photos_below(const std::string& catalog_path, const std::vector<std::string>& paths,
                         bool all) {
  const Catalog catalog(catalog_path, Catalog::Mode::kRead);
  const Catalog::Snapshot snapshot(catalog);
  PhotosBelow photos;
  for (FaceRecord& face : catalog.faces())
    if (!face.lost) photos.faces[face.photo].push_back(std::move(face));
  for (PhotoRecord& photo : catalog.photos()) photos.photos.emplace(photo.id, std::move(photo));
  note_names(catalog, photos);
  note_places(catalog, paths, all, photos);
  return photos;
}

}  // namespace facenet
