#include "library/merging/merge_facts.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "library/merging/common_origin.h"
#include "library/merging/same_people.h"
#include "library/put_right.h"
#include "people/facts.h"
#include "people/hand_marks.h"
#include "people/partition.h"
#include "people/statements.h"

namespace facenet {
namespace {

/// A fact of the list that becomes the catalog's. In those that come in, people are still theirs.
struct Said {
  FactRecord fact;
  bool is_ours = false;
  std::size_t undoes = kNothing;  ///< index of what it undoes
  std::size_t step = kNothing;    ///< index of the first fact of its step

  static constexpr std::size_t kNothing = SIZE_MAX;
};

/// What a fact says, of which faces, and when. People do not count: what they are called by number
/// follows from this.
using Content = std::tuple<std::string, std::string, std::string, PhotoId, std::size_t,
                           std::vector<FaceId>, std::vector<FaceId>, std::vector<FaceId>>;

/// All facts of two catalogs, each once, in the faces and photos of the first.
class FactUnion {
 public:
  FactUnion(Catalog& into, const Catalog& from, const Counterparts& counterparts,
            const CommonOrigin& origin)
      : counterparts_(counterparts), origin_(origin) {
    for (FactRecord& fact : into.facts()) add_ours(std::move(fact));
    ours_ = all_.size();
    for (const FactRecord& fact : from.facts()) add_theirs(fact);
  }

  const std::vector<Said>& all() const { return all_; }
  std::size_t count_new() const { return all_.size() - ours_; }
  bool changes_anything() const { return count_new() > 0 || has_grown_; }
  std::int64_t count_lost() const { return lost_; }
  /// People of facts that both have: theirs, ours.
  const std::vector<std::pair<PersonId, PersonId>>& same_people() const { return same_people_; }

  /// Of all of them, in the order in which they were said; of one second, ours first. Each
  /// catalog's own order stays, also where its clock went back. What both have from one origin
  /// comes first, in the order that it had there.
  std::vector<std::size_t> in_order() const {
    std::vector<std::size_t> order;
    std::size_t ours = 0;
    std::size_t theirs = ours_;
    while (ours < ours_ || theirs < all_.size()) {
      const bool take_ours =
          theirs == all_.size() || (ours < ours_ && is_before(all_[ours].fact, all_[theirs].fact));
      order.push_back(take_ours ? ours++ : theirs++);
    }
    return order;
  }

 private:
  bool is_before(const FactRecord& ours, const FactRecord& theirs) const {
    if (origin_.has(ours) && origin_.has(theirs)) return ours.id < theirs.id;
    if (origin_.has(ours) != origin_.has(theirs)) return origin_.has(ours);
    return ours.created <= theirs.created;
  }

  Content content_of(const Said& said) const {
    const FactRecord& fact = said.fact;
    const auto sorted = [](std::vector<FaceId> faces) {
      std::ranges::sort(faces);
      return faces;
    };
    return {fact.kind,
            fact.value,
            fact.created,
            fact.photo,
            said.undoes,
            sorted(fact.faces),
            sorted(fact.other_faces),
            sorted(fact.given)};
  }

  void add_ours(FactRecord fact) {
    Said said{.fact = std::move(fact), .is_ours = true};
    if (said.fact.undoes != 0) said.undoes = our_index_.at(said.fact.undoes);
    if (said.fact.step != 0) said.step = our_index_.at(said.fact.step);
    our_index_.emplace(said.fact.id, all_.size());
    not_theirs_[content_of(said)].push_back(all_.size());
    all_.push_back(std::move(said));
  }

  void add_theirs(const FactRecord& fact) {
    auto said = translate(fact);
    if (!said) {
      ++lost_;
      return;
    }
    if (origin_.has(fact)) return add_common(fact.id, std::move(*said));
    if (const auto same = not_theirs_.find(content_of(*said));
        same != not_theirs_.end() && !same->second.empty()) {
      const std::size_t ours = same->second.front();
      same->second.erase(same->second.begin());
      their_index_.emplace(fact.id, ours);
      same_people_.emplace_back(fact.person, all_[ours].fact.person);
      same_people_.emplace_back(fact.other, all_[ours].fact.other);
      return;
    }
    their_index_.emplace(fact.id, all_.size());
    all_.push_back(std::move(*said));
  }

  /// A fact of the one that both are parts of: each has it with the faces that it has itself, and
  /// people have the same numbers in both.
  void add_common(std::int64_t id, Said said) {
    const auto same = our_index_.find(id);
    their_index_.emplace(id, same == our_index_.end() ? all_.size() : same->second);
    if (same == our_index_.end()) return all_.push_back(std::move(said));
    FactRecord& ours = all_[same->second].fact;
    has_grown_ |= unite(ours.faces, said.fact.faces);
    has_grown_ |= unite(ours.other_faces, said.fact.other_faces);
    has_grown_ |= unite(ours.given, said.fact.given);
    for (const FactMove& move : said.fact.moves) {
      if (std::ranges::find(ours.moves, move.face, &FactMove::face) != ours.moves.end()) continue;
      ours.moves.push_back(move);
      has_grown_ = true;
    }
  }

