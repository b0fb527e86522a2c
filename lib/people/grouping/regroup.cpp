// From a clustering back to the catalog: which group is who.
#include "people/grouping/regroup.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "people/facts.h"
#include "people/partition.h"

namespace facenet {
namespace {

using Memberships = std::vector<std::pair<FaceId, PersonId>>;

struct Overlap {
  std::int64_t faces = 0;
  PersonId person = 0;
  std::size_t group = 0;
};

/// A person some of whose held faces are in a group.
struct Claim {
  bool labelled = false;  ///< named or hidden
  std::int64_t faces = 0;
  PersonId person = 0;
  std::size_t group = 0;
};

/// The person of each group; kNone where it is not decided yet.
class GroupMatcher {
 public:
  explicit GroupMatcher(std::size_t groups) : person_(groups, kNone) {}

  /// What was said comes first. A group that holds several people whom nobody has named is the one
  /// with most faces held; the others are gone as long as it does, and their numbers go to no one.
  void claim_by_facts(std::vector<Claim> claims) {
    std::sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) {
      return std::tie(b.labelled, b.faces, a.person) < std::tie(a.labelled, a.faces, b.person);
    });
    for (const Claim& claim : claims) {
      const auto [owned, fresh] = group_of_.emplace(claim.person, claim.group);
      if (!fresh && owned->second != claim.group)
        throw std::logic_error(
            fmt::format("the faces held as person {} are in two groups", claim.person));
      PersonId& person = person_[claim.group];
      if (person == kNone) {
        person = claim.person;
      } else if (claim.labelled) {
        throw std::logic_error(
            fmt::format("one group holds the names of people {} and {}", person, claim.person));
      }
    }
  }

  /// Takes the largest overlaps first; ties by person, then by group, so that the result does not
  /// depend on anything else.
  void claim_by_overlap(std::vector<Overlap> overlaps) {
    std::sort(overlaps.begin(), overlaps.end(), [](const Overlap& a, const Overlap& b) {
      return std::tie(b.faces, a.person, a.group) < std::tie(a.faces, b.person, b.group);
    });
    for (const Overlap& overlap : overlaps)
      if (person_[overlap.group] == kNone &&
          group_of_.emplace(overlap.person, overlap.group).second)
        person_[overlap.group] = overlap.person;
  }

  std::vector<PersonId>& people() { return person_; }

 private:
  std::vector<PersonId> person_;
  std::unordered_map<PersonId, std::size_t> group_of_;
};

std::vector<Claim> claims_of_facts(const ClusteringInput& input,
                                   std::span<const std::int32_t> cluster) {
  std::map<std::pair<std::size_t, PersonId>, Claim> claims;
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    if (input.block[i] == kNone) continue;
    const auto group = static_cast<std::size_t>(cluster[i]);
    Claim& claim = claims[{group, input.block[i]}];
    ++claim.faces;
    claim.labelled = input.label[i] != kNone;
    claim.person = input.block[i];
    claim.group = group;
  }
  std::vector<Claim> list;
  list.reserve(claims.size());
  for (const auto& [key, claim] : claims) list.push_back(claim);
  return list;
}

std::vector<Overlap> overlaps_with_people(const ClusteringInput& input,
                                          std::span<const std::int32_t> cluster,
                                          const std::map<FaceId, PersonId>& before) {
  std::map<std::pair<std::size_t, PersonId>, std::int64_t> counts;
  for (std::size_t i = 0; i < cluster.size(); ++i)
    if (const auto person = before.find(input.faces[i]); person != before.end())
      ++counts[{static_cast<std::size_t>(cluster[i]), person->second}];
  std::vector<Overlap> overlaps;
  overlaps.reserve(counts.size());
  for (const auto& [key, faces] : counts)
    overlaps.push_back({.faces = faces, .person = key.second, .group = key.first});
  return overlaps;
}

/// One past the largest group's number.
std::size_t count_groups(const ClusteringInput& input, std::span<const std::int32_t> cluster) {
  if (cluster.size() != input.faces.size())
    throw std::logic_error("a clustering needs one group for each face");
  std::size_t groups = 0;
  for (const std::int32_t group : cluster) {
    if (group < 0) throw std::logic_error("a face without a group");
    groups = std::max(groups, static_cast<std::size_t>(group) + 1);
  }
  return groups;
}

