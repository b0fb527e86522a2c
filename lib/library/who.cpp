#include "library/who.h"

#include <algorithm>
#include <map>

namespace facenet {
namespace {

Face face_of(const FaceRecord& record) {
  return {.box = {record.x, record.y, record.width, record.height},
          .score = record.score,
          .landmarks = {},
          .time_ms = record.time_ms};
}

void add_names(const Catalog& catalog, std::vector<NamedFace>& faces) {
  std::map<PersonId, std::string> names;
  for (PersonRecord& person : catalog.people()) names.emplace(person.id, std::move(person.name));
  for (NamedFace& face : faces)
    if (const auto name = names.find(face.who.person); name != names.end())
      face.name = name->second;
}

}  // namespace

std::optional<std::vector<NamedFace>> who_is_in_known_photo(const Catalog& catalog,
                                                            const CatalogModel& model,
                                                            const Sha256& bytes) {
  const Catalog::Snapshot snapshot(catalog);
  const auto photo = catalog.find_photo(bytes);
  if (!photo) return std::nullopt;
  const Recogniser recogniser(catalog, model);
  const auto memberships = catalog.memberships();
  std::vector<NamedFace> faces;
  for (const FaceRecord& record : catalog.faces_of(*photo)) {
    NamedFace face{
        .id = record.id, .face = face_of(record), .who = {}, .name = {}, .by_hand = record.by_hand};
    if (const auto home = memberships.find(record.id); home != memberships.end())
      face.who = recogniser.known(record.id, home->second);
    faces.push_back(std::move(face));
  }
  std::ranges::stable_sort(faces, std::greater<>(),
                           [](const NamedFace& face) { return face.face.box.area(); });
  add_names(catalog, faces);
  return faces;
}

std::vector<NamedFace> who_is_in_new_photo(const Catalog& catalog, const CatalogModel& model,
                                           const PhotoAnalysis& analysis) {
  const Catalog::Snapshot snapshot(catalog);
  const Recogniser recogniser(catalog, model);
  const auto found = recogniser.nearest_in_photo(analysis.embeddings);
  std::vector<NamedFace> faces;
  for (std::size_t i = 0; i < analysis.faces.size(); ++i)
    faces.push_back({.id = 0, .face = analysis.faces[i], .who = found[i], .name = {}});
  add_names(catalog, faces);
  return faces;
}

}  // namespace facenet