  static bool unite(std::vector<FaceId>& faces, const std::vector<FaceId>& others) {
    std::set<FaceId> all(faces.begin(), faces.end());
    all.insert(others.begin(), others.end());
    const bool grows = all.size() > faces.size();
    faces.assign(all.begin(), all.end());
    return grows;
  }

  /// In our faces. Nothing when we have none of what it is about.
  std::optional<Said> translate(const FactRecord& theirs) const {
    Said said{.fact = theirs};
    FactRecord& fact = said.fact;
    bool is_about = false;
    bool is_known = false;
    for (auto* faces : {&fact.faces, &fact.other_faces, &fact.given}) {
      is_about |= !faces->empty();
      *faces = translate(*faces);
      is_known |= !faces->empty();
    }
    if (theirs.photo != 0) {
      is_about = true;
      fact.photo = counterparts_.photo(theirs.photo).value_or(0);
      is_known |= fact.photo != 0;
    }
    if (theirs.undoes != 0) {
      is_about = true;
      const auto undone = their_index_.find(theirs.undoes);
      is_known = undone != their_index_.end();
      if (is_known) said.undoes = undone->second;
    }
    if (is_about && !is_known) return std::nullopt;
    if (const auto step = their_index_.find(theirs.step); step != their_index_.end())
      said.step = step->second;
    std::vector<FactMove> moves;
    for (const FactMove& move : theirs.moves)
      if (const auto face = counterparts_.face(move.face))
        moves.push_back({.face = *face, .source = move.source, .target = move.target});
    fact.moves = std::move(moves);
    return said;
  }

  std::vector<FaceId> translate(const std::vector<FaceId>& theirs) const {
    std::vector<FaceId> ours;
    for (const FaceId face : theirs)
      if (const auto known = counterparts_.face(face)) ours.push_back(*known);
    return ours;
  }

