#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/linkage/cluster_set.h"
#include "index/linkage/merge_tree.h"

namespace facenet {

/// Equal vectors have equal hashes; 0 and -0 are one value. Internal to index/.
std::uint64_t hash_of(std::span<const float> row);

/// Joins clusters that are copies of one vector, at height 0: what every linkage does first, and
/// what a search should not meet, since each of k copies is the nearest of k - 1 others. Appends
/// the joins to `merges` and returns, for each point, whether it has become a mere copy of another
/// in its cluster. Internal to index/.
std::vector<bool> join_duplicates(const Points& points, ClusterSet& clusters,
                                  std::vector<Merge>& merges);

}  // namespace facenet
