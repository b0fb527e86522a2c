#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/distributed/cluster_body.h"
#include "index/distributed/deal.h"
#include "index/distributed/homes.h"
#include "index/distributed/message.h"
#include "index/linkage/cluster_means.h"
#include "index/linkage/cluster_sum.h"
#include "index/linkage/constraint_set.h"
#include "index/linkage/disjoint_sets.h"
#include "index/points.h"

namespace facenet {

/// The clusters of a rank. Which clusters there are, how large, and which may join, every rank
/// knows of all (some 60 bytes a point); the vectors, or their sums, only of its own. Internal to
/// index/.
class OwnClusters : public ClusterMeans {
 public:
  /// `rows`: the own points, in order.
  OwnClusters(const Deal& deal, int dimension, std::vector<float> rows,
              const Constraints& constraints);

  int dimension() const override { return dimension_; }
  Id count() const override { return sets_.count(); }
  bool is_cluster(Id id) const override { return sets_.is_root(id); }
  bool may_join(Id a, Id b) const override { return constraints_.may_join(a, b); }
  void mean(Id cluster, std::span<float> mean) const override;
  double mean_square(Id cluster) const override;

  const Homes& homes() const { return homes_; }
  std::span<const std::int32_t> sizes() const { return size_; }
  Id find(Id point) const { return sets_.find(point); }
  std::int64_t size(Id cluster) const { return size_[index(cluster)]; }
  /// Of an own cluster, as far as those that it joined are here.
  std::int64_t own_size(Id cluster) const { return kept(cluster).size; }
  std::vector<Id> own_of(std::span<const Id> clusters) const;
  /// Whether all points of an own cluster are copies of one.
  bool is_copies(Id cluster) const { return kept(cluster).scatter == 0; }
  /// The vector of an own cluster of one point.
  std::span<const float> row(Id point) const;
  /// Of an own cluster.
  ClusterBody body(Id cluster) const;
  /// Of an own cluster; `scratch` may hold it.
  ClusterSum sum(Id cluster, std::vector<double>& scratch) const;
  void number(Clustering& result) const { sets_.number(result); }

  /// Every rank: `second` is part of `first` from now on.
  void join(Id first, Id second);
  /// What is here of an own cluster; it is moved away from it.
  ClusterBody give_away(Id second);
  /// Joins `second` to what is here of the own cluster.
  void take(Id first, const ClusterBody& second);
  /// `bodies` are what is here from now on, by their slots. The rows are not needed any more.
  void move_to(const Homes& homes, std::vector<ClusterBody> bodies);

 private:
  std::size_t slot(Id own) const { return index(homes_.slot(own)); }
  const ClusterBody& kept(Id cluster) const { return bodies_[slot(cluster)]; }

  Homes homes_;
  int dimension_;
  std::vector<float> rows_;  ///< empty after move_to()
  DisjointSets sets_;
  ConstraintSet constraints_;
  std::vector<std::int32_t> size_;
  std::vector<ClusterBody> bodies_;  ///< of single points without their row, until they move
};

/// A cluster's sum for others, and theirs.
void put_sum(const ClusterSum& sum, Message& message);
/// Keeps what a ClusterSum points to.
class ReceivedSum {
 public:
  ReceivedSum(MessageReader& message, int dimension);
  ReceivedSum(ReceivedSum&&) = default;
  ReceivedSum(const ReceivedSum&) = delete;  // the sum points into the other's vectors
  ReceivedSum& operator=(const ReceivedSum&) = delete;

  const ClusterSum& sum() const { return sum_; }

 private:
  std::vector<float> row_;
  std::vector<double> values_;
  ClusterSum sum_;
};

}  // namespace facenet
