#include "export/tables.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "catalog/places.h"
#include "people/partition.h"

namespace facenet {

std::vector<FaceRow> face_rows(const Catalog& catalog) {
  const Catalog::Snapshot snapshot(catalog);
  const Places places(catalog);
  const std::map<FaceId, PersonId> memberships = catalog.memberships();
  const std::vector<FaceId> unrecognisable = catalog.unrecognisable();
  std::unordered_map<PersonId, std::string> names;
  for (PersonRecord& person : catalog.people()) names.emplace(person.id, std::move(person.name));
  std::unordered_map<PhotoId, std::string> hashes;
  for (const PhotoRecord& photo : catalog.photos()) hashes.emplace(photo.id, photo.sha256.hex());
  std::vector<FaceRow> rows;
  for (FaceRecord& face : catalog.faces()) {
    FaceRow row;
    row.sha256 = hashes.at(face.photo);
    row.missing = !places.is_present(face.photo);
    row.recognisable = !std::ranges::binary_search(unrecognisable, face.id);
    if (const auto known = places.of(face.photo); !known.empty()) row.path = known.front().path;
    if (const auto home = memberships.find(face.id); home != memberships.end()) {
      row.person = home->second;
      row.name = names.at(home->second);
    }
    row.face = std::move(face);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<PersonRow> person_rows(const Catalog& catalog) {
  const Catalog::Snapshot snapshot(catalog);
  const std::unordered_map<FaceId, PhotoId> photo_of = photos_of_faces(catalog);
  std::map<PersonId, std::set<PhotoId>> photos;
  std::map<PersonId, std::int64_t> faces;
  for (const auto& [face, person] : catalog.memberships()) {
    ++faces[person];
    photos[person].insert(photo_of.at(face));
  }
  std::vector<PersonRow> rows;
  for (PersonRecord& person : catalog.people()) {
    if (person.merged_into != 0 || (person.name.empty() && !faces.contains(person.id))) continue;
    rows.push_back({.person = person.id,
                    .name = std::move(person.name),
                    .hidden = person.hidden,
                    .faces = faces[person.id],
                    .photos = std::ssize(photos[person.id])});
  }
  return rows;
}

}  // namespace facenet
