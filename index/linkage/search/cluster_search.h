#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/linkage/search/mean_search.h"
#include "index/linkage/search/near_source.h"

namespace facenet {

/// The nearest clusters by average linkage, found among all: those that are near by their means in
/// single precision, the nearest of which are then measured in double. Internal to index/.
class ClusterSearch : public NearSource {
 public:
  ClusterSearch(const ClusterSet& clusters, double reach, int threads, double largest_norm);

  void search(std::span<const Id> queries, std::span<const Id> among, const Take& take) override;
  void join(Id first, Id second) override { means_.join(first, second); }
  /// For each of at most a tile of queries the clusters of `among` within its reach, and some that
  /// lie beyond it by no more than float32 rounds. The query may be one of them.
  std::vector<std::vector<Id>> near(std::span<const Id> queries, std::span<const Id> among);

 private:
  void search_all(std::span<const Id> clusters, const Take& take) const;
  void search_some(std::span<const Id> queries, std::span<const Id> among, const Take& take);
  void measure(Id query, const NearFew& best, std::span<const Id> among, const Take& take) const;

  const ClusterSet& clusters_;
  double reach_;
  int threads_;
  double largest_norm_;  ///< squared
  MeanSearch means_;
};

}  // namespace facenet
