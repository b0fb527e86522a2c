#include "people/lost_faces.h"

#include <algorithm>

#include "catalog/places.h"

namespace facenet {

std::vector<LostFace> lost_faces(const Catalog& catalog) {
  const Catalog::Snapshot snapshot(catalog);
  std::vector<FaceRecord> faces = catalog.faces();
  std::erase_if(faces, [](const FaceRecord& face) { return !face.lost; });
  if (faces.empty()) return {};

  const Places places(catalog);
  const auto memberships = catalog.memberships();
  const std::vector<PersonRecord> people = catalog.people();
  const std::vector<FactRecord> facts = catalog.facts();
  std::vector<LostFace> lost;
  for (const FaceRecord& face : faces) {
    LostFace entry;
    entry.face = face.id;
    if (const auto home = memberships.find(face.id); home != memberships.end()) {
      entry.person = home->second;
      entry.name = std::ranges::lower_bound(people, home->second, {}, &PersonRecord::id)->name;
    }
    if (const auto paths = places.of(face.photo); !paths.empty()) entry.photo = paths.front().path;
    for (const std::int64_t id : catalog.facts_about(face.id))
      entry.facts.push_back(*std::ranges::lower_bound(facts, id, {}, &FactRecord::id));
    lost.push_back(std::move(entry));
  }
  return lost;
}

}  // namespace facenet
