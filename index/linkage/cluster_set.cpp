#include "index/linkage/cluster_set.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "base/distance.h"
#include "index/vector_sums.h"

namespace facenet {
ClusterSet::ClusterSet(const Points& points, const Constraints& constraints)
    : points_(points),
      sets_(points.count),
      constraints_(points.count, constraints),
      next_(static_cast<std::size_t>(points.count), -1),
      last_(next_.size()),
      size_(next_.size(), 1),
      scatter_(next_.size(), 0),
      squares_(next_.size()),
      sum_(next_.size()) {
  std::iota(last_.begin(), last_.end(), Id{0});
  for (Id i = 0; i < count(); ++i) squares_[index(i)] = squared_norm(points.row(i));
}

ClusterSum ClusterSet::sum_of(Id cluster, std::vector<double>& scratch) const {
  ClusterSum sum{.size = size_[index(cluster)], .scatter = scatter_[index(cluster)]};
  if (sum.size == 1) {
    sum.row = points_.row(cluster);
  } else if (!sum_[index(cluster)].empty()) {
    sum.values = sum_[index(cluster)];
  } else {
    scratch.assign(static_cast<std::size_t>(points_.dimension), 0.0);
    add_to(scratch, cluster);
    sum.values = scratch;
  }
  return sum;
}

void ClusterSet::add_to(std::span<double> sum, Id cluster) const {
  const auto& kept = sum_[index(cluster)];
  if (!kept.empty()) {
    add_to_sum(sum, kept);
    return;
  }
  for (Id point = cluster; point >= 0; point = next_[index(point)]) {
    add_to_sum(sum, points_.row(point));
  }
}

double ClusterSet::distance(Id a, Id b) const {
  return Probe(*this, a).distance_to(b);
}

void ClusterSet::mean(Id cluster, std::span<float> mean) const {
  std::vector<double> scratch;
  write_mean(sum_of(cluster, scratch), mean);
}

void ClusterSet::join(Id first, Id second) {
  std::vector<double> scratch_first, scratch_second;
  const ClusterSum sum_first = sum_of(first, scratch_first);
  const ClusterSum sum_second = sum_of(second, scratch_second);
  scatter_[index(first)] += scatter_[index(second)] + sum_of_distances(sum_first, sum_second);
  const std::int32_t size = size_[index(first)] + size_[index(second)];
  if (size >= kKeepsSum) {
    auto& sum = sum_[index(first)];
    if (sum.empty()) {
      std::vector<double> own(static_cast<std::size_t>(points_.dimension), 0.0);
      add_to(own, first);
      sum = std::move(own);
    }
    add_to(sum, second);
  }
  std::vector<double>().swap(sum_[index(second)]);
  next_[index(last_[index(first)])] = second;
  last_[index(first)] = last_[index(second)];
  size_[index(first)] = size;
  squares_[index(first)] += squares_[index(second)];
  constraints_.join(first, second);
  sets_.join(first, second);
}

}  // namespace facenet
