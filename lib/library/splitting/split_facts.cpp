#include "library/splitting/split_facts.h"

#include <algorithm>

#include "people/facts.h"
#include "people/partition.h"

namespace facenet {
namespace {

bool tells_apart(const FactRecord& fact) {
  return fact.kind == fact_kind::kSplit || fact.kind == fact_kind::kReject ||
         fact.kind == fact_kind::kDifferent;
}

/// Whom those are said to be at whom the user pointed.
std::vector<PersonId> people_of_given(const FactRecord& fact) {
  if (fact.kind == fact_kind::kSplit) return {fact.other};
  if (fact.kind == fact_kind::kReject) return {};
  return {fact.person};
}

}  // namespace

/// What is chosen for one part.
class SplitFacts::Choice {
 public:
  explicit Choice(const SplitFacts& all) : all_(all) {}

  void add_photo(PhotoId photo) {
    if (const auto said = all_.said_of_photo_.find(photo); said != all_.said_of_photo_.end())
      for (const std::int64_t fact : said->second) add_fact(fact);
    if (const auto faces = all_.faces_of_.find(photo); faces != all_.faces_of_.end())
      for (const FaceId face : faces->second) add_face(face);
  }
  void add_fact(std::int64_t id) {
    if (!facts_.insert(id).second) return;
    const FactRecord& fact = all_.facts_.at(id);
    for (const std::int64_t other : {fact.undoes, fact.step})
      if (other != 0) add_fact(other);
    for (const auto* const later : {&all_.undoing_, &all_.contradicting_})
      if (const auto found = later->find(id); found != later->end())
        for (const std::int64_t other : found->second) add_fact(other);
  }

  std::set<std::int64_t>& facts() { return facts_; }
  /// That name one of the faces.
  const std::set<std::int64_t>& naming() const { return naming_; }

 private:
  void add_face(FaceId face) {
    for (const auto* const people : {&all_.homes_, &all_.left_})
      if (const auto person = people->find(face); person != people->end())
        add_person(person->second);
    const auto mentions = all_.mentions_.find(face);
    if (mentions == all_.mentions_.end()) return;
    for (const Mention& mention : mentions->second) {
      naming_.insert(mention.fact);
      add_fact(mention.fact);
      for (const PersonId person : mention.people) add_person(person);
    }
  }
  void add_person(PersonId person) {
    if (!people_.insert(person).second) return;
    const auto said = all_.said_of_.find(person);
    if (said == all_.said_of_.end()) return;
    for (const std::int64_t id : said->second) {
      add_fact(id);
      const FactRecord& fact = all_.facts_.at(id);
      if (fact.kind == fact_kind::kMerge) add_person(fact.person);
    }
  }

  const SplitFacts& all_;
  std::set<std::int64_t> facts_, naming_;
  std::set<PersonId> people_;
};

SplitFacts::SplitFacts(const Catalog& catalog) : photo_of_(photos_of_faces(catalog)) {
  for (const FaceRecord& face : catalog.withdrawn_faces()) photo_of_.emplace(face.id, face.photo);
  for (const auto& [face, photo] : photo_of_) faces_of_[photo].push_back(face);
  for (const auto& [face, person] : catalog.memberships()) homes_.emplace(face, person);
  for (const Departure& departure : catalog.departures())
    left_.emplace(departure.face, departure.person);
  for (const FactRecord& fact : catalog.facts()) note(fact);
  note_contradictions(catalog);
}

void SplitFacts::note(const FactRecord& fact) {
  facts_.emplace(fact.id, fact);
  const auto mention = [&](FaceId face, std::vector<PersonId> people) {
    mentions_[face].push_back({.fact = fact.id, .people = std::move(people)});
  };
  for (const FaceId face : fact.faces) mention(face, {fact.person});
  for (const FaceId face : fact.other_faces) mention(face, {fact.other});
  for (const FaceId face : fact.given) mention(face, people_of_given(fact));
  for (const FactMove& move : fact.moves) mention(move.face, {move.source, move.target});
  if (fact.kind == fact_kind::kName || fact.kind == fact_kind::kHide ||
      fact.kind == fact_kind::kUnhide)
    said_of_[fact.person].push_back(fact.id);
  if (fact.kind == fact_kind::kMerge) said_of_[fact.other].push_back(fact.id);
  if (fact.undoes != 0) undoing_[fact.undoes].push_back(fact.id);
  if (fact.photo != 0) said_of_photo_[fact.photo].push_back(fact.id);
}

void SplitFacts::note_contradictions(const Catalog& catalog) {
  for (const Disagreement& said : knowledge_from(catalog.facts()).disagreements)
    if (tells_apart(facts_.at(said.earlier))) contradicting_[said.earlier].push_back(said.later);
}

std::set<std::int64_t> SplitFacts::concerning(std::set<PhotoId>& photos) const {
  for (;;) {
    Choice choice(*this);
    for (const PhotoId photo : photos) choice.add_photo(photo);
    const std::size_t before = photos.size();
    for (const std::int64_t id : choice.naming()) {
      if (!contradicting_.contains(id)) continue;
      const FactRecord& fact = facts_.at(id);
      for (const auto* const faces : {&fact.faces, &fact.other_faces, &fact.given})
        for (const FaceId face : *faces) photos.insert(photo_of_.at(face));
    }
    if (photos.size() == before) return std::move(choice.facts());
  }
}

void SplitFacts::complete(std::set<std::int64_t>& facts) const {
  Choice choice(*this);
  for (const std::int64_t fact : facts) choice.add_fact(fact);
  facts = std::move(choice.facts());
}

std::vector<std::int64_t> SplitFacts::all() const {
  std::vector<std::int64_t> all;
  for (const auto& [id, fact] : facts_) all.push_back(id);
  return all;
}

}  // namespace facenet
