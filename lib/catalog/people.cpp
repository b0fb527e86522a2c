// The Catalog's people, as computed; facts.cpp has what was said about them.
#include "catalog/impl.h"
#include "catalog/query.h"
#include "sql/queries.h"

namespace facenet {

PersonId Catalog::add_person() {
  return insert(impl_->database, sql::add_person);
}

std::vector<PersonRecord> Catalog::people() const {
  std::vector<PersonRecord> people;
  Query query(impl_->database, sql::people);
  while (query.next())
    people.push_back({.id = query.integer(0),
                      .name = query.text(1),
                      .hidden = query.integer(2) != 0,
                      .merged_into = query.integer(3)});
  return people;
}

std::map<FaceId, PersonId> Catalog::memberships() const {
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
