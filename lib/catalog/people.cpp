// The Catalog's people, as computed; facts.cpp has what was said about them.
#include <unordered_map>
#include <unordered_set>

#include "catalog/damage.h"
#include "catalog/impl.h"
#include "catalog/query.h"
#include "sql/queries.h"

namespace facenet {
namespace {

constexpr const char* kStrayMembership = "table membership names a face that does not exist";

/// Whoever was merged has become somebody in the end. Throws DamagedCatalog.
void require_ends(Database& database) {
  std::unordered_map<PersonId, PersonId> next;
  Query query(database, sql::merged_people);
  while (query.next()) next.emplace(query.integer(0), query.integer(1));
  while (!next.empty()) {
    std::unordered_set<PersonId> way;
    for (auto at = next.begin(); at != next.end();) {
      const PersonId target = at->second;
      way.insert(at->first);
      if (way.contains(target))
        throw DamagedCatalog(database.path(),
                             fmt::format("person {} was merged into itself", target));
      next.erase(at);
      at = next.find(target);
    }
  }
}

std::vector<PersonRecord> read_people(Query&& query) {
  std::vector<PersonRecord> people;
  while (query.next())
    people.push_back({.id = query.integer(0),
                      .name = query.utf8(1),
                      .hidden = query.integer(2) != 0,
                      .merged_into = query.integer(3)});
  return people;
}

}  // namespace

void Catalog::Impl::require_sound_people() {
  if (are_people_sound) return;
  require_references("fact");
  require_ends(database);
  are_people_sound = true;
}

PersonId Catalog::add_person() {
  return insert(impl_->database, sql::add_person);
}

void Catalog::put_person(PersonId id) {
  run(impl_->database, sql::put_person, id);
}

std::vector<PersonRecord> Catalog::people() const {
  impl_->require_sound_people();
  return read_people(Query(impl_->database, sql::people));
}

std::optional<PersonRecord> Catalog::person(PersonId id) const {
  impl_->require_sound_people();
  std::vector<PersonRecord> people = read_people(Query(impl_->database, sql::person, id));
  if (people.empty()) return std::nullopt;
  return std::move(people.front());
}

std::vector<PersonRecord> Catalog::named_people() const {
  impl_->require_sound_people();
  return read_people(Query(impl_->database, sql::named_people));
}

std::map<FaceId, PersonId> Catalog::memberships() const {
  impl_->require_references("membership");
  std::map<FaceId, PersonId> memberships;
  Query query(impl_->database, sql::memberships);
  while (query.next())
    memberships.emplace_hint(memberships.end(), query.integer(0), query.integer(1));
  return memberships;
}

std::vector<FaceId> Catalog::faces_of_person(PersonId person) const {
  std::vector<FaceId> faces;
  Query query(impl_->database, sql::faces_of_person, person);
  while (query.next()) {
    if (query.is_null(1)) throw DamagedCatalog(path(), kStrayMembership);
    faces.push_back(query.integer(0));
  }
  return faces;
}

bool Catalog::has_faces(PersonId person) const {
  Query query(impl_->database, sql::has_faces, person);
  query.next();
  return query.integer(0) != 0;
}

std::optional<PersonId> Catalog::person_of(FaceId face) const {
  Query query(impl_->database, sql::person_of_face, face);
  if (!query.next()) return std::nullopt;
  return query.integer(0);
}

void Catalog::set_memberships(std::span<const std::pair<FaceId, PersonId>> memberships) {
  Transaction transaction(*this);
  std::unordered_set<PersonId> left;
  for (const auto& [face, person] : memberships) {
    const auto before = person_of(face);
    if (before == person) continue;
    if (before) left.insert(*before);
    run(impl_->database, sql::put_membership, face, person);
  }
  for (const PersonId person : left) run(impl_->database, sql::forget_person, person);
  transaction.commit();
}

void Catalog::forget_empty_people() {
  run(impl_->database, sql::forget_people);
}

std::vector<Departure> Catalog::departures() const {
  impl_->require_references("departure");
  std::vector<Departure> departures;
  Query query(impl_->database, sql::departures);
  while (query.next()) departures.push_back({.face = query.integer(0), .person = query.integer(1)});
  return departures;
}

void Catalog::put_departure(const Departure& departure) {
  run(impl_->database, sql::put_departure, departure.face, departure.person);
}

void Catalog::remove_departure(FaceId face) {
  run(impl_->database, sql::remove_departure, face);
}

}  // namespace facenet
