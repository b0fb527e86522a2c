#include "library/review_queue.h"

#include <map>
#include <set>

#include "base/error.h"
#include "index/neighbours.h"
#include "library/grouping_rule.h"
#include "library/people_odds.h"

namespace facenet {
namespace {

using Member = PeopleVectors::Member;

/// Pairs less likely than this are not asked about.
constexpr double kLeastProbability = 0.05;

std::vector<NearPeople> near_people(const PeopleVectors& vectors, const PeopleOdds& odds,
                                    int threads) {
  const std::vector<float> directions = vectors.directions();
  const Points centres{directions, std::ssize(vectors.people()),
                       static_cast<int>(vectors.dimension())};
  std::vector<NearPeople> near;
  if (centres.count == 0) return near;
  for (const Pair& pair :
       pairs_within(centres, odds.farthest_directions(kLeastProbability), threads))
    near.push_back({.first = pair.first, .second = pair.second});
  return near;
}

/// Who has faces now that left a person with a name.
void add_departures(const Catalog& catalog, const PeopleVectors& vectors,
                    std::vector<NearPeople>& near) {
  const auto memberships = catalog.memberships();
  std::map<std::pair<PersonId, PersonId>, std::int64_t> departed;
  for (const Departure& departure : catalog.departures())
    if (const auto home = memberships.find(departure.face);
        home != memberships.end() && home->second != departure.person)
      ++departed[std::minmax(departure.person, home->second)];
  const auto place = [&](PersonId person) {
    const Member* const member = vectors.find(person);
    return member == nullptr ? kNone : member - vectors.people().data();
  };
  for (const auto& [pair, faces] : departed) {
    const NearPeople two{
        .first = place(pair.first), .second = place(pair.second), .departed = faces};
    if (two.first == kNone || two.second == kNone) continue;
    std::erase_if(near, [&](const NearPeople& other) {
      return std::minmax(other.first, other.second) == std::minmax(two.first, two.second);
    });
    near.push_back(two);
  }
}

}  // namespace

ReviewQueue review_queue(const Catalog& catalog, ModelId model, const PairPoints& points,
                         std::size_t limit, int threads) {
  const PeopleVectors vectors(catalog, model);
  LateVectors late(catalog, model, vectors.input());
  const auto joins = joins_of(points, late);
  if (!joins)
    fail(
        "{}: its model does not say how likely two faces are one person, by which pairs are "
        "chosen, and too few photos show several faces to measure it",
        catalog.path());
  const PeopleOdds odds(vectors, *joins);
  std::vector<NearPeople> near = near_people(vectors, odds, threads);
  add_departures(catalog, vectors, near);
  return rank_review(
      catalog, vectors, near,
      [&](const Member& a, const Member& b) { return odds.weigh(a, b).probability(); },
      kLeastProbability, limit);
}

}  // namespace facenet
