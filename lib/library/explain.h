#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "weights/pair_points.h"

namespace facenet {

/// Why two faces are one person, or are not.
struct Explanation {
  FaceId a = 0, b = 0;
  bool together = false;
  PersonId person_a = 0, person_b = 0;
  double distance = 0;  ///< of the two faces themselves
  double probability = 0;
  double threshold = 0;  ///< of the last clustering
  /// Mean squared distance at which the two sides joined, or would have; nothing when they have
  /// been together from the start, by a fact, or do not join below the height up to which joins are
  /// known.
  std::optional<double> joined_at;
  std::size_t size_a = 0, size_b = 0;   ///< of the two sides before that join, or of the two people
  std::optional<double> mean_distance;  ///< of the two sides
  struct Link {
    FaceId a = 0, b = 0;
    double distance = 0;
  };
  std::vector<Link> nearest;             ///< pairs across, the nearest first; one each face
  std::vector<std::string> constraints;  ///< that hold the two together, or apart
};

/// Reads the last clustering's tree. Throws Error when one of the faces was not in it, or when
/// facts or photos have changed since.
Explanation explain_faces(const Catalog& catalog, ModelId model, const PairPoints& points, FaceId a,
                          FaceId b);

}  // namespace facenet
