#pragma once

#include <span>
#include <vector>

#include "base/join_rule.h"
#include "library/shots.h"
#include "people/vectors.h"

namespace facenet {

/// Whether people of a catalog, or a face and a person, are one, by the rule that made the people
/// (base/join_rule.h). `vectors` must outlive this.
class PeopleOdds {
 public:
  using Member = PeopleVectors::Member;

  PeopleOdds(const PeopleVectors& vectors, const JoinConstantsByKind& joins);

  JoinEvidence weigh(const Member& a, const Member& b) const;

  /// A face and a group of other faces.
  struct FaceOdds {
    JoinEvidence evidence;
    double farthest = 0;  ///< mean squared distance up to which the face would be of the group
  };
  /// Of a face that is not among them, at this mean squared distance from the person.
  FaceOdds weigh_face(double mean_distance, const Member& person) const;
  /// Of a face of the person, at this mean squared distance from the others of the person's core.
  FaceOdds weigh_own_face(std::size_t row, double mean_distance, const Member& person) const;

  /// The squared distance of the two people's directions (PeopleVectors::directions()) within which
  /// all pairs of people lie who are one with at least this probability.
  double farthest_directions(double probability) const;

 private:
  const FaceGroup& group(const Member& person) const;
  FaceOdds weigh_one(double mean_distance, const FaceGroup& others) const;
  FaceGroup without(std::size_t row, const Member& person) const;

  const PeopleVectors& vectors_;
  JoinConstantsByKind joins_;
  Shots shots_;
  std::vector<FaceGroup> groups_;  ///< of each of the people
  Rivals rivals_;
};

}  // namespace facenet
