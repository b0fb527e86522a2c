#include "library/photo_list.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <unordered_map>

#include "catalog/places.h"
#include "people/partition.h"

namespace facenet {
namespace {

bool is_there(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

/// Files that are no photos of the catalog: they could not be read, or are of another kind.
PhotoList list_files(const Catalog& catalog, std::string PathRecord::*reason) {
  PhotoList list;
  for (PathRecord& record : catalog.paths())
    if (!(record.*reason).empty() && is_there(record.path))
      list.photos.push_back({.path = std::move(record.path),
                             .error = std::move(record.error),
                             .skipped = std::move(record.skipped),
                             .faces = {}});
  return list;
}

std::unordered_map<PhotoId, std::vector<ListedFace>> faces_by_photo(const Catalog& catalog) {
  std::map<PersonId, std::string> names;
  for (PersonRecord& person : catalog.people()) names.emplace(person.id, std::move(person.name));
  const std::map<FaceId, PersonId> memberships = catalog.memberships();
  std::unordered_map<PhotoId, std::vector<ListedFace>> faces;
  for (FaceRecord& record : catalog.faces()) {
    const auto home = memberships.find(record.id);
    const PersonId person = home == memberships.end() ? 0 : home->second;
    faces[record.photo].push_back(
        {.face = std::move(record), .person = person, .name = person == 0 ? "" : names.at(person)});
  }
  return faces;
}

bool shows_all(const PhotoQuery& query, const std::vector<ListedFace>& faces) {
  return std::ranges::all_of(query.people, [&](PersonId person) {
    return std::ranges::find(faces, person, &ListedFace::person) != faces.end();
  });
}

}  // namespace

PhotoList list_photos(const Catalog& catalog, const PhotoQuery& query) {
  using Kind = PhotoQuery::Kind;
  const Catalog::Snapshot snapshot(catalog);
  if (query.kind == Kind::kUnreadable) return list_files(catalog, &PathRecord::error);
  if (query.kind == Kind::kSkipped) return list_files(catalog, &PathRecord::skipped);

  for (const PersonId person : query.people) require_person(catalog, person);
  const Places places(catalog);
  auto faces = faces_by_photo(catalog);
  std::vector<PhotoId> without_faces;
  if (query.kind == Kind::kWithoutFaces) without_faces = catalog.photos_without_faces();
  PhotoList list;
  for (const PhotoRecord& photo : catalog.photos()) {
    std::vector<ListedFace>& there = faces[photo.id];
    const bool is_meant = query.kind == Kind::kWithoutFaces
                              ? std::ranges::binary_search(without_faces, photo.id)
                              : shows_all(query, there);
    if (!is_meant) continue;
    const auto known = places.of(photo.id);
    if (known.empty()) {
      ++list.replaced;
      continue;
    }
    const PathRecord* const place = places.on_disk(photo.id);
    const bool is_away = place == nullptr;
    if (is_away != (query.kind == Kind::kMissing)) {
      list.away += is_away;
      continue;
    }
    list.photos.push_back({.path = is_away ? known.front().path : place->path,
                           .error = {},
                           .skipped = {},
                           .faces = std::move(there)});
  }
  std::ranges::sort(list.photos, {}, &ListedPhoto::path);
  return list;
}

}  // namespace facenet
