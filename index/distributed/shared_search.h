#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "index/distributed/own_clusters.h"
#include "index/linkage/search/mean_search.h"
#include "index/linkage/search/mutual_search.h"
#include "index/linkage/search/near_few.h"

namespace facenet {

/// Clusters that are at most `reach` from one, all of them measured: the nearest few, and how far
/// the others are at least.
struct MeasuredFew {
  std::vector<std::pair<double, std::int32_t>> near;  ///< ascending
  double bound = 0;                                   ///< infinite: there are no others
};

/// Searches of the clusters of all ranks for what is near to those of this one. All ranks call each
/// function at the same time, with as many queries as they have. Internal to index/.
class SharedSearch {
 public:
  using Id = OwnClusters::Id;

  SharedSearch(Ranks& ranks, const OwnClusters& clusters, double reach, int threads,
               double largest_norm);

  double margin() const { return means_.margin(); }
  /// See MeanSearch.
  void join(Id first, Id second) { means_.join(first, second); }

  /// The nearest few of each query as far as single precision tells, among the active of all ranks.
  std::vector<NearFew> search(std::span<const Id> queries, std::span<const Id> active);
  /// The same when all are queries, from the products of half of all pairs. `own`: this rank's.
  std::vector<NearFew> search_all(std::span<const Id> own) const;
  /// The same in double.
  std::vector<MeasuredFew> measure(std::span<const Id> queries, std::span<const Id> active) const;

 private:
  bool meet(int step, std::int64_t begin, const MutualSearch& mutual, MutualSide& own_side) const;
  bool visit(std::span<const Id> queries, bool is_last, std::span<NearFew> best) const;
  MeasuredFew nearest_to(Id query, const ClusterSum& sum, std::span<const Id> own) const;

  Ranks& ranks_;
  const OwnClusters& clusters_;
  double reach_;
  int threads_;
  double largest_norm_;  ///< squared
  MeanSearch means_;     ///< of the own clusters
};

}  // namespace facenet
