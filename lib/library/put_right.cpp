#include "library/put_right.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "people/facts.h"

namespace facenet {
namespace {

/// Each of them who is in a person of the other side becomes a person of its own, unless it is
/// held.
void part(Catalog& catalog, const std::vector<FaceId>& side, const std::vector<FaceId>& other,
          const Knowledge& knowledge, std::map<FaceId, PersonId>& homes) {
  std::unordered_set<PersonId> others;
  for (const FaceId face : other)
    if (const auto home = homes.find(face); home != homes.end()) others.insert(home->second);
  for (const FaceId face : side) {
    const auto home = homes.find(face);
    if (home == homes.end() || knowledge.held.contains(face) || !others.contains(home->second))
      continue;
    home->second = catalog.add_person();
  }
}

/// Faces that are held together are with whom they are held as, if that person has a name or is
/// hidden; else where most of them are, unless others are held there.
void gather_held(Catalog& catalog, const Knowledge& knowledge, std::map<FaceId, PersonId>& homes) {
  std::unordered_set<PersonId> labelled;
  for (const PersonRecord& person : catalog.people())
    if (!person.name.empty() || person.hidden) labelled.insert(person.id);
  std::map<PersonId, std::map<PersonId, std::int64_t>> found;
  for (const auto& [face, person] : knowledge.held) {
    auto& places = found[person];
    if (const auto home = homes.find(face); home != homes.end()) ++places[home->second];
  }
  std::map<PersonId, PersonId> home_of;
  std::unordered_set<PersonId> taken;
  for (const auto& [person, places] : found)
    if (labelled.contains(person)) taken.insert(home_of[person] = person);
  // Of equals the smaller numbers first.
  std::vector<std::tuple<std::int64_t, PersonId, PersonId>> claims;
  for (const auto& [person, places] : found)
    for (const auto& [home, faces] : places) claims.emplace_back(-faces, person, home);
  std::ranges::sort(claims);
  for (const auto& [faces, person, home] : claims)
    if (!home_of.contains(person) && taken.insert(home).second) home_of[person] = home;
  for (const auto& [person, places] : found)
    if (!home_of.contains(person))
      home_of[person] = taken.insert(person).second ? person : catalog.add_person();
  for (const auto& [face, person] : knowledge.held) homes[face] = home_of.at(person);
}

/// Faces of both sides are held as one person.
bool is_impossible(const FaceSeparation& separation, const Knowledge& knowledge) {
  std::unordered_set<PersonId> left;
  for (const FaceId face : separation.left)
    if (const auto held = knowledge.held.find(face); held != knowledge.held.end())
      left.insert(held->second);
  return std::ranges::any_of(separation.right, [&](FaceId face) {
    const auto held = knowledge.held.find(face);
    return held != knowledge.held.end() && left.contains(held->second);
  });
}

}  // namespace

std::int64_t put_faces_right(Catalog& catalog) {
  Catalog::Transaction transaction(catalog);
  const std::map<FaceId, PersonId> before = catalog.memberships();
  const Knowledge knowledge = knowledge_from(catalog.facts());
  std::map<FaceId, PersonId> homes = before;
  gather_held(catalog, knowledge, homes);
  for (const FaceRecord& face : catalog.withdrawn_faces()) homes.erase(face.id);
  for (const FaceSeparation& separation : knowledge.apart) {
    part(catalog, separation.left, separation.right, knowledge, homes);
    part(catalog, separation.right, separation.left, knowledge, homes);
  }
  std::vector<std::pair<FaceId, PersonId>> changed;
  for (const auto& [face, home] : homes) {
    const auto old = before.find(face);
    if (old == before.end() || old->second != home) changed.emplace_back(face, home);
  }
  if (changed.empty()) return 0;
  catalog.set_memberships(changed);
  catalog.set_property("partition", "");
  transaction.commit();
  return std::ssize(changed);
}

std::int64_t put_salvaged_right(Catalog& catalog) {
  const std::vector<FactRecord> facts = catalog.facts();
  const Knowledge knowledge = knowledge_from(facts);
  std::unordered_set<std::int64_t> impossible;
  for (const FaceSeparation& separation : knowledge.apart)
    if (is_impossible(separation, knowledge)) impossible.insert(separation.fact);
  Forgetting rows;
  for (const FactRecord& fact : facts) {
    if (impossible.contains(fact.undoes)) impossible.insert(fact.id);
    if (impossible.contains(fact.id)) rows.facts.push_back(fact.id);
  }
  if (!rows.facts.empty()) {
    catalog.forget(rows);
    catalog.finish_forgetting();
  }
  return put_faces_right(catalog);
}

}  // namespace facenet
