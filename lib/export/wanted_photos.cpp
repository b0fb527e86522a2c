#include "export/wanted_photos.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/error.h"
#include "base/file.h"
#include "catalog/places.h"
#include "export/safe_name.h"
#include "people/partition.h"
#include "people/people.h"

namespace facenet {
namespace {

/// Photos that go into one folder.
struct Album {
  std::string name{};      ///< the person's, or "person 15"
  std::string addition{};  ///< " (person 15)", which no other album has
  std::set<PhotoId> photos{};
};

/// A photo, and where it is.
struct PlacedPhoto {
  std::string hash;
  std::string name;  ///< of its file
  std::string path;  ///< empty: away
};

bool is_below(const std::string& folder, const std::string& path) {
  return path.starts_with(folder + "/");
}

PlacedPhoto place(const PhotoRecord& photo, const Places& places, const std::string& folder) {
  PlacedPhoto placed{.hash = photo.sha256.hex(), .name = {}, .path = {}};
  for (const PathRecord& record : places.of(photo.id)) {
    if (is_below(folder, record.path)) continue;
    const std::string name = std::filesystem::path(record.path).filename().string();
    if (placed.name.empty()) placed.name = name;
    std::error_code absent;
    const auto size = std::filesystem::file_size(record.path, absent);
    if (absent || static_cast<std::int64_t>(size) != record.size) continue;
    placed.name = name;
    placed.path = record.path;
    break;
  }
  return placed;
}

std::vector<PersonId> people_meant(const Catalog& catalog, const ExportQuery& query) {
  if (!query.people.empty()) {
    for (const PersonId person : query.people) require_person(catalog, person);
    return query.people;
  }
  std::vector<PersonId> people;
  for (const Person& person : list_people(catalog, query.min_faces).people)
    if (!query.named || !person.name.empty()) people.push_back(person.id);
  return people;
}

std::vector<Album> albums_of(const Catalog& catalog, const std::vector<PersonId>& people) {
  std::map<PersonId, std::string> names;
  for (PersonRecord& person : catalog.people()) names.emplace(person.id, std::move(person.name));
  std::map<PersonId, Album> albums;
  for (const PersonId person : people) {
    const std::string number = fmt::format("person {}", person);
    const std::string& name = names.at(person);
    albums[person] = {.name = name.empty() ? number : name,
                      .addition = fmt::format(" ({})", number)};
  }
  std::unordered_map<FaceId, PhotoId> photo_of = photos_of_faces(catalog);
  for (const auto& [face, person] : catalog.memberships())
    if (const auto album = albums.find(person); album != albums.end())
      album->second.photos.insert(photo_of.at(face));
  std::vector<Album> list;
  for (const PersonId person : people) list.push_back(std::move(albums.at(person)));
  return list;
}

/// One album of the photos that are in all of these.
Album together(const std::vector<Album>& albums) {
  Album all = albums.front();
  for (const Album& album : std::span(albums).subspan(1)) {
    all.name += " + " + album.name;
    all.addition += album.addition;
    std::erase_if(all.photos, [&](PhotoId photo) { return !album.photos.contains(photo); });
  }
  return all;
}

std::vector<WantedFile> files_of(const std::string& folder,
                                 const std::vector<const PlacedPhoto*>& photos) {
  constexpr std::size_t kShortHash = 8;
  const std::vector<std::string> names =
      unlike_names(photos.size(), 2, [&](std::size_t i, int level) {
        std::string name = safe_file_name(photos[i]->name);
        if (level == 0) return name;
        const std::string& hash = photos[i]->hash;
        return with_addition(name, "~" + (level == 1 ? hash.substr(0, kShortHash) : hash));
      });
  std::vector<WantedFile> files;
  for (std::size_t i = 0; i < photos.size(); ++i)
    files.push_back(
        {.folder = folder, .name = names[i], .photo = photos[i]->hash, .source = photos[i]->path});
  return files;
}

}  // namespace

WantedPhotos wanted_photos(const Catalog& catalog, const ExportQuery& query,
                           const std::string& folder) {
  const Catalog::Snapshot snapshot(catalog);
  std::error_code ignored;
  const auto real = std::filesystem::weakly_canonical(absolute_path(folder), ignored);
  const std::string export_folder = ignored ? absolute_path(folder) : real.string();

  const Places places(catalog);
  std::unordered_map<PhotoId, PlacedPhoto> placed;
  WantedPhotos wanted;
  for (const PhotoRecord& photo : catalog.photos()) {
    PlacedPhoto found = place(photo, places, export_folder);
    if (!found.path.empty()) wanted.there.insert(found.hash);
    if (!found.name.empty()) placed.emplace(photo.id, std::move(found));
  }

  std::vector<Album> albums = albums_of(catalog, people_meant(catalog, query));
  if (query.together) albums = {together(albums)};
  std::erase_if(albums, [](const Album& album) { return album.photos.empty(); });
  const std::vector<std::string> folders =
      unlike_names(albums.size(), 1, [&](std::size_t i, int level) {
        const std::string name = safe_folder_name(albums[i].name);
        return level == 0 ? name : name + albums[i].addition;
      });
  std::set<std::string> photos;
  for (std::size_t i = 0; i < albums.size(); ++i) {
    std::vector<const PlacedPhoto*> of_album;
    for (const PhotoId photo : albums[i].photos)
      if (const auto found = placed.find(photo); found != placed.end())
        of_album.push_back(&found->second);
    for (WantedFile& file : files_of(folders[i], of_album)) {
      photos.insert(file.photo);
      wanted.files.push_back(std::move(file));
    }
  }
  std::ranges::sort(wanted.files, {},
                    [](const WantedFile& file) { return std::tie(file.folder, file.name); });
  wanted.folders = std::ssize(albums);
  wanted.photos = std::ssize(photos);
  return wanted;
}

}  // namespace facenet
