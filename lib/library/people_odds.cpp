#include "library/people_odds.h"

#include <algorithm>

#include "library/grouping_rule.h"

namespace facenet {
PeopleOdds::PeopleOdds(const PeopleVectors& vectors, const JoinConstantsByKind& joins)
    : vectors_(vectors), joins_(joins), shots_(vectors.input(), vectors.values(), joins) {
  for (const Member& member : vectors.people()) {
    groups_.push_back(group_of(member.sum, member.core, shots_, joins));
    if (member.recognisable) rivals_.count(groups_.back().shots);
  }
}

const FaceGroup& PeopleOdds::group(const Member& person) const {
  return groups_[static_cast<std::size_t>(&person - vectors_.people().data())];
}

JoinEvidence PeopleOdds::weigh(const Member& a, const Member& b) const {
  return weigh_join(group(a), group(b), PeopleVectors::mean_distance(a, b), joins_, rivals_);
}

PeopleOdds::FaceOdds PeopleOdds::weigh_one(double mean_distance, const FaceGroup& others) const {
  constexpr FaceGroup kOne{};
  return {.evidence = weigh_join(kOne, others, mean_distance, joins_, rivals_),
          .farthest = farthest_join(kOne, others, joins_, rivals_)};
}

PeopleOdds::FaceOdds PeopleOdds::weigh_face(double mean_distance, const Member& person) const {
  return weigh_one(mean_distance, group(person));
}

FaceGroup PeopleOdds::without(std::size_t row, const Member& person) const {
  std::vector<std::size_t> rows = person.core;
  std::erase(rows, row);
  std::vector<double> sum = person.sum;
  const auto vector = vectors_.vector(row);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] -= static_cast<double>(vector[i]);
  return group_of(sum, rows, shots_, joins_);
}

PeopleOdds::FaceOdds PeopleOdds::weigh_own_face(std::size_t row, double mean_distance,
                                                const Member& person) const {
  return weigh_one(mean_distance, person.is_core(row) ? without(row, person) : group(person));
}

double PeopleOdds::farthest_directions(double probability) const {
  // Between directions, which are of unit length, the cosine of the rule is 1 - d / strangers; the
  // less alike the faces of the two people are, the higher their directions' cosine for the same.
  const auto farthest = [&](const JoinConstants& joins) {
    return joins.strangers * (1 - least_cosine(probability, joins, rivals_));
  };
  double distance = farthest(joins_.own);
  if (vectors_.input().count_by_other() > 0)
    distance = std::max({distance, farthest(joins_.across), farthest(joins_.other)});
  return std::min(4.0, distance + 1e-6);
}

}  // namespace facenet
