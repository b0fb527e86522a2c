#include "people/grouping/changed_since.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/error.h"

namespace facenet {
namespace {

/// Who exchanges faces with whom.
class Exchanges {
 public:
  void add(PersonId a, PersonId b) { parent_[find(a)] = find(b); }

  /// One of them, the same for all who exchange faces.
  PersonId find(PersonId person) {
    PersonId root = person;
    for (auto up = parent_.find(root); up != parent_.end() && up->second != root;
         up = parent_.find(root))
      root = up->second;
    while (person != root) person = std::exchange(parent_.at(person), root);
    return root;
  }

 private:
  std::unordered_map<PersonId, PersonId> parent_;
};

bool is_same(const FactRecord& a, const FactRecord& b) {
  const auto all = [](const FactRecord& fact) {
    return std::tie(fact.id, fact.undone, fact.kind, fact.person, fact.other, fact.photo,
                    fact.faces, fact.other_faces, fact.given);
  };
  return all(a) == all(b);
}

bool exists(const Catalog& catalog, FaceId face) {
  try {
    catalog.face(face);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// People who are not as they were.
class ChangedPeople {
 public:
  ChangedPeople(const Catalog& catalog, const PlanBasis& basis)
      : catalog_(catalog), before_(basis.memberships), now_(catalog.memberships()) {
    add_by_faces();
    add_by_facts(basis.facts, catalog.facts());
  }

  const std::unordered_set<PersonId>& people() const { return people_; }
  const std::map<FaceId, PersonId>& memberships() const { return now_; }

  /// Whether the face is still there, with whom it was.
  bool is_as_it_was(FaceId face) const {
    const auto now = now_.find(face);
    const auto before = before_.find(face);
    if (now != now_.end() && before != before_.end()) return now->second == before->second;
    return now == now_.end() && before == before_.end() && exists(catalog_, face);
  }

 private:
  void add_by_faces() {
    std::vector<std::pair<FaceId, PersonId>> changed;
    std::ranges::set_symmetric_difference(before_, now_, std::back_inserter(changed));
    for (const auto& [face, person] : changed) people_.insert(person);
  }

  void add_by_facts(const std::vector<FactRecord>& before, const std::vector<FactRecord>& now) {
    auto old = before.begin();
    auto fact = now.begin();
    while (old != before.end() || fact != now.end()) {
      if (fact == now.end() || (old != before.end() && old->id < fact->id)) {
        add(*old++);
      } else if (old == before.end() || fact->id < old->id) {
        add(*fact++);
      } else {
        if (!is_same(*old, *fact)) {
          add(*old);
          add(*fact);
        }
        ++old;
        ++fact;
      }
    }
  }

  void add(const FactRecord& fact) {
    people_.insert(fact.person);
    people_.insert(fact.other);
    for (const auto* faces : {&fact.faces, &fact.other_faces, &fact.given})
      for (const FaceId face : *faces) add(face);
    for (const FactMove& move : fact.moves) add(move.face);
    if (fact.photo != 0)
      for (const FaceRecord& face : catalog_.faces_of(fact.photo)) add(face.id);
  }

  void add(FaceId face) {
    for (const auto* memberships : {&before_, &now_})
      if (const auto home = memberships->find(face); home != memberships->end())
        people_.insert(home->second);
  }

  const Catalog& catalog_;
  const std::map<FaceId, PersonId>& before_;
  const std::map<FaceId, PersonId> now_;
  std::unordered_set<PersonId> people_;
};

/// Who still becomes what was planned.
class Undisturbed {
 public:
  Undisturbed(const PlanBasis& basis, const RegroupPlan& plan, const ChangedPeople& changed) {
    for (const auto& [face, person] : plan.moves)
      if (const auto home = basis.memberships.find(face); home != basis.memberships.end())
        exchanges_.add(home->second, person);
    for (const PersonId person : changed.people()) disturbed_.insert(exchanges_.find(person));
    for (const auto& [face, person] : plan.moves)
      if (!changed.is_as_it_was(face)) disturbed_.insert(exchanges_.find(person));
  }

  bool contains(PersonId person) { return !disturbed_.contains(exchanges_.find(person)); }

 private:
  Exchanges exchanges_;
  std::unordered_set<PersonId> disturbed_;
};

/// Numbers the new people who are left -1, -2, ... again, in their order.
void renumber_new_people(RegroupPlan& plan) {
  std::vector<PersonId> number(plan.new_people.size());
  const auto number_of = [&](PersonId person) -> PersonId& {
    return number[static_cast<std::size_t>(-person - 1)];
  };
  for (const auto& [face, person] : plan.moves)
    if (person < 0) number_of(person) = 1;
  std::vector<std::uint8_t> recognisable;
  for (std::size_t i = 0; i < number.size(); ++i) {
    if (number[i] == 0) continue;
    recognisable.push_back(plan.new_people[i]);
    number[i] = -std::ssize(recognisable);
  }
  for (auto& [face, person] : plan.moves)
    if (person < 0) person = number_of(person);
  for (Regrouping::Parting& parting : plan.result.partings)
    if (parting.other < 0) parting.other = number_of(parting.other);
  plan.new_people = std::move(recognisable);
}

/// The faces of the people whom the moves concern: nobody else counts in a report. The lock is held
/// meanwhile, and most people are as before.
std::map<FaceId, PersonId> concerned(const std::map<FaceId, PersonId>& memberships,
                                     const RegroupPlan& plan) {
  std::unordered_set<PersonId> people;
  for (const auto& [face, person] : plan.moves) {
    people.insert(person);
    if (const auto home = memberships.find(face); home != memberships.end())
      people.insert(home->second);
  }
  std::map<FaceId, PersonId> faces;
  for (const auto& [face, person] : memberships)
    if (people.contains(person)) faces.emplace_hint(faces.end(), face, person);
  return faces;
}

/// The report of a plan that moves fewer faces than it did.
void count_again(const std::map<FaceId, PersonId>& memberships, RegroupPlan& plan) {
  Regrouping& result = plan.result;
  const std::map<FaceId, PersonId> before = concerned(memberships, plan);
  std::map<FaceId, PersonId> after = before;
  result.moved_faces = 0;
  for (const auto& [face, person] : plan.moves) {
    if (before.contains(face)) ++result.moved_faces;
    after[face] = person;
  }
  const std::int64_t new_people =
      std::count(plan.new_people.begin(), plan.new_people.end(), std::uint8_t{1});
  const std::int64_t vanished_people = count_vanished(before, after);
  result.people += (new_people - result.new_people) - (vanished_people - result.vanished_people);
  result.new_people = new_people;
  result.vanished_people = vanished_people;
  const std::vector<std::pair<FaceId, PersonId>> all(after.begin(), after.end());
  result.churned_faces = count_churned(before, all);
}

}  // namespace

PlanBasis plan_basis(const Catalog& catalog) {
  return {.memberships = catalog.memberships(), .facts = catalog.facts()};
}

std::int64_t leave_out_changed(const Catalog& catalog, const PlanBasis& basis, RegroupPlan& plan) {
  const Catalog::Snapshot snapshot(catalog);
  const ChangedPeople changed(catalog, basis);
  Undisturbed undisturbed(basis, plan, changed);
  const std::unordered_map<FaceId, PersonId> moves(plan.moves.begin(), plan.moves.end());
  const auto is_disturbed = [&](FaceId face) {
    if (const auto move = moves.find(face); move != moves.end())
      return !undisturbed.contains(move->second);
    const auto home = basis.memberships.find(face);
    return home == basis.memberships.end() || !undisturbed.contains(home->second);
  };
  std::erase_if(plan.returned, is_disturbed);
  std::erase_if(plan.departed,
                [&](const Departure& departure) { return is_disturbed(departure.face); });
  std::erase_if(plan.result.partings, [&](const Regrouping::Parting& parting) {
    return !undisturbed.contains(parting.named);
  });
  const std::size_t left = std::erase_if(
      plan.moves, [&](const auto& move) { return !undisturbed.contains(move.second); });
  renumber_new_people(plan);
  count_again(changed.memberships(), plan);
  return static_cast<std::int64_t>(left);
}

}  // namespace facenet
