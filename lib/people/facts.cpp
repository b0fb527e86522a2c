#include "people/facts.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "base/format.h"
#include "base/text.h"

namespace facenet {
namespace {

std::string list_faces(const std::vector<FaceId>& faces) {
  constexpr std::size_t kShown = 5;
  const std::size_t shown = std::min(kShown, faces.size());
  std::string text = faces.size() == 1 ? "face " : "faces ";
  text +=
      fmt::format("{}", fmt::join(faces.begin(), faces.begin() + static_cast<long>(shown), ", "));
  if (shown < faces.size()) text += fmt::format(" and {} more", faces.size() - shown);
  return text;
}

/// Why a face is held: taking one reason away leaves the others.
enum Reason : unsigned { kByName = 1, kByHiding = 2, kByHand = 4 };

struct Hold {
  PersonId person = 0;
  unsigned reasons = 0;
  std::size_t given_by = kNobody;  ///< index of the fact whose user pointed at this very face

  static constexpr std::size_t kNobody = SIZE_MAX;
};

/// One side of a separation: the faces pointed at, or those of a person as it was seen. A face of
/// the latter kind leaves when it turns out to be of another person.
struct Side {
  std::unordered_set<FaceId> faces;
  bool given = false;
};

struct OpenSeparation {
  std::size_t fact = 0;
  std::array<Side, 2> sides;
};

class Reader {
 public:
  explicit Reader(std::span<const FactRecord> facts) : facts_(facts) {}
  /// The next of them, in their order.
  void read(std::size_t index);
  /// Of those read so far.
  Knowledge knowledge() const;

 private:
  using Faces = std::vector<FaceId>;

  void follow_strays(const FactRecord& fact);
  Faces seen(const Faces& faces, PersonId person) const;
  void put(FaceId face, const Hold& hold);
  void drop(FaceId face);
  const std::unordered_set<FaceId>& held_as(PersonId person) const;
  void hold(const Faces& faces, PersonId person, Reason reason);
  void merge(PersonId kept, PersonId absorbed);
  void give(const FactRecord& fact, PersonId person);
  void release(PersonId person, Reason reason);
  void leave(FaceId face);
  void report_if_given(const FactRecord& fact);
  void separate(Side left, Side right);
  void resolve(PersonId person);
  void report(std::size_t earlier);

