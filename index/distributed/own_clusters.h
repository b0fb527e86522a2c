#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/distributed/deal.h"
#include "index/distributed/message.h"
#include "index/linkage/cluster_means.h"
#include "index/linkage/cluster_sum.h"
#include "index/linkage/constraint_set.h"
#include "index/linkage/disjoint_sets.h"
#include "index/points.h"

namespace facenet {

/// The clusters of a rank. Which clusters there are, how large, and which may join, every rank
/// knows of all (some 60 bytes a point); the vectors, or their sums, only of its own. What a
/// cluster's sum is to the last bit is the same as in a ClusterSet. Internal to index/.
class OwnClusters : public ClusterMeans {
 public:
  /// `rows`: the own points, in order. Keeps the span.
  OwnClusters(const Deal& deal, int dimension, std::span<const float> rows,
              const Constraints& constraints);

  int dimension() const override { return dimension_; }
  Id count() const override { return sets_.count(); }
  bool is_cluster(Id id) const override { return sets_.is_root(id); }
  bool may_join(Id a, Id b) const override { return constraints_.may_join(a, b); }
  void mean(Id cluster, std::span<float> mean) const override;
  double mean_square(Id cluster) const override;

  const Deal& deal() const { return deal_; }
  Id find(Id point) const { return sets_.find(point); }
  std::int64_t size(Id cluster) const { return size_[index(cluster)]; }
  std::vector<Id> own_of(std::span<const Id> clusters) const;
  /// Whether all points of an own cluster are copies of one.
  bool is_copies(Id cluster) const { return body(cluster).scatter == 0; }
  /// The vector of an own point.
  std::span<const float> row(Id point) const;
  /// Of an own cluster; `scratch` may hold it.
  ClusterSum sum(Id cluster, std::vector<double>& scratch) const;
  void number(Clustering& result) const { sets_.number(result); }

  /// Every rank: `second` is part of `first` from now on.
  void join(Id first, Id second);
  /// The owner of `second` gives away what it has of it; that of `first` takes it. `first_size` and
  /// `second_size` are those before the two joined.
  void give(Id second, std::int64_t second_size, Message& message);
  void take(Id first, std::int64_t first_size, std::int64_t second_size, MessageReader& message);

 private:
  /// What the owner has of a cluster: the vectors of a few points, in order of joining, or the sum
  /// of many. A single point is its row.
  struct Body {
    double scatter = 0, squares = 0;
    std::vector<float> rows;
    std::vector<double> values;
  };

  ClusterSum sum_of(const Body& body, std::span<const float> row, std::int64_t size,
                    std::vector<double>& scratch) const;
  void add_rows(std::span<double> sum, std::span<const float> rows) const;
  const Body& body(Id cluster) const { return bodies_[index(deal_.slot(cluster))]; }
  std::span<const float> rows_of(Id cluster) const;

  Deal deal_;
  int dimension_;
  std::span<const float> rows_;
  DisjointSets sets_;
  ConstraintSet constraints_;
  std::vector<std::int32_t> size_;
  std::vector<Body> bodies_;
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