  const Counterparts& counterparts_;
  std::vector<Said> all_;  ///< ours, then theirs that we do not have
  std::size_t ours_ = 0;
  std::map<std::int64_t, std::size_t> our_index_, their_index_;  ///< by their numbers
  std::map<Content, std::vector<std::size_t>> not_theirs_;
  std::vector<std::pair<PersonId, PersonId>> same_people_;
  std::int64_t lost_ = 0;
  const CommonOrigin origin_;
  bool has_grown_ = false;  ///< a fact of ours names more faces now
};

/// Whether each fact counts: it is not undone by one that counts. From the last to the first.
std::vector<bool> which_count(const std::vector<FactRecord>& facts) {
  std::set<std::int64_t> undone;
  std::vector<bool> counts(facts.size());
  for (std::size_t i = facts.size(); i-- > 0;) {
    counts[i] = !undone.contains(facts[i].id);
    if (counts[i] && facts[i].undoes != 0) undone.insert(facts[i].undoes);
  }
  return counts;
}

/// The last fact that came in and closes a circle of people who were merged into each other, of
/// which each catalog had another direction: they are one person without it.
std::optional<std::int64_t> merge_that_closes_a_circle(const std::vector<FactRecord>& facts,
                                                       const std::set<std::int64_t>& came_in) {
  struct Step {
    PersonId target = 0;
    std::int64_t fact = 0;
  };
  std::map<PersonId, Step> next;
  const std::vector<bool> counts = which_count(facts);
  for (std::size_t i = 0; i < facts.size(); ++i)
    if (counts[i] && facts[i].kind == fact_kind::kMerge)
      next[facts[i].other] = {facts[i].person, facts[i].id};
  for (const auto& [start, step] : next) {
    std::int64_t last = came_in.contains(step.fact) ? step.fact : 0;
    PersonId at = step.target;
    for (std::size_t steps = 0; at != start && steps < next.size(); ++steps) {
      const auto found = next.find(at);
      if (found == next.end()) break;
      if (came_in.contains(found->second.fact)) last = std::max(last, found->second.fact);
      at = found->second.target;
    }
    if (at == start && last != 0) return last;
  }
  return std::nullopt;
}

/// Takes a fact out, and what undid it.
void remove_fact(std::vector<FactRecord>& facts, std::int64_t id) {
  std::set<std::int64_t> gone{id};
  std::erase_if(facts, [&](const FactRecord& fact) {
    if (gone.contains(fact.undoes)) gone.insert(fact.id);
    return gone.contains(fact.id);
  });
  for (FactRecord& fact : facts)
    if (gone.contains(fact.step)) fact.step = 0;
}

/// The facts as the catalog shall have them. Ours keep their numbers as far as the order allows it.
std::vector<FactRecord> numbered(const FactUnion& facts, const CommonOrigin& origin,
                                 SamePeople& people, std::set<std::int64_t>& came_in) {
  std::vector<FactRecord> list;
  std::vector<std::int64_t> number(facts.all().size());
  std::int64_t last = 0;
  for (const std::size_t index : facts.in_order()) {
    const Said& said = facts.all()[index];
    FactRecord fact = said.fact;
    const bool keeps_number = said.is_ours || origin.has(fact);
    last = keeps_number ? std::max(last + 1, fact.id) : last + 1;
    fact.id = number[index] = last;
    fact.undoes = said.undoes == Said::kNothing ? 0 : number[said.undoes];
    fact.step = said.step == Said::kNothing ? 0 : number[said.step];
    if (!said.is_ours) {
      came_in.insert(fact.id);
      fact.person = people.of(fact.person);
      fact.other = people.of(fact.other);
      for (FactMove& move : fact.moves) {
        move.source = people.of(move.source);
        move.target = people.of(move.target);
      }
    }
    list.push_back(std::move(fact));
  }
  return list;
}

bool is_merged(const Catalog& catalog, PersonId person) {
  const auto record = catalog.person(person);
  return record && record->merged_into != 0;
}

/// Faces that have nobody yet get the person that they have in `from`.
void put_into_people(Catalog& into, const Catalog& from, const Counterparts& counterparts,
                     SamePeople& people) {
  std::vector<std::pair<FaceId, PersonId>> homes;
  std::map<PersonId, PersonId> successors;
  const std::map<FaceId, PersonId> known = into.memberships();
  for (const auto& [face, person] : from.memberships()) {
    const auto ours = counterparts.face(face);
    if (!ours || known.contains(*ours)) continue;
    const PersonId home = people.of(person);
    const auto [successor, fresh] = successors.try_emplace(home);
    // Where they have faces in somebody who became somebody else, these had come there later.
    if (fresh) successor->second = is_merged(from, person) ? home : successor_of(into, home);
    homes.emplace_back(*ours, successor->second);
  }
  if (homes.empty()) return;
  into.set_memberships(homes);
  into.set_property("partition", "");
}

/// People who got one name from both are one person.
void unite_people_of_one_name(Catalog& into, MergeReport& report) {
  std::map<std::string, PersonId> named;
  for (const PersonRecord& person : into.named_people()) {
    const auto [first, fresh] = named.emplace(person.name, person.id);
    if (fresh) continue;
    try {
      merge_people(into, first->second, person.id);
    } catch (const Error& error) {
      fail(
          "people {} and {} would both be {}, and cannot be merged ({}): give one another name "
          "first",
          first->second, person.id, person.name, error.what());
    }
    report.contradictions.push_back(fmt::format("people {} and {} are both {}: now they are one",
                                                first->second, person.id, person.name));
  }
}

struct NamesOfOne {
  PersonId person = 0;
  std::string ours, theirs;
};

/// People to whom the catalogs give different names.
std::vector<NamesOfOne> different_names(const Catalog& into, const Catalog& from,
                                        const SamePeople& people) {
  std::map<PersonId, std::string> names;
  for (const PersonRecord& person : into.named_people()) names.emplace(person.id, person.name);
  std::vector<NamesOfOne> different;
  for (const PersonRecord& person : from.named_people()) {
    const auto ours = names.find(people.known(person.id));
    if (ours != names.end() && ours->second != person.name)
      different.push_back({ours->first, ours->second, person.name});
  }
  return different;
}

void report_names(const Catalog& into, const std::vector<NamesOfOne>& different,
                  MergeReport& report) {
  for (const NamesOfOne& names : different) {
    const auto person = into.person(names.person);
    const std::string now = person && !person->name.empty() ? person->name : "without a name";
    report.contradictions.push_back(
        fmt::format("person {} is {} in one and {} in the other: now {}", names.person, names.ours,
                    names.theirs, now));
  }
}

}  // namespace

void merge_facts(Catalog& into, const Catalog& from, const Counterparts& counterparts,
                 MergeReport& report) {
  const CommonOrigin origin = common_origin(into, from);
  const FactUnion facts(into, from, counterparts, origin);
  SamePeople people(into, from);
  people.match_by_numbers(origin.last_person);
  for (const auto& [theirs, ours] : facts.same_people()) people.match(theirs, ours);
  people.match_by_names();
  people.match_by_faces(counterparts);
  const std::vector<NamesOfOne> names = different_names(into, from, people);
  report.lost_facts = facts.count_lost();
  if (facts.changes_anything()) {
    std::set<std::int64_t> came_in;
    std::vector<FactRecord> list = numbered(facts, origin, people, came_in);
    while (const auto merge = merge_that_closes_a_circle(list, came_in)) remove_fact(list, *merge);
    report.facts = std::ssize(list) - std::ssize(into.facts());
    into.replace_facts(list);
    for (const Disagreement& said : knowledge_from(into.facts()).disagreements)
      if (came_in.contains(said.later) || came_in.contains(said.earlier))
        report.contradictions.push_back(said.text);
  }
  put_into_people(into, from, counterparts, people);
  settle_hand_marks(into);
  report.people = people.count_new();
  if (!broken_facts(into).empty()) report.moved_faces = put_faces_right(into);
  unite_people_of_one_name(into, report);
  report_names(into, names, report);
  into.forget_empty_people();
}

}  // namespace facenet
