#pragma once

#include <vector>

#include "index/neighbours.h"
#include "index/points.h"

namespace facenet {

struct ApproximateGraph {
  NearGraph graph;
  /// Share of the (up to ten) nearest points within the radius that the graph holds, over a random
  /// sample of the points.
  double recall = 1;
};

/// For each point its nearest few within `radius`, as far as they lie in cells (of an inverted file
/// over FAISS's k-means) next to its own: some hundred times less work than near_graph() on a
/// million points, and at most 8 * 2 * 48 bytes a point. Pairs are in both rows; none has a point
/// that is left `out`. The same for any number of threads. Internal to index/.
ApproximateGraph approximate_graph(const Points& points, double radius, int threads,
                                   const std::vector<bool>& out);

}  // namespace facenet
