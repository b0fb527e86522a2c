#pragma once

#include <vector>

#include "index/linkage/constraints.h"
#include "index/linkage/merge_tree.h"
#include "index/points.h"

namespace facenet {

/// Single linkage: the minimum spanning forest of the pairs within `threshold`, without those that
/// would join what may not be together. The pairs join in order of (distance, smaller point, larger
/// point). Without cannot-links, only the forest of the pairs so far is kept while they are found:
/// memory does not grow with their number. With them, an edge that the forest would leave out may
/// still be needed, and the pairs take 24 bytes each. Internal to index/.
Clustering single_linkage(const Points& points, const Constraints& constraints, double threshold,
                          int threads);

}  // namespace facenet
