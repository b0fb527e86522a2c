#include "people/partition.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "base/error.h"

namespace facenet {

std::string call_person(const PersonRecord& person) {
  return person.name.empty() ? fmt::format("person {}", person.id) : person.name;
}

PersonRecord require_person(const Catalog& catalog, PersonId id) {
  auto person = catalog.person(id);
  if (!person) fail("{}: there is no person {}: `facenet people` lists them", catalog.path(), id);
  if (person->merged_into != 0)
    fail("{}: person {} was merged into person {}", catalog.path(), id, person->merged_into);
  return *std::move(person);
}

PersonId require_person_of(const Catalog& catalog, FaceId face) {
  const auto person = catalog.person_of(face);
  if (!person)
    fail(
        "{}: there is no face {} in any person: `facenet people show PERSON --csv` lists a "
        "person's faces",
        catalog.path(), face);
  return *person;
}

PersonId successor_of(const Catalog& catalog, PersonId person) {
  for (;;) {
    const auto record = catalog.person(person);
    if (!record || record->merged_into == 0) return person;
    person = record->merged_into;
  }
}

std::unordered_map<FaceId, PhotoId> photos_of_faces(const Catalog& catalog) {
  std::unordered_map<FaceId, PhotoId> photos;
  for (const FaceRecord& face : catalog.faces()) photos.emplace(face.id, face.photo);
  return photos;
}

std::vector<std::string> same_photo_conflicts(const Catalog& catalog, const Knowledge& knowledge,
                                              const std::function<bool(PersonId)>& concerns) {
  std::map<std::pair<PersonId, PhotoId>, std::vector<FaceId>> together;
  for (const auto& [face, person] : knowledge.held) {
    if (!concerns(person)) continue;
    const PhotoId photo = catalog.photo_of(face);
    if (!knowledge.same_photo.contains(photo)) together[{person, photo}].push_back(face);
  }
  std::vector<std::string> lines;
  for (const auto& [key, faces] : together)
    if (faces.size() > 1 && !catalog.photo(key.second).is_video())
      lines.push_back(fmt::format(
          "faces {} of one photo are both person {}, because you said so: `people reject` one, or "
          "`people allow-same-photo` for a collage",
          fmt::join(faces, " and "), key.first));
  return lines;
}

std::vector<std::string> broken_facts(const Catalog& catalog) {
  const Catalog::Snapshot snapshot(catalog);
  const std::map<FaceId, PersonId> memberships = catalog.memberships();
  const Knowledge knowledge = knowledge_from(catalog.facts());
  std::vector<std::string> lines;
  const auto home_of = [&](FaceId face) {
    const auto found = memberships.find(face);
    return found == memberships.end() ? 0 : found->second;
  };

  std::map<PersonId, std::set<PersonId>> homes;  // of the faces held as a person
  for (const auto& [face, person] : knowledge.held)
    if (const PersonId home = home_of(face); home != 0) homes[person].insert(home);
  for (const PersonRecord& person : catalog.people()) {
    if (person.name.empty() && !person.hidden) continue;
    for (const PersonId home : homes[person.id])
      if (home != person.id)
        lines.push_back(fmt::format("faces held as person {} are in person {}", person.id, home));
  }
  for (const auto& [person, places] : homes)
    if (places.size() > 1)
      lines.push_back(fmt::format("the faces held together as person {} are in people {}", person,
                                  fmt::join(places, ", ")));

  for (const FaceSeparation& separation : knowledge.apart) {
    std::unordered_set<PersonId> left;
    for (const FaceId face : separation.left)
      if (const PersonId home = home_of(face); home != 0) left.insert(home);
    for (const FaceId face : separation.right)
      if (const PersonId home = home_of(face); left.contains(home)) {
        lines.push_back(fmt::format("fact {} keeps faces apart that are both in person {}",
                                    separation.fact, home));
        break;
      }
  }
  return lines;
}

}  // namespace facenet