/// Whether a group has a recognisable face.
std::vector<bool> recognisable_groups(const ClusteringInput& input,
                                      std::span<const std::int32_t> cluster, std::size_t groups) {
  std::vector<bool> recognisable(groups);
  for (std::size_t i = 0; i < cluster.size(); ++i)
    if (input.weak.empty() || input.weak[i] == 0)
      recognisable[static_cast<std::size_t>(cluster[i])] = true;
  return recognisable;
}

/// Numbers for people who are still to be made: -1, -2, ...
class NewPeople {
 public:
  explicit NewPeople(std::vector<std::uint8_t>& recognisable) : recognisable_(recognisable) {}
  PersonId add(bool recognisable) {
    recognisable_.push_back(recognisable ? 1 : 0);
    return -std::ssize(recognisable_);
  }

 private:
  std::vector<std::uint8_t>& recognisable_;
};

/// A new person for each group that nobody claimed; returns how many of these can be recognised.
std::int64_t add_new_people(NewPeople& people, std::span<const std::int32_t> cluster,
                            const std::vector<bool>& recognisable,
                            std::vector<PersonId>& person_of_group) {
  std::vector<bool> used(person_of_group.size());
  for (const std::int32_t group : cluster) used[static_cast<std::size_t>(group)] = true;
  std::int64_t added = 0;
  for (std::size_t group = 0; group < person_of_group.size(); ++group) {
    if (!used[group] || person_of_group[group] != kNone) continue;
    person_of_group[group] = people.add(recognisable[group]);
    if (recognisable[group]) ++added;
  }
  return added;
}

/// Who has faces.
std::unordered_set<PersonId> people_with_faces(const std::map<FaceId, PersonId>& memberships) {
  std::unordered_set<PersonId> people;
  for (const auto& [face, person] : memberships) people.insert(person);
  return people;
}

/// Faces outside the clustering (their photos are away) stay with their person, unless the
/// clustering brought that person a face that they may not be with: one that a fact keeps them
/// apart from, or another of their photo. Those become a person of their own.
class FacesOutside {
 public:
  FacesOutside(const Catalog& catalog, NewPeople& people, const std::map<FaceId, PersonId>& before,
               const Memberships& clustered)
      : catalog_(catalog), people_(people), after_(before) {
    for (const auto& [face, person] : clustered) {
      after_[face] = person;
      clustered_.insert(face);
    }
  }

  void part_by_facts() {
    for (const FaceSeparation& separation : knowledge_from(catalog_.facts()).apart) {
      part(separation.left, separation.right);
      part(separation.right, separation.left);
    }
  }

  void part_by_photos(const ClusteringInput& input) {
    if (clustered_.size() == after_.size()) return;
    const auto photo_of = photos_of_faces(catalog_);
    std::unordered_map<PhotoId, std::vector<FaceId>> outside;
    for (const auto& [face, person] : after_)
      if (!clustered_.contains(face)) outside[photo_of.at(face)].push_back(face);
    for (std::size_t i = 0; i < input.faces.size(); ++i) {
      if (input.photo[i] == kNone) continue;  // which may show a person twice
      const FaceId face = input.faces[i];
      if (const auto others = outside.find(photo_of.at(face)); others != outside.end())
        part(others->second, {face});
    }
  }

  /// Who every face of the catalog is.
  const std::map<FaceId, PersonId>& after() const { return after_; }

 private:
  void part(const std::vector<FaceId>& side, const std::vector<FaceId>& other) {
    std::unordered_set<PersonId> others;
    for (const FaceId face : other)
      if (const auto home = after_.find(face); home != after_.end()) others.insert(home->second);
    for (const FaceId face : side) {
      const auto home = after_.find(face);
      if (home == after_.end() || clustered_.contains(face) || !others.contains(home->second))
        continue;
      const auto [place, fresh] = parted_.emplace(home->second, kNone);
      if (fresh) place->second = people_.add(false);
      home->second = place->second;
    }
  }

  const Catalog& catalog_;
  NewPeople& people_;
  std::map<FaceId, PersonId> after_;
  std::unordered_set<FaceId> clustered_;
  std::map<PersonId, PersonId> parted_;  ///< by the person of before
};

