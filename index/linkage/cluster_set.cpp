#include "index/linkage/cluster_set.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "base/distance.h"

namespace facenet {
namespace {

/// Clusters of this many points keep their sum: below, the points are about as quick to read as a
/// sum in double, and half of all clusters would otherwise hold a sum in the first rounds.
constexpr std::int32_t kKeepsSum = 5;

}  // namespace

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

std::vector<ClusterSet::Id> ClusterSet::clusters() const {
  std::vector<Id> result;
  for (Id i = 0; i < count(); ++i) {
    if (is_cluster(i)) result.push_back(i);
  }
  return result;
}

ClusterSet::Sum ClusterSet::sum_of(Id cluster, std::vector<double>& scratch) const {
  if (size_[index(cluster)] == 1) return {points_.row(cluster), {}};
  if (!sum_[index(cluster)].empty()) return {{}, sum_[index(cluster)]};
  scratch.assign(static_cast<std::size_t>(points_.dimension), 0.0);
  add_to(scratch, cluster);
  return {{}, scratch};
}

void ClusterSet::add_to(std::span<double> sum, Id cluster) const {
  const auto& kept = sum_[index(cluster)];
  if (!kept.empty()) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += kept[i];
    return;
  }
  for (Id point = cluster; point >= 0; point = next_[index(point)]) {
    const auto row = points_.row(point);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(row[i]);
  }
}

// With |A| a cluster's size, s_A the sum of its vectors and S_A its scatter, the sum over all pairs
// of A and B is |A||B| |s_A/|A| - s_B/|B||^2 + |B|/|A| S_A + |A|/|B| S_B. Every term is 0 or more,
// so nothing cancels: copies of one vector are exactly 0 apart. Over a common denominator, vectors
// of small integers have exact numerators, so that equal heights compare equal.
double ClusterSet::sum_of_distances(Id a, const Sum& sum_a, Id b, const Sum& sum_b) const {
  const auto size_a = static_cast<double>(size(a));
  const auto size_b = static_cast<double>(size(b));
  const double pairs = size_a * size_b;
  double between = 0;
  if (!sum_a.row.empty() && !sum_b.row.empty()) {
    return squared_distance(sum_a.row, sum_b.row) * pairs;
  }
  if (!sum_a.row.empty()) {
    between = scaled_squared_distance(sum_a.row, pairs, sum_b.values, size_a);
  } else if (!sum_b.row.empty()) {
    between = scaled_squared_distance(sum_a.values, size_b, sum_b.row, pairs);
  } else {
    between = scaled_squared_distance(sum_a.values, size_b, sum_b.values, size_a);
  }
  const double within = size_b * size_b * scatter_[index(a)] + size_a * size_a * scatter_[index(b)];
  return (between + within) / pairs;
}

double ClusterSet::distance(Id a, const Sum& sum_a, Id b, const Sum& sum_b) const {
  if (!sum_a.row.empty() && !sum_b.row.empty()) {
    return squared_distance(sum_a.row, sum_b.row);
  }
  return sum_of_distances(a, sum_a, b, sum_b) /
         (static_cast<double>(size(a)) * static_cast<double>(size(b)));
}

double ClusterSet::distance(Id a, Id b) const {
  return Probe(*this, a).distance_to(b);
}

void ClusterSet::mean(Id cluster, std::span<float> mean) const {
  std::vector<double> scratch;
  const Sum sum = sum_of(cluster, scratch);
  if (!sum.row.empty()) {
    std::ranges::copy(sum.row, mean.begin());
    return;
  }
  const double share = 1 / static_cast<double>(size(cluster));
  std::ranges::transform(sum.values, mean.begin(),
                         [share](double value) { return static_cast<float>(value * share); });
}

void ClusterSet::join(Id first, Id second) {
  std::vector<double> scratch_first, scratch_second;
  const Sum sum_first = sum_of(first, scratch_first);
  const Sum sum_second = sum_of(second, scratch_second);
  scatter_[index(first)] +=
      scatter_[index(second)] + sum_of_distances(first, sum_first, second, sum_second);
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
