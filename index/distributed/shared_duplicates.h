#pragma once

#include <vector>

#include "index/distributed/own_clusters.h"
#include "index/distributed/shared_linkage.h"
#include "index/linkage/merge_tree.h"

namespace facenet {

/// join_duplicates() over ranks: joins clusters that are copies of one vector, at height 0.
/// Internal to index/.
void join_duplicates(Ranks& ranks, const OwnClusters& clusters, SharedLinkage& linkage,
                     std::vector<Merge>& merges);

}  // namespace facenet
