// The Catalog's people: what was computed about them, and what was said.
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
  while (query.next()) people.push_back({.id = query.integer(0), .name = query.text(1)});
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

std::int64_t Catalog::add_fact(const FactRecord& fact) {
  Transaction transaction(*this);
  const std::int64_t id =
      insert(impl_->database, sql::add_fact, fact.kind, fact.person, fact.value);
  for (const FaceId face : fact.faces) run(impl_->database, sql::add_fact_face, id, face);
  transaction.commit();
  return id;
}

std::vector<FactRecord> Catalog::facts() const {
  const Snapshot snapshot(*this);
  std::vector<FactRecord> facts;
  Query rows(impl_->database, sql::facts);
  while (rows.next())
    facts.push_back({.id = rows.integer(0),
                     .kind = rows.text(1),
                     .person = rows.integer(2),
                     .value = rows.text(3),
                     .faces = {},
                     .created = rows.text(4)});
  // Both lists are sorted by fact.
  auto fact = facts.begin();
  Query faces(impl_->database, sql::fact_faces);
  while (faces.next()) {
    while (fact != facts.end() && fact->id < faces.integer(0)) ++fact;
    if (fact == facts.end()) break;
    if (fact->id == faces.integer(0)) fact->faces.push_back(faces.integer(1));
  }
  return facts;
}

}  // namespace facenet
