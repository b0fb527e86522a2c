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
///
/// Why not faiss::IndexIVFFlat, over lists of the same mean size that were trained in the same way?
/// It looks through each query's own lists, this through the lists next to a whole cell at once, by
/// matrix products (scripts/bench/near_search.py, 512 dimensions, one thread):
///
///     vectors    search           processor s   more memory   recall
///      20,000    this                     6.2        23 MiB    0.969
///                FAISS, 8 probes         12.3        79 MiB    0.974
///                FAISS, 16 probes        20.8        81 MiB    0.991
///     200,000    this                     152       156 MiB    0.898
///                FAISS, 8 probes          262       683 MiB    0.861
ApproximateGraph approximate_graph(const Points& points, double radius, int threads,
                                   const std::vector<bool>& out);

}  // namespace facenet
