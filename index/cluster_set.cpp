#include "index/cluster_set.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/error.h"
#include "index/distance.h"

namespace facenet {
namespace {

/// The weights over the largest, so that equal ones are 1 whatever they are.
std::vector<double> relative_weights(const Points& points) {
  if (points.weight.empty()) return std::vector<double>(static_cast<std::size_t>(points.count), 1);
  if (std::ssize(points.weight) != points.count) {
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

template <class T>
void add_to(std::vector<double>& sum, std::span<const T> values, double weight) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(values[i]) * weight;
}

}  // namespace

ClusterSet::ClusterSet(const Points& points, const Constraints& constraints)
    : points_(points),
      sets_(points.count),
      constraints_(points.count, constraints),
      size_(static_cast<std::size_t>(points.count), 1),
      weight_(relative_weights(points)),
      sum_(size_.size()),
      scatter_(size_.size(), 0) {}

// With W a cluster's weight, s the sum of its vectors and S its scatter, the sum over all pairs of
// A and B is W_A W_B |s_A/W_A - s_B/W_B|^2 + W_B/W_A S_A + W_A/W_B S_B. Every term is 0 or more, so
// nothing cancels: copies of one vector are exactly 0 apart. Over a common denominator, vectors of
// small integers have exact numerators, so that equal heights compare equal.
double ClusterSet::sum_of_distances(Id a, Id b) const {
  const double weight_a = weight_[index(a)];
  const double weight_b = weight_[index(b)];
  const std::span<const double> sum_a = sum_[index(a)];
  const std::span<const double> sum_b = sum_[index(b)];
  double between = 0;
  if (sum_a.empty() && sum_b.empty()) {
    return scaled_squared_distance(points_.row(a), 1, points_.row(b), 1) * (weight_a * weight_b);
  }
  if (sum_a.empty()) {
    between = scaled_squared_distance(points_.row(a), weight_a * weight_b, sum_b, weight_a);
  } else if (sum_b.empty()) {
    between = scaled_squared_distance(sum_a, weight_b, points_.row(b), weight_a * weight_b);
  } else {
    between = scaled_squared_distance(sum_a, weight_b, sum_b, weight_a);
  }
  const double within =
      weight_b * weight_b * scatter_[index(a)] + weight_a * weight_a * scatter_[index(b)];
  return (between + within) / (weight_a * weight_b);
}

double ClusterSet::distance(Id a, Id b) const {
  if (sum_[index(a)].empty() && sum_[index(b)].empty()) {
    return scaled_squared_distance(points_.row(a), 1, points_.row(b), 1);
  }
  return sum_of_distances(a, b) / (weight_[index(a)] * weight_[index(b)]);
}

void ClusterSet::join(Id first, Id second) {
  scatter_[index(first)] += scatter_[index(second)] + sum_of_distances(first, second);
  join_sums(first, second);
  constraints_.join(first, second);
  size_[index(first)] += size_[index(second)];
  weight_[index(first)] += weight_[index(second)];
  sets_.join(first, second);
}

void ClusterSet::join_sums(Id first, Id second) {
  auto& sum = sum_[index(first)];
  auto& other = sum_[index(second)];
  // Only a single point has no sum yet; its row is added to the other's, or to zero.
  if (sum.empty()) {
    sum = std::move(other);
    sum.resize(static_cast<std::size_t>(points_.dimension), 0.0);
    add_to(sum, points_.row(first), weight_[index(first)]);
    if (size(second) == 1) add_to(sum, points_.row(second), weight_[index(second)]);
  } else if (other.empty()) {
    add_to(sum, points_.row(second), weight_[index(second)]);
  } else {
    add_to(sum, std::span<const double>(other), 1);
  }
  std::vector<double>().swap(other);
}

}  // namespace facenet
