#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#include "index/linkage/agglomerate.h"

namespace facenet::testing_index {

/// Agglomeration as a textbook has it: the whole matrix of point distances, every pair of clusters
/// looked at, the nearest two joined, again and again. Points of a block are together before the
/// first join.
class Textbook {
 public:
  Textbook(const Points& points, const Constraints& constraints)
      : n_(static_cast<std::size_t>(points.count)),
        members_(n_),
        distance_(n_, std::vector<double>(n_)),
        apart_(n_, std::vector<bool>(n_)) {
    for (std::size_t i = 0; i < n_; ++i) {
      members_[i] = {i};
      for (std::size_t j = 0; j < n_; ++j) distance_[i][j] = squared_distance(points, i, j);
    }
    forbid(constraints);
    for (std::size_t j = 0; j < constraints.block.size(); ++j) {
      if (constraints.block[j] < 0) continue;
      const auto same = std::ranges::find(constraints.block, constraints.block[j]);
      const auto i = static_cast<std::size_t>(same - constraints.block.begin());
      if (i != j) join(i, j);
    }
  }

  Clustering run(double threshold, Linkage linkage = Linkage::kAverage) {
    Clustering result;
    while (true) {
      // Single linkage joins by edges, in the order of their points; the others by clusters.
      std::tuple<double, std::size_t, std::size_t> best{std::numeric_limits<double>::infinity(), 0,
                                                        0};
      std::pair<std::size_t, std::size_t> join_next;
      for (std::size_t i = 0; i < n_; ++i) {
        for (std::size_t j = i + 1; j < n_; ++j) {
          if (members_[i].empty() || members_[j].empty() || forbidden(i, j)) continue;
          const auto candidate = linkage == Linkage::kSingle
                                     ? nearest_pair(i, j)
                                     : std::tuple(height(i, j, linkage), i, j);
          if (candidate < best) {
            best = candidate;
            join_next = {i, j};
          }
        }
      }
      if (!(std::get<0>(best) <= threshold)) break;
      const auto [first, second] = join_next;
      join(first, second);
      result.merges.push_back({static_cast<std::int64_t>(first), static_cast<std::int64_t>(second),
                               std::get<0>(best), std::ssize(members_[first])});
    }
    number(result);
    return result;
  }

 private:
  static double squared_distance(const Points& points, std::size_t i, std::size_t j) {
    const auto a = points.row(static_cast<std::int64_t>(i));
    const auto b = points.row(static_cast<std::int64_t>(j));
    return std::transform_reduce(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
                                 [](double x, double y) { return (x - y) * (x - y); });
  }

  void forbid(const Constraints& constraints) {
    const auto differ = [&](std::span<const std::int64_t> values, std::size_t i, std::size_t j) {
      return !values.empty() && values[i] >= 0 && values[j] >= 0 && values[i] != values[j];
    };
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t j = 0; j < n_; ++j) {
        const auto& photo = constraints.photo;
        const bool same_photo = !photo.empty() && photo[i] >= 0 && photo[i] == photo[j];
        if (same_photo || differ(constraints.label, i, j)) apart_[i][j] = true;
      }
    }
    for (const auto& [left, right] : constraints.apart) {
      for (const std::int64_t i : left) {
        for (const std::int64_t j : right) {
          apart_[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = true;
          apart_[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)] = true;
        }
      }
    }
  }

  bool forbidden(std::size_t i, std::size_t j) const {
    for (const std::size_t a : members_[i]) {
      for (const std::size_t b : members_[j]) {
        if (apart_[a][b]) return true;
      }
    }
    return false;
  }

  /// The sums come before the division, so that vectors of integers give exact ties.
  double height(std::size_t i, std::size_t j, Linkage linkage) const {
    double sum = 0;
    double pairs = 0;
    double largest = 0;
    for (const std::size_t a : members_[i]) {
      for (const std::size_t b : members_[j]) {
        sum += distance_[a][b];
        ++pairs;
        largest = std::max(largest, distance_[a][b]);
      }
    }
    return linkage == Linkage::kComplete ? largest : sum / pairs;
  }

  std::tuple<double, std::size_t, std::size_t> nearest_pair(std::size_t i, std::size_t j) const {
    std::tuple<double, std::size_t, std::size_t> best{std::numeric_limits<double>::infinity(), 0,
                                                      0};
    for (const std::size_t a : members_[i]) {
      for (const std::size_t b : members_[j]) {
        best = std::min(best, std::tuple(distance_[a][b], std::min(a, b), std::max(a, b)));
      }
    }
    return best;
  }

  void join(std::size_t i, std::size_t j) {
    members_[i].insert(members_[i].end(), members_[j].begin(), members_[j].end());
    members_[j].clear();
  }

  void number(Clustering& result) const {
    result.cluster.resize(n_);
    for (const auto& members : members_) {
      if (members.empty()) continue;
      for (const std::size_t point : members) result.cluster[point] = result.clusters;
      ++result.clusters;
    }
  }

  std::size_t n_;
  std::vector<std::vector<std::size_t>> members_;
  std::vector<std::vector<double>> distance_;
  std::vector<std::vector<bool>> apart_;
};

}  // namespace facenet::testing_index