/// Notes which faces leave people with names, and which are back.
void plan_departures(const Catalog& catalog, const ClusteringInput& input,
                     const std::map<FaceId, PersonId>& before,
                     const std::map<FaceId, PersonId>& after, RegroupPlan& plan) {
  std::unordered_set<PersonId> named;
  for (const PersonRecord& person : catalog.named_people())
    if (!person.hidden) named.insert(person.id);
  for (const Departure& departure : catalog.departures())
    if (const auto home = after.find(departure.face);
        home != after.end() && home->second == departure.person)
      plan.returned.push_back(departure.face);

  std::map<std::pair<PersonId, PersonId>, std::int64_t> partings;
  for (std::size_t i = 0; i < input.faces.size(); ++i) {
    const FaceId face = input.faces[i];
    const auto old = before.find(face);
    if (old == before.end() || !named.contains(old->second)) continue;
    const PersonId person = after.at(face);
    if (person == old->second || input.block[i] == person) continue;  // or it was said so
    plan.departed.push_back({.face = face, .person = old->second});
    ++partings[{old->second, person}];
  }
  for (const auto& [pair, faces] : partings)
    plan.result.partings.push_back({pair.first, pair.second, faces});
}

}  // namespace

std::int64_t count_churned(const std::map<FaceId, PersonId>& before,
                           std::span<const std::pair<FaceId, PersonId>> after) {
  std::map<PersonId, std::int64_t> old_size;
  std::map<PersonId, std::int64_t> new_size;
  std::map<std::pair<PersonId, PersonId>, std::int64_t> common;
  for (const auto& [face, person] : after) {
    const auto old = before.find(face);
    if (old == before.end()) continue;
    ++old_size[old->second];
    ++new_size[person];
    ++common[{old->second, person}];
  }
  std::int64_t churned = 0;
  for (const auto& [key, faces] : common)
    if (faces != old_size[key.first] || faces != new_size[key.second]) churned += faces;
  return churned;
}

std::int64_t count_vanished(const std::map<FaceId, PersonId>& before,
                            const std::map<FaceId, PersonId>& after) {
  const auto remaining = people_with_faces(after);
  const auto former = people_with_faces(before);
  return std::ranges::count_if(former,
                               [&](PersonId person) { return !remaining.contains(person); });
}

RegroupPlan plan_groups(const Catalog& catalog, const ClusteringInput& input,
                        std::span<const std::int32_t> cluster) {
  const Catalog::Snapshot snapshot(catalog);
  const std::map<FaceId, PersonId> before = catalog.memberships();

  GroupMatcher matcher(count_groups(input, cluster));
  matcher.claim_by_facts(claims_of_facts(input, cluster));
  matcher.claim_by_overlap(overlaps_with_people(input, cluster, before));

  RegroupPlan plan;
  Regrouping& result = plan.result;
  NewPeople people(plan.new_people);
  const std::vector<bool> recognisable =
      recognisable_groups(input, cluster, matcher.people().size());
  result.new_people = add_new_people(people, cluster, recognisable, matcher.people());
  Memberships clustered;
  std::unordered_set<PersonId> present;
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    const PersonId person = matcher.people()[static_cast<std::size_t>(cluster[i])];
    const auto old = before.find(input.faces[i]);
    if (old != before.end() && old->second != person) ++result.moved_faces;
    clustered.emplace_back(input.faces[i], person);
    if (recognisable[static_cast<std::size_t>(cluster[i])]) present.insert(person);
  }
  FacesOutside outside(catalog, people, before, clustered);
  outside.part_by_facts();
  outside.part_by_photos(input);
  std::ranges::set_difference(outside.after(), before, std::back_inserter(plan.moves));
  result.people = std::ssize(present);
  result.vanished_people = count_vanished(before, outside.after());
  result.churned_faces = count_churned(before, clustered);
  plan_departures(catalog, input, before, outside.after(), plan);
  result.kept_names = std::ssize(catalog.named_people());
  return plan;
}

Regrouping store_groups(Catalog& catalog, RegroupPlan plan) {
  Catalog::Transaction transaction(catalog);
  std::vector<PersonId> made;
  for (std::size_t i = 0; i < plan.new_people.size(); ++i) made.push_back(catalog.add_person());
  const auto number = [&](PersonId& person) {
    if (person < 0) person = made[static_cast<std::size_t>(-person - 1)];
  };
  for (auto& [face, person] : plan.moves) number(person);
  for (Regrouping::Parting& parting : plan.result.partings) number(parting.other);
  std::ranges::sort(plan.result.partings, {}, [](const Regrouping::Parting& parting) {
    return std::pair(parting.named, parting.other);
  });
  catalog.set_memberships(plan.moves);
  for (const FaceId face : plan.returned) catalog.remove_departure(face);
  for (const Departure& departure : plan.departed) catalog.put_departure(departure);
  catalog.forget_empty_people();
  transaction.commit();
  return std::move(plan.result);
}

}  // namespace facenet
