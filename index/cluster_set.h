#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/constraint_set.h"
#include "index/disjoint_sets.h"
#include "index/points.h"

namespace facenet {

/// Disjoint clusters of points, at first one a point, that know how far apart they are and whether
/// they may join. A cluster is named by its smallest point. Internal to index/.
class ClusterSet {
 public:
  using Id = DisjointSets::Id;

  /// Keeps the points' spans; throws std::invalid_argument when sizes do not fit, Error for a
  /// weight that is not a positive number.
  ClusterSet(const Points& points, const Constraints& constraints);

  /// The cluster that holds `point`.
  Id find(Id point) { return sets_.find(point); }
  bool is_cluster(Id id) const { return sets_.is_root(id); }
  std::int64_t size(Id cluster) const { return size_[index(cluster)]; }

  /// See ConstraintSet.
  bool may_join(Id a, Id b) const { return constraints_.may_join(a, b); }
  /// Weighted mean squared distance over all pairs of the two, the same bits for (a, b) and (b, a).
  double distance(Id a, Id b) const;
  /// `second` becomes part of `first`; first < second.
  void join(Id first, Id second);
  /// Sets the clusters of `result`, but not its joins.
  void number(Clustering& result) { sets_.number(result); }

 private:
  static std::size_t index(Id id) { return static_cast<std::size_t>(id); }
  double sum_of_distances(Id a, Id b) const;
  void join_sums(Id first, Id second);

  Points points_;
  DisjointSets sets_;
  ConstraintSet constraints_;
  std::vector<std::int64_t> size_;
  std::vector<double> weight_;            ///< the largest of one point is 1; all are, without any
  std::vector<std::vector<double>> sum_;  ///< weighted, of the vectors; empty for a single point
  std::vector<double> scatter_;           ///< weighted sum of distances over a cluster's own pairs
};

}  // namespace facenet
