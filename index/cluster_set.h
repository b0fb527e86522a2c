#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/agglomerate.h"

namespace facenet {

/// Disjoint clusters of points, at first one a point, that know how far apart they are and whether
/// they may join. A cluster is named by its smallest point. Internal to index/.
class ClusterSet {
 public:
  using Id = std::int32_t;

  /// Keeps the spans; throws std::invalid_argument when their sizes do not fit.
  ClusterSet(const Points& points, const Constraints& constraints);

  /// The cluster that holds `point`.
  Id find(Id point);
  bool is_cluster(Id id) const { return parent_[index(id)] == id; }
  std::int64_t size(Id cluster) const { return size_[index(cluster)]; }

  /// False when the two hold a photo in common, or different labels. Once false it stays so,
  /// whatever the two join with.
  bool may_join(Id a, Id b) const;
  /// Mean squared distance over all pairs of the two, the same bits for (a, b) and (b, a).
  double distance(Id a, Id b) const;
  /// `second` becomes part of `first`; first < second.
  void join(Id first, Id second);

 private:
  static std::size_t index(Id id) { return static_cast<std::size_t>(id); }
  double sum_of_distances(Id a, Id b) const;
  void join_sums(Id first, Id second);
  void join_photos(Id first, Id second);
  void join_labels(Id first, Id second);

  Points points_;
  std::vector<Id> parent_;
  std::vector<std::int64_t> size_;
  std::vector<std::vector<double>> sum_;  ///< of a cluster's vectors; empty for a single point
  std::vector<double> scatter_;           ///< sum of squared distances over a cluster's own pairs
  std::vector<std::vector<std::int64_t>> photos_;  ///< sorted; none without this constraint
  std::vector<std::int64_t> label_;                ///< none without this constraint
};

}  // namespace facenet
