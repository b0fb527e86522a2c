#pragma once

#include "index/linkage/chains.h"
#include "index/linkage/search/near_source.h"
#include "index/neighbours.h"

namespace facenet {

/// The nearest clusters by average linkage, found among those with a near pair. Internal to index/.
class GraphSearch : public NearSource {
 public:
  GraphSearch(const ClusterSet& clusters, double reach, int threads, NearGraph graph);

  void search(std::span<const Id> queries, std::span<const Id> among, const Take& take) override;
  void join(Id first, Id second) override { neighbours_.join(first, second); }

 private:
  void search(Id query, const Take& take);

  const ClusterSet& clusters_;
  double reach_;
  int threads_;
  /// Clusters under names that they had at some time. Those that prove to be out of reach go: they
  /// never come nearer.
  Chains<Id> neighbours_;
};

}  // namespace facenet
