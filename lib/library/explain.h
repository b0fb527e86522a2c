#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/join_rule.h"
#include "catalog/catalog.h"
#include "weights/pair_points.h"

namespace facenet {

/// Why two faces are one person, or are not.
struct Explanation {
  FaceId a = 0, b = 0;
  bool together = false;
  /// False: facts or photos have changed since the last clustering. Then sides and joins are those
  /// of the two people's faces alone, as they are bound now.
  bool as_grouped = true;
  std::vector<FaceId> unrecognisable;  ///< of the two: they make no people, but may join some
  PersonId person_a = 0, person_b = 0;
  double distance = 0;  ///< of the two faces themselves
  double probability = 0;
  std::optional<double> threshold;  ///< of the last clustering; nothing: it went by the rule
  /// Mean squared distance at which the two sides joined, or would have; nothing when they have
  /// been together from the start, by a fact, or do not join below the height up to which joins are
  /// known.
  std::optional<double> joined_at;
  std::size_t size_a = 0, size_b = 0;   ///< of the two sides before that join, or of the two people
  std::optional<double> mean_distance;  ///< of the two sides
  /// What the rule (base/join_rule.h) says of the two sides; nothing where `mean_distance` is, and
  /// with a threshold.
  struct Terms {
    JoinEvidence evidence;
    double shots_a = 0, shots_b = 0;
    double rivals = 0;  ///< groups that the smaller side could be mistaken for
  };
  std::optional<Terms> terms;
  struct Link {
    FaceId a = 0, b = 0;
    double distance = 0;
  };
  std::vector<Link> nearest;             ///< pairs across, the nearest first; one each face
  std::vector<std::string> constraints;  ///< that hold the two together, or apart
};

/// By the last clustering's tree, while that still holds. Throws Error when nobody has been made of
/// one of the faces yet.
Explanation explain_faces(const Catalog& catalog, ModelId model, const PairPoints& points, FaceId a,
                          FaceId b);

}  // namespace facenet
