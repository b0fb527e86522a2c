#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/linkage/cluster_means.h"
#include "index/linkage/cluster_sum.h"
#include "index/linkage/constraint_set.h"
#include "index/linkage/disjoint_sets.h"
#include "index/points.h"

namespace facenet {

/// Disjoint clusters of points, at first one a point, that know how far apart they are on average
/// and whether they may join. A cluster is named by its smallest point. Threads may ask at the same
/// time, but not while clusters join. Internal to index/.
class ClusterSet : public ClusterMeans {
 public:
  /// Keeps the points' spans; throws std::invalid_argument when sizes do not fit.
  ClusterSet(const Points& points, const Constraints& constraints);

  int dimension() const override { return points_.dimension; }
  Id count() const override { return sets_.count(); }
  /// The cluster that holds `point`.
  Id find(Id point) const { return sets_.find(point); }
  bool is_cluster(Id id) const override { return sets_.is_root(id); }
  std::int64_t size(Id cluster) const { return size_[index(cluster)]; }

  bool may_join(Id a, Id b) const override { return constraints_.may_join(a, b); }
  /// Mean squared distance over all pairs of the two, the same bits for (a, b) and (b, a).
  double distance(Id a, Id b) const;
  /// Whether all points of the cluster are copies of one.
  bool is_copies(Id cluster) const { return scatter_[index(cluster)] == 0; }
  void mean(Id cluster, std::span<float> mean) const override;
  double mean_square(Id cluster) const override {
    return squares_[index(cluster)] / static_cast<double>(size(cluster));
  }

  /// `second` becomes part of `first`; first < second.
  void join(Id first, Id second);
  /// Sets the clusters of `result`, but not its joins.
  void number(Clustering& result) const { sets_.number(result); }

  /// Distances from one cluster to many.
  class Probe;

 private:
  static std::size_t index(Id id) { return static_cast<std::size_t>(id); }
  ClusterSum sum_of(Id cluster, std::vector<double>& scratch) const;
  void add_to(std::span<double> sum, Id cluster) const;

  Points points_;
  DisjointSets sets_;
  ConstraintSet constraints_;
  std::vector<Id> next_,
      last_;  ///< the points of a cluster, from its smallest, in order of joining
  std::vector<std::int32_t> size_;
  std::vector<double> scatter_;  ///< sum of distances over a cluster's own pairs
  std::vector<double> squares_;  ///< sum of squared norms
  /// Only of clusters whose points would take longer to add up.
  std::vector<std::vector<double>> sum_;
};

class ClusterSet::Probe {
 public:
  Probe(const ClusterSet& clusters, Id cluster)
      : clusters_(clusters), sum_(clusters.sum_of(cluster, own_)) {}

  double distance_to(Id other) { return mean_distance(sum_, clusters_.sum_of(other, scratch_)); }

 private:
  const ClusterSet& clusters_;
  std::vector<double> own_, scratch_;
  ClusterSum sum_;
};

}  // namespace facenet
