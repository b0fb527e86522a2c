#pragma once

#include <cstdint>
#include <vector>

#include "index/points.h"

namespace facenet {

/// A pair of points, first < second, with its squared Euclidean distance in double.
struct Pair {
  std::int64_t first, second;
  double distance;
};

/// Every pair at squared distance <= `radius`, sorted by (first, second). Candidates come from
/// FAISS in float32 with a margin for its rounding and are measured again in double, so the result
/// is exact and the same for any number of threads.
std::vector<Pair> pairs_within(const Points& points, double radius, int threads);

}  // namespace facenet
