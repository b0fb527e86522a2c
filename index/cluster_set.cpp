#include "index/cluster_set.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "base/error.h"
#include "index/distance.h"

namespace facenet {
namespace {

/// The weights over the largest, so that equal ones are 1 whatever they are. Empty without any.
std::vector<double> relative_weights(const Points& points) {
  if (!points.weight.empty() && std::ssize(points.weight) != points.count) {
    throw std::invalid_argument("Points: not one weight a point");
  }
  float largest = 0;
  for (std::size_t i = 0; i < points.weight.size(); ++i) {
    if (!std::isfinite(points.weight[i]) || !(points.weight[i] > 0)) {
      fail("the weight of vector {} is {}, not a number above 0", i, points.weight[i]);
    }
    largest = std::max(largest, points.weight[i]);
  }
  std::vector<double> weights(points.weight.begin(), points.weight.end());
  for (double& weight : weights) weight /= static_cast<double>(largest);
  return weights;
}

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
      point_weight_(relative_weights(points)),
      weight_(point_weight_),
      scatter_(next_.size(), 0),
      sum_(next_.size()) {
  std::iota(last_.begin(), last_.end(), Id{0});
  if (weight_.empty()) weight_.assign(next_.size(), 1);
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
    const double weight = point_weight_.empty() ? 1 : point_weight_[index(point)];
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(row[i]) * weight;
  }
}

// With W a cluster's weight, s the sum of its vectors and S its scatter, the sum over all pairs of
// A and B is W_A W_B |s_A/W_A - s_B/W_B|^2 + W_B/W_A S_A + W_A/W_B S_B. Every term is 0 or more, so
// nothing cancels: copies of one vector are exactly 0 apart. Over a common denominator, vectors of
// small integers have exact numerators, so that equal heights compare equal.
double ClusterSet::sum_of_distances(Id a, const Sum& sum_a, Id b, const Sum& sum_b) const {
  const double weight_a = weight_[index(a)];
  const double weight_b = weight_[index(b)];
  const double weights = weight_a * weight_b;
  double between = 0;
  if (!sum_a.row.empty() && !sum_b.row.empty()) {
    return scaled_squared_distance(sum_a.row, 1, sum_b.row, 1) * weights;
  }
  if (!sum_a.row.empty()) {
    between = scaled_squared_distance(sum_a.row, weights, sum_b.values, weight_a);
  } else if (!sum_b.row.empty()) {
    between = scaled_squared_distance(sum_a.values, weight_b, sum_b.row, weights);
  } else {
    between = scaled_squared_distance(sum_a.values, weight_b, sum_b.values, weight_a);
  }
  const double within =
      weight_b * weight_b * scatter_[index(a)] + weight_a * weight_a * scatter_[index(b)];
  return (between + within) / weights;
}

double ClusterSet::distance(Id a, const Sum& sum_a, Id b, const Sum& sum_b) const {
  if (!sum_a.row.empty() && !sum_b.row.empty()) {
    return scaled_squared_distance(sum_a.row, 1, sum_b.row, 1);
  }
  return sum_of_distances(a, sum_a, b, sum_b) / (weight_[index(a)] * weight_[index(b)]);
}

double ClusterSet::distance(Id a, Id b) const {
  return Probe(*this, a).distance_to(b);
}

float ClusterSet::mean(Id cluster, std::span<float> mean) const {
  std::vector<double> scratch;
  const Sum sum = sum_of(cluster, scratch);
  if (!sum.row.empty()) {
    std::ranges::copy(sum.row, mean.begin());
    double norm = 0;
    for (const float value : sum.row)
      norm += static_cast<double>(value) * static_cast<double>(value);
    return static_cast<float>(norm / 2);
  }
  const double weight = weight_[index(cluster)];
  double norm = scatter_[index(cluster)] / (weight * weight);
  for (std::size_t i = 0; i < mean.size(); ++i) {
    const double value = sum.values[i] / weight;
    mean[i] = static_cast<float>(value);
    norm += value * value;
  }
  return static_cast<float>(norm / 2);
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
  weight_[index(first)] += weight_[index(second)];
  constraints_.join(first, second);
  sets_.join(first, second);
}

}  // namespace facenet