  std::span<const FactRecord> facts_;
  std::size_t now_ = 0;  ///< the fact being read
  std::unordered_map<FaceId, Hold> held_;
  std::unordered_map<PersonId, std::unordered_set<FaceId>> faces_held_;  ///< the same, by person
  std::vector<OpenSeparation> separations_;
  std::unordered_map<FaceId, std::vector<std::size_t>> separations_of_;
  std::set<PhotoId> same_photo_;
  std::vector<Disagreement> disagreements_;
  /// Of each undone fact, until it is undone: the faces that it had brought to a person.
  std::map<std::int64_t, std::set<std::pair<FaceId, PersonId>>> strays_;
};

/// Faces that an undone fact brought to a person may have gone on to another with that person.
void Reader::follow_strays(const FactRecord& fact) {
  if (strays_.empty()) return;
  const std::set<FaceId> given(fact.given.begin(), fact.given.end());
  for (auto& [origin, strays] : strays_) {
    for (const FactMove& move : fact.moves)
      if (!given.contains(move.face) && strays.contains({move.face, move.source}))
        strays.emplace(move.face, move.target);
    std::erase_if(strays, [&](const auto& stray) { return given.contains(stray.first); });
  }
}

/// Without those that an undone fact had brought.
Reader::Faces Reader::seen(const Faces& faces, PersonId person) const {
  Faces seen;
  for (const FaceId face : faces)
    if (std::none_of(strays_.begin(), strays_.end(), [&](const auto& entry) {
          return entry.second.contains({face, person});
        }))
      seen.push_back(face);
  return seen;
}

void Reader::put(FaceId face, const Hold& hold) {
  drop(face);
  held_.emplace(face, hold);
  faces_held_[hold.person].insert(face);
}

void Reader::drop(FaceId face) {
  const auto entry = held_.find(face);
  if (entry == held_.end()) return;
  faces_held_[entry->second.person].erase(face);
  held_.erase(entry);
}

const std::unordered_set<FaceId>& Reader::held_as(PersonId person) const {
  static const std::unordered_set<FaceId> kNone;
  const auto found = faces_held_.find(person);
  return found == faces_held_.end() ? kNone : found->second;
}

void Reader::hold(const Faces& faces, PersonId person, Reason reason) {
  for (const FaceId face : faces) {
    const auto known = held_.find(face);
    if (known == held_.end() || known->second.person != person) put(face, {.person = person});
    held_.at(face).reasons |= reason;
  }
}

void Reader::merge(PersonId kept, PersonId absorbed) {
  const std::unordered_set<FaceId> faces = held_as(absorbed);
  for (const FaceId face : faces) {
    Hold hold = held_.at(face);
    hold.person = kept;
    put(face, hold);
  }
}

void Reader::give(const FactRecord& fact, PersonId person) {
  for (const FaceId face : fact.given) {
    leave(face);
    put(face, {.person = person, .reasons = kByHand, .given_by = now_});
  }
}

void Reader::release(PersonId person, Reason reason) {
  const std::unordered_set<FaceId> faces = held_as(person);
  for (const FaceId face : faces) {
    Hold& hold = held_.at(face);
    hold.reasons &= ~static_cast<unsigned>(reason);
    if (hold.reasons == 0) drop(face);
  }
}

/// The user pointed at the face: what was said about the person it seemed to be is not about it.
void Reader::leave(FaceId face) {
  drop(face);
  const auto known = separations_of_.find(face);
  if (known == separations_of_.end()) return;
  for (const std::size_t index : known->second)
    for (Side& side : separations_[index].sides)
      if (!side.given) side.faces.erase(face);
}

void Reader::report_if_given(const FactRecord& fact) {
  for (const FaceId face : fact.given) {
    const auto hold = held_.find(face);
    if (hold != held_.end() && hold->second.person == fact.person &&
        hold->second.given_by != Hold::kNobody)
      report(hold->second.given_by);
  }
}

void Reader::separate(Side left, Side right) {
  if (left.faces.empty() || right.faces.empty()) return;
  const std::size_t index = separations_.size();
  for (const Side* side : {&left, &right})
    for (const FaceId face : side->faces) separations_of_[face].push_back(index);
  separations_.push_back({.fact = now_, .sides = {std::move(left), std::move(right)}});
}

/// Lets go of what keeps faces of `person` apart: this fact puts them together.
void Reader::resolve(PersonId person) {
  std::map<std::size_t, std::array<Faces, 2>> met;  // separation: faces on its sides
  for (const FaceId face : held_as(person)) {
    const auto known = separations_of_.find(face);
    if (known == separations_of_.end()) continue;
    for (const std::size_t index : known->second)
      for (std::size_t side = 0; side < 2; ++side)
        if (separations_[index].sides[side].faces.contains(face)) met[index][side].push_back(face);
  }
  for (const auto& [index, faces] : met) {
    if (faces[0].empty() || faces[1].empty()) continue;
    report(separations_[index].fact);
    for (std::size_t side = 0; side < 2; ++side)
      for (const FaceId face : faces[side]) separations_[index].sides[side].faces.erase(face);
  }
}

void Reader::report(std::size_t earlier) {
  const FactRecord& before = facts_[earlier];
  const FactRecord& now = facts_[now_];
  const bool is_known =
      std::any_of(disagreements_.begin(), disagreements_.end(), [&](const Disagreement& known) {
        return known.later == now.id && known.earlier == before.id;
      });
  if (is_known) return;
  disagreements_.push_back(
      {.later = now.id,
       .earlier = before.id,
       .text = fmt::format("fact {} ({}) contradicts fact {} ({}): the later one counts", now.id,
                           describe_fact(now), before.id, describe_fact(before))});
}

void Reader::read(std::size_t index) {
  now_ = index;
  const FactRecord& fact = facts_[index];
  if (fact.undone) {
    auto& strays = strays_[fact.id];
    for (const FactMove& move : fact.moves) strays.emplace(move.face, move.target);
    return;
  }
  if (fact.kind == fact_kind::kUndo) {
    strays_.erase(fact.undoes);
    return;
  }
  follow_strays(fact);
  const Faces faces = seen(fact.faces, fact.person);
  const auto company = [](const Faces& of) { return Side{.faces = {of.begin(), of.end()}}; };
  const auto pointed_at = [](const Faces& of) {
    return Side{.faces = {of.begin(), of.end()}, .given = true};
  };

  if (fact.kind == fact_kind::kName || fact.kind == fact_kind::kHide) {
    const Reason reason = fact.kind == fact_kind::kName ? kByName : kByHiding;
    if (fact.kind == fact_kind::kName && fact.value.empty()) return release(fact.person, kByName);
    give(fact, fact.person);  // of a person whom the name made
    hold(faces, fact.person, reason);
    resolve(fact.person);
  } else if (fact.kind == fact_kind::kUnhide) {
    release(fact.person, kByHiding);
  } else if (fact.kind == fact_kind::kMerge) {
    merge(fact.person, fact.other);
    hold(faces, fact.person, kByHand);
    hold(seen(fact.other_faces, fact.other), fact.person, kByHand);
    resolve(fact.person);
  } else if (fact.kind == fact_kind::kMove) {
    give(fact, fact.person);
    hold(faces, fact.person, kByHand);
    resolve(fact.person);
  } else if (fact.kind == fact_kind::kSplit) {
    report_if_given(fact);
    give(fact, fact.other);
    resolve(fact.other);
    separate(pointed_at(fact.given), company(faces));
  } else if (fact.kind == fact_kind::kReject) {
    report_if_given(fact);
    for (const FaceId face : fact.given) leave(face);
    separate(pointed_at(fact.given), company(faces));
  } else if (fact.kind == fact_kind::kDifferent) {
    separate(company(faces), company(seen(fact.other_faces, fact.other)));
  } else if (fact.kind == fact_kind::kSamePhoto) {
    same_photo_.insert(fact.photo);
  }
}

Knowledge Reader::knowledge() const {
  Knowledge knowledge;
  for (const auto& [face, hold] : held_) knowledge.held.emplace(face, hold.person);
  for (const OpenSeparation& open : separations_) {
    FaceSeparation separation{.fact = facts_[open.fact].id, .left = {}, .right = {}};
    separation.left.assign(open.sides[0].faces.begin(), open.sides[0].faces.end());
    separation.right.assign(open.sides[1].faces.begin(), open.sides[1].faces.end());
    if (separation.left.empty() || separation.right.empty()) continue;
    std::sort(separation.left.begin(), separation.left.end());
    std::sort(separation.right.begin(), separation.right.end());
    knowledge.apart.push_back(std::move(separation));
  }
  knowledge.same_photo = same_photo_;
  knowledge.disagreements = disagreements_;
  return knowledge;
}

}  // namespace

std::string describe_fact(const FactRecord& fact) {
  const std::string& kind = fact.kind;
  const char* const are = fact.given.size() == 1 ? "is" : "are";
  if (kind == fact_kind::kName && fact.value.empty())
    return fmt::format("person {} has no name", fact.person);
  if (kind == fact_kind::kName && !fact.given.empty())
    return fmt::format("{} {} \"{}\", person {}", list_faces(fact.given), are, fact.value,
                       fact.person);
  if (kind == fact_kind::kName) return fmt::format("person {} is \"{}\"", fact.person, fact.value);
  if (kind == fact_kind::kMerge)
    return fmt::format("person {} is person {}", fact.other, fact.person);
  if (kind == fact_kind::kSplit)
    return fmt::format("{} {} not person {} but person {}", list_faces(fact.given), are,
                       fact.person, fact.other);
  if (kind == fact_kind::kMove)
    return fmt::format("{} {} person {}", list_faces(fact.given), are, fact.person);
  if (kind == fact_kind::kReject)
    return fmt::format("{} {} not person {}", list_faces(fact.given), are, fact.person);
  if (kind == fact_kind::kDifferent)
    return fmt::format("person {} is not person {}", fact.person, fact.other);
  if (kind == fact_kind::kHide) return fmt::format("person {} is hidden", fact.person);
  if (kind == fact_kind::kUnhide) return fmt::format("person {} is shown again", fact.person);
  if (kind == fact_kind::kSamePhoto)
    return fmt::format("photo {} may show a person more than once", fact.photo);
  if (kind == fact_kind::kImport) return "names were imported";
  if (kind == fact_kind::kUndo) return fmt::format("fact {} does not count", fact.undoes);
  return kind;
}

std::string describe_fact(const FactRecord& fact, std::span<const FactRecord> facts) {
  if (fact.kind != fact_kind::kImport) return describe_fact(fact);
  std::set<FaceId> faces;
  std::set<PersonId> people;
  for (auto said = std::ranges::upper_bound(facts, fact.id, {}, &FactRecord::id);
       said != facts.end(); ++said) {
    if (said->step != fact.id) continue;
    faces.insert(said->given.begin(), said->given.end());
    people.insert(said->person);
  }
  return fmt::format("names of {} were imported, for {}",
                     counted(std::ssize(people), "person", "people"),
                     counted(std::ssize(faces), "face"));
}

Knowledge knowledge_from(std::span<const FactRecord> facts) {
  Reader reader(facts);
  for (std::size_t i = 0; i < facts.size(); ++i) reader.read(i);
  return reader.knowledge();
}

std::pair<Knowledge, Knowledge> knowledge_around_last(std::span<const FactRecord> facts) {
  Reader reader(facts);
  for (std::size_t i = 0; i + 1 < facts.size(); ++i) reader.read(i);
  Knowledge before = reader.knowledge();
  reader.read(facts.size() - 1);
  return {std::move(before), reader.knowledge()};
}

Knowledge knowledge_of(const Catalog& catalog, std::span<const FactRecord> facts) {
  Knowledge knowledge = knowledge_from(facts);
  const std::vector<PhotoId> videos = catalog.videos();
  knowledge.same_photo.insert(videos.begin(), videos.end());
  return knowledge;
}

}  // namespace facenet
