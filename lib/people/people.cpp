#include "people/people.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "catalog/places.h"
#include "people/partition.h"
#include "people/stacks/stacks.h"

namespace facenet {
namespace {

/// By path, in a video by time, then from top to bottom and from left to right.
bool shown_before(const PersonFace& a, const PersonFace& b) {
  const auto key = [](const PersonFace& shown) {
    return std::tie(shown.paths.front(), shown.face.time_ms, shown.face.y, shown.face.x,
                    shown.face.id);
  };
  return key(a) < key(b);
}

/// Adds a face whose photo is not away.
void add_face(Person& person, FaceRecord face, std::vector<std::string> paths,
              const std::vector<FaceId>& unrecognisable) {
  if (paths.empty()) return;
  const bool recognisable = !std::ranges::binary_search(unrecognisable, face.id);
  person.faces.push_back(
      {.face = std::move(face), .paths = std::move(paths), .recognisable = recognisable});
}

using Moments = std::unordered_map<PhotoId, PhotoMoment>;

void put_in_order(Person& person, const Moments& moments) {
  std::ranges::sort(person.faces, shown_before);
  std::vector<PhotoMoment> of_faces;
  for (const PersonFace& shown : person.faces) of_faces.push_back(moments.at(shown.face.photo));
  const std::vector<std::size_t> stacks = stacks_of(of_faces);
  for (std::size_t i = 0; i < stacks.size(); ++i) person.faces[i].stack = stacks[i];
}

Person as_person(PersonRecord record) {
  return {.id = record.id, .name = std::move(record.name), .hidden = record.hidden, .faces = {}};
}

/// Sorted by id: each table is read once.
std::vector<Person> load_people(const Catalog& catalog) {
  const Catalog::Snapshot snapshot(catalog);
  std::vector<Person> people;
  std::unordered_map<PersonId, std::size_t> index;
  for (PersonRecord& record : catalog.people()) {
    index.emplace(record.id, people.size());
    people.push_back(as_person(std::move(record)));
  }
  const Places places(catalog);
  const std::map<FaceId, PersonId> memberships = catalog.memberships();
  const std::vector<FaceId> unrecognisable = catalog.unrecognisable();
  for (FaceRecord& face : catalog.faces()) {
    const auto membership = memberships.find(face.id);
    if (membership == memberships.end()) continue;
    const auto person = index.find(membership->second);
    if (person == index.end()) continue;
    std::vector<std::string> paths = places.present(face.photo);
    add_face(people[person->second], std::move(face), std::move(paths), unrecognisable);
  }
  Moments moments;
  for (const PhotoRecord& photo : catalog.photos()) moments.emplace(photo.id, photo.moment);
  for (Person& person : people) put_in_order(person, moments);
  return people;
}

bool is_unrecognisable(const Person& person) {
  return person.name.empty() && !person.hidden && !person.faces.empty() &&
         std::ranges::none_of(person.faces, &PersonFace::recognisable);
}

}  // namespace

std::int64_t Person::stack_count() const {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < faces.size(); ++i) count += faces[i].stack == i ? 1 : 0;
  return count;
}

PeopleList list_people(const Catalog& catalog, std::int64_t min_faces, bool with_hidden) {
  PeopleList list;
  for (Person& person : load_people(catalog)) {
    if (person.hidden && !with_hidden) continue;
    if (is_unrecognisable(person)) {
      list.unrecognisable.push_back(std::move(person));
    } else if (!person.name.empty() || person.stack_count() >= min_faces) {
      list.people.push_back(std::move(person));
    }
  }
  std::stable_sort(list.people.begin(), list.people.end(), [](const Person& a, const Person& b) {
    return a.faces.size() > b.faces.size();
  });
  return list;
}

Person find_person(const Catalog& catalog, PersonId id) {
  const Catalog::Snapshot snapshot(catalog);
  Person person = as_person(require_person(catalog, id));
  const std::vector<FaceId> unrecognisable = catalog.unrecognisable();
  Moments moments;
  for (const FaceId id_of_face : catalog.faces_of_person(id)) {
    FaceRecord face = catalog.face(id_of_face);
    if (!moments.contains(face.photo))
      moments.emplace(face.photo, catalog.photo(face.photo).moment);
    std::vector<std::string> paths;
    for (PathRecord& record : catalog.paths_of(face.photo))
      if (!record.missing) paths.push_back(std::move(record.path));
    add_face(person, std::move(face), std::move(paths), unrecognisable);
  }
  put_in_order(person, moments);
  return person;
}

}  // namespace facenet
