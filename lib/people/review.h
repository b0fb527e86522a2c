#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "people/statements.h"
#include "people/vectors.h"

namespace facenet {

/// Two people who may be one.
struct ReviewPair {
  PersonId a = 0, b = 0;   ///< a < b
  double distance = 0;     ///< mean squared distance of their faces
  double probability = 0;  ///< that they are one
  /// Faces that a yes puts right: those of the one without a name when the other has one, else
  /// those of the smaller. A no puts none right, it only keeps the two apart later.
  std::int64_t settles = 0;
  double gain = 0;            ///< faces put right, as expected: probability * settles
  std::int64_t departed = 0;  ///< faces that left the one with a name for the other
  std::vector<FaceId> faces_a{}, faces_b{};  ///< to look at: the most typical first

  /// "12-57": the same as long as the two exist.
  std::string id() const;
};

/// What there is to ask.
struct ReviewQueue {
  std::vector<ReviewPair> pairs;  ///< the first ones
  std::int64_t pair_count = 0;    ///< of all
  /// Faces that answers to all pairs would put right, as expected; and without the pairs above. Of
  /// pairs that form a ring one is not counted: it follows from the others.
  double expected_faces = 0, expected_faces_left = 0;
};

/// A pair of people by their places in PeopleVectors::people().
struct NearPeople {
  std::int64_t first = 0, second = 0;
  std::int64_t departed =
      0;  ///< faces that left one for the other; such a pair is always asked about
};

/// How likely two people are one.
using PeopleProbability =
    std::function<double(const PeopleVectors::Member& a, const PeopleVectors::Member& b)>;

/// Of these pairs those worth asking about, the largest gain first (ties by numbers): no pair whose
/// answer is known (both have names, a fact tells them apart, a photo shows both), none with a
/// hidden person, none of a face that is not recognisable and a person who was seen only once, none
/// less likely than `least_probability`. The first `limit` are given.
ReviewQueue rank_review(const Catalog& catalog, const PeopleVectors& vectors,
                        std::span<const NearPeople> near, const PeopleProbability& probability,
                        double least_probability, std::size_t limit);

/// What came of an answer.
struct Answer {
  Statement statement;
  PersonId a = 0, b = 0;
  bool same = false;
  std::int64_t settled_faces = 0;
};

/// Says that the two people of a pair ("12-57") are one, or are not. A yes merges them: the one
/// with a name stays, else the larger. An answer withdraws the opposite one to the same pair of
/// before; the same once more says nothing new. Throws Error for what is no pair, people who do not
/// exist (any more), and a yes about two names.
Answer answer_pair(Catalog& catalog, const std::string& pair, bool same);

}  // namespace facenet
