#pragma once

#include <span>
#include <vector>

#include "index/distributed/own_clusters.h"
#include "index/distributed/shared_lists.h"
#include "index/distributed/shared_search.h"
#include "index/linkage/rounds.h"

namespace facenet {

/// Average linkage among the clusters of this rank as far as it goes without the others: two join
/// that are certainly nearest to each other, whatever others do meanwhile. By reducibility nothing
/// comes nearer than it is. Internal to index/.
class OwnLinkage : public Linkable {
 public:
  OwnLinkage(OwnClusters& clusters, SharedLists& lists, SharedSearch& search, double threshold,
             int threads);

  /// All that follows from what is known of the own `clusters`.
  std::vector<Merge> run(std::vector<Id> clusters);

  /// None where it is not certain.
  void find_nearest(std::span<const Id> queries, std::span<const Id> active, bool may_wait,
                    std::span<Nearest> nearest) override;
  std::int64_t join(Id first, Id second) override;

 private:
  OwnClusters& clusters_;
  SharedLists& lists_;
  SharedSearch& search_;
  int threads_;
  Rounds rounds_;
};

}  // namespace facenet
