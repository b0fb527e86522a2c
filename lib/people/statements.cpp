#include "people/statements.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/error.h"
#include "people/facts.h"
#include "people/partition.h"
#include "people/say.h"

namespace facenet {
namespace {

/// The faces, each once, sorted.
std::vector<FaceId> unique_faces(std::span<const FaceId> faces) {
  const std::set<FaceId> unique(faces.begin(), faces.end());
  return {unique.begin(), unique.end()};
}

std::vector<FaceId> without(const std::vector<FaceId>& faces, const std::vector<FaceId>& removed) {
  std::vector<FaceId> rest;
  std::set_difference(faces.begin(), faces.end(), removed.begin(), removed.end(),
                      std::back_inserter(rest));
  return rest;
}

void move_all(FactRecord& fact, const std::vector<FaceId>& faces, PersonId source,
              PersonId target) {
  for (const FaceId face : faces)
    fact.moves.push_back({.face = face, .source = source, .target = target});
}

/// `faces` are all of one person; that person keeps at least one.
void require_rest(const PersonRecord& person, const std::vector<FaceId>& rest) {
  if (rest.empty())
    fail("that leaves no face of {}: name another person for a merge, or take fewer faces",
         call_person(person));
}

/// A fact about all faces of two people who exist and have some; `to_do` is for the error.
FactRecord fact_of_two(const Catalog& catalog, const char* kind, PersonId person, PersonId other,
                       const char* to_do) {
  require_person(catalog, person);
  require_person(catalog, other);
  FactRecord fact{.kind = kind, .person = person, .other = other};
  fact.faces = catalog.faces_of_person(person);
  fact.other_faces = catalog.faces_of_person(other);
  if (fact.faces.empty() || fact.other_faces.empty())
    fail("person {} has no faces to {}", fact.faces.empty() ? person : other, to_do);
  return fact;
}

/// Whether the two, of the faces that they have now, were said to be different people.
bool is_told_apart(const Catalog& catalog, PersonId person, PersonId other) {
  const auto is_of = [&](PersonId who) {
    return [&, who](FaceId face) { return catalog.person_of(face) == who; };
  };
  const auto any_of = [&](const std::vector<FaceId>& faces, PersonId who) {
    return std::any_of(faces.begin(), faces.end(), is_of(who));
  };
  const std::vector<FactRecord> facts = catalog.facts();
  for (const FaceSeparation& separation : knowledge_from(facts).apart) {
    const auto fact = std::find_if(facts.begin(), facts.end(), [&](const FactRecord& said) {
      return said.id == separation.fact;
    });
    if (fact->kind != fact_kind::kDifferent ||
        std::minmax(fact->person, fact->other) != std::minmax(person, other))
      continue;
    if ((any_of(separation.left, person) && any_of(separation.right, other)) ||
        (any_of(separation.left, other) && any_of(separation.right, person)))
      return true;
  }
  return false;
}

/// People who hold other faces now than before: only these can show somebody twice who did not.
std::set<PersonId> held_otherwise(const Knowledge& before, const Knowledge& now) {
  std::set<PersonId> people;
  std::vector<std::pair<FaceId, PersonId>> differing;
  std::ranges::set_symmetric_difference(before.held, now.held, std::back_inserter(differing));
  for (const auto& [face, person] : differing) people.insert(person);
  return people;
}

}  // namespace

void set_people(Catalog& catalog, const std::vector<std::pair<FaceId, PersonId>>& memberships) {
  if (memberships.empty()) return;
  catalog.set_memberships(memberships);
  catalog.set_property("partition", "");
}

Statement say(Catalog& catalog, const FactRecord& fact) {
  std::vector<FactRecord> facts = catalog.facts();
  Statement statement;
  statement.fact = catalog.add_fact(fact);
  facts.push_back(fact);
  facts.back().id = statement.fact;
  const auto [known, knows] = knowledge_around_last(facts);
  statement.person = fact.person;
  std::vector<std::pair<FaceId, PersonId>> memberships;
  for (const FactMove& move : fact.moves)
    if (move.source != move.target) memberships.emplace_back(move.face, move.target);
  statement.moved_faces = std::ssize(memberships);
  set_people(catalog, memberships);

  for (const Disagreement& disagreement : knows.disagreements)
    if (disagreement.later == statement.fact) statement.warnings.push_back(disagreement.text);
  const std::set<PersonId> changed = held_otherwise(known, knows);
  const auto is_changed = [&](PersonId person) { return changed.contains(person); };
  const auto conflicts_before = same_photo_conflicts(catalog, known, is_changed);
  for (std::string& conflict : same_photo_conflicts(catalog, knows, is_changed))
    if (std::find(conflicts_before.begin(), conflicts_before.end(), conflict) ==
        conflicts_before.end())
      statement.warnings.push_back(std::move(conflict));
  return statement;
}

void give_faces(FactRecord& fact, const Catalog& catalog, std::span<const FaceId> faces,
                PersonId person) {
  fact.given = unique_faces(faces);
  std::map<PersonId, std::vector<FaceId>> sources;
  for (const FaceId face : fact.given) {
    const PersonId source = require_person_of(catalog, face);
    if (source == person) fail("face {} is of person {} already", face, person);
    sources[source].push_back(face);
  }
  for (const auto& [source, moved] : sources) {
    const PersonRecord record = require_person(catalog, source);
    if (!record.name.empty()) require_rest(record, without(catalog.faces_of_person(source), moved));
    move_all(fact, moved, source, person);
  }
  std::sort(fact.moves.begin(), fact.moves.end(),
            [](const FactMove& a, const FactMove& b) { return a.face < b.face; });
}

Statement merge_people(Catalog& catalog, PersonId kept, PersonId absorbed) {
  Catalog::Transaction transaction(catalog);
  FactRecord fact = fact_of_two(catalog, fact_kind::kMerge, kept, absorbed, "merge");
  if (kept == absorbed) fail("person {} cannot be merged with itself: give two people", kept);
  move_all(fact, fact.other_faces, absorbed, kept);
  Statement statement = say(catalog, fact);
  transaction.commit();
  return statement;
}

Statement split_person(Catalog& catalog, PersonId person, std::span<const FaceId> faces) {
  Catalog::Transaction transaction(catalog);
  const PersonRecord record = require_person(catalog, person);
  FactRecord fact{.kind = fact_kind::kSplit, .person = person, .given = unique_faces(faces)};
  for (const FaceId face : fact.given)
    if (const PersonId home = require_person_of(catalog, face); home != person)
      fail("face {} is not of {} but of person {}", face, call_person(record), home);
  fact.faces = without(catalog.faces_of_person(person), fact.given);
  require_rest(record, fact.faces);
  fact.other = catalog.add_person();
  move_all(fact, fact.given, person, fact.other);
  Statement statement = say(catalog, fact);
  statement.person = fact.other;
  transaction.commit();
  return statement;
}

Statement move_faces(Catalog& catalog, std::span<const FaceId> faces, PersonId person) {
  Catalog::Transaction transaction(catalog);
  require_person(catalog, person);
  FactRecord fact{.kind = fact_kind::kMove, .person = person};
  fact.faces = catalog.faces_of_person(person);
  if (fact.faces.empty()) fail("person {} has no faces: split these off instead", person);
  give_faces(fact, catalog, faces, person);
  Statement statement = say(catalog, fact);
  transaction.commit();
  return statement;
}

Statement reject_faces(Catalog& catalog, std::span<const FaceId> faces) {
  Catalog::Transaction transaction(catalog);
  FactRecord fact{.kind = fact_kind::kReject, .given = unique_faces(faces)};
  for (const FaceId face : fact.given) {
    const PersonId person = require_person_of(catalog, face);
    if (fact.person != 0 && fact.person != person)
      fail("faces {} and {} are of people {} and {}: reject those of one person at a time",
           fact.given.front(), face, fact.person, person);
    fact.person = person;
  }
  fact.faces = without(catalog.faces_of_person(fact.person), fact.given);
  require_rest(require_person(catalog, fact.person), fact.faces);
  for (const FaceId face : fact.given)
    fact.moves.push_back({.face = face, .source = fact.person, .target = catalog.add_person()});
  Statement statement = say(catalog, fact);
  transaction.commit();
  return statement;
}

Statement tell_apart(Catalog& catalog, PersonId person, PersonId other) {
  Catalog::Transaction transaction(catalog);
  const FactRecord fact = fact_of_two(catalog, fact_kind::kDifferent, person, other, "tell apart");
  if (person == other) fail("person {} is one person: split the faces off that are not", person);
  if (is_told_apart(catalog, person, other)) return {.person = person};
  Statement statement = say(catalog, fact);
  transaction.commit();
  return statement;
}

Statement hide_person(Catalog& catalog, PersonId person, bool hidden) {
  Catalog::Transaction transaction(catalog);
  if (require_person(catalog, person).hidden == hidden) return {.person = person};
  FactRecord fact{.kind = hidden ? fact_kind::kHide : fact_kind::kUnhide, .person = person};
  fact.faces = catalog.faces_of_person(person);
  if (hidden && fact.faces.empty()) fail("person {} has no faces to hide", person);
  Statement statement = say(catalog, fact);
  transaction.commit();
  return statement;
}

Statement allow_same_photo(Catalog& catalog, PhotoId photo) {
  Catalog::Transaction transaction(catalog);
  catalog.photo(photo);
  if (knowledge_from(catalog.facts()).same_photo.contains(photo)) return {};
  Statement statement = say(catalog, {.kind = fact_kind::kSamePhoto, .photo = photo});
  transaction.commit();
  return statement;
}

}  // namespace facenet
