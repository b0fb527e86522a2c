// The Catalog's people, as computed; facts.cpp has what was said about them.
#include <unordered_map>
#include <unordered_set>

#include "catalog/damage.h"
#include "catalog/impl.h"
#include "catalog/query.h"
#include "sql/queries.h"

namespace facenet {
namespace {

/// Whoever was merged has become somebody in the end.
void require_ends(const std::vector<PersonRecord>& people, const std::string& path) {
  std::unordered_map<PersonId, PersonId> next;
  for (const PersonRecord& person : people)
    if (person.merged_into != 0) next.emplace(person.id, person.merged_into);
  while (!next.empty()) {
    std::unordered_set<PersonId> way;
    for (auto at = next.begin(); at != next.end();) {
      const PersonId target = at->second;
      way.insert(at->first);
      if (way.contains(target))
        throw DamagedCatalog(path, fmt::format("person {} was merged into itself", target));
      next.erase(at);
      at = next.find(target);
    }
  }
}

}  // namespace

PersonId Catalog::add_person() {
  return insert(impl_->database, sql::add_person);
}

std::vector<PersonRecord> Catalog::people() const {
  impl_->require_references("fact");
  std::vector<PersonRecord> people;
  Query query(impl_->database, sql::people);
  while (query.next())
    people.push_back({.id = query.integer(0),
                      .name = query.utf8(1),
                      .hidden = query.integer(2) != 0,
                      .merged_into = query.integer(3)});
  require_ends(people, path());
  return people;
}

std::map<FaceId, PersonId> Catalog::memberships() const {
  impl_->require_references("membership");
  std::map<FaceId, PersonId> memberships;
  Query query(impl_->database, sql::memberships);
  while (query.next())
    memberships.emplace_hint(memberships.end(), query.integer(0), query.integer(1));
  return memberships;
}

void Catalog::set_memberships(std::span<const std::pair<FaceId, PersonId>> memberships) {
  Transaction transaction(*this);
  for (const auto& [face, person] : memberships)
    run(impl_->database, sql::put_membership, face, person);
  run(impl_->database, sql::forget_people);
  transaction.commit();
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
