#pragma once

#include <cstdint>
#include <vector>

#include "index/distributed/message.h"
#include "index/linkage/cluster_sum.h"
#include "index/linkage/search/near_source.h"

namespace facenet {

/// What the rank of a cluster has of its vectors: those of a few points, in order of joining, or
/// the sum of many. What a cluster's sum is to the last bit is the same as in a ClusterSet.
/// Internal to index/.
struct ClusterBody {
  std::int64_t size = 1;
  double scatter = 0;          ///< sum of distances over the cluster's own pairs
  double squares = 0;          ///< sum of squared norms
  std::vector<float> rows;     ///< of fewer than kKeepsSum points
  std::vector<double> values;  ///< the sum of more

  /// `scratch` may hold it.
  ClusterSum sum(std::vector<double>& scratch) const;
  /// The other's points join.
  void add(const ClusterBody& other);

 private:
  std::size_t dimension() const {
    return values.empty() ? rows.size() / static_cast<std::size_t>(size) : values.size();
  }
};

/// All that is known of a cluster: what its rank gives away when it joins one of another rank.
struct WholeCluster {
  ClusterBody body;
  std::vector<NearCluster> list;  ///< clusters near to it, under names that they had at some time
  double bound = 0;               ///< others are no nearer; infinite when all are in the list
};

void put_whole(const WholeCluster& whole, Message& message);
WholeCluster get_whole(MessageReader& message, int dimension);

}  // namespace facenet
