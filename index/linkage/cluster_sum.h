#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/distance.h"
#include "index/vector_sums.h"

namespace facenet {

/// Clusters of this many points keep their sum: below, the points are about as quick to read as a
/// sum in double, and half of all clusters would otherwise hold a sum in the first rounds. In what
/// order vectors are added up decides the last bits of a height.
inline constexpr std::int64_t kKeepsSum = 5;

/// How far candidates are looked for: a mean that rounds down to the threshold may stand for pairs
/// that all lie just above it.
inline double reach_of(double threshold) {
  return threshold * (1 + 1e-9);
}

/// What the distance to a cluster needs of it. Internal to index/.
struct ClusterSum {
  std::span<const float> row = {};      ///< of a single point; else empty
  std::span<const double> values = {};  ///< the sum of the vectors; empty of a single point
  std::int64_t size = 0;
  double scatter = 0;  ///< sum of distances over the cluster's own pairs
};

/// The sum of the squared distances over all pairs of two clusters, the same bits for (a, b) and
/// (b, a). With |A| a cluster's size, s_A the sum of its vectors and S_A its scatter, it is
/// |A||B| |s_A/|A| - s_B/|B||^2 + |B|/|A| S_A + |A|/|B| S_B. Every term is 0 or more, so nothing
/// cancels: copies of one vector are exactly 0 apart. Over a common denominator, vectors of small
/// integers have exact numerators, so that equal heights compare equal.
inline double sum_of_distances(const ClusterSum& a, const ClusterSum& b) {
  const auto size_a = static_cast<double>(a.size);
  const auto size_b = static_cast<double>(b.size);
  const double pairs = size_a * size_b;
  double between = 0;
  if (!a.row.empty() && !b.row.empty()) return squared_distance(a.row, b.row) * pairs;
  if (!a.row.empty()) {
    between = scaled_squared_distance(a.row, pairs, b.values, size_a);
  } else if (!b.row.empty()) {
    between = scaled_squared_distance(a.values, size_b, b.row, pairs);
  } else {
    between = scaled_squared_distance(a.values, size_b, b.values, size_a);
  }
  const double within = size_b * size_b * a.scatter + size_a * size_a * b.scatter;
  return (between + within) / pairs;
}

/// The mean squared distance over all pairs of the two.
inline double mean_distance(const ClusterSum& a, const ClusterSum& b) {
  if (!a.row.empty() && !b.row.empty()) return squared_distance(a.row, b.row);
  return sum_of_distances(a, b) / (static_cast<double>(a.size) * static_cast<double>(b.size));
}

/// The mean of the points, in single precision.
inline void write_mean(const ClusterSum& sum, std::span<float> mean) {
  if (!sum.row.empty()) {
    std::ranges::copy(sum.row, mean.begin());
    return;
  }
  write_share(sum.values, 1 / static_cast<double>(sum.size), mean);
}

}  // namespace facenet
