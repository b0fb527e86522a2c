#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

#include "index/agglomerate.h"

namespace facenet::testing_index {

/// Average linkage as a textbook has it: the whole matrix, the least entry of it joined, again and
/// again. The matrix holds sums over pairs, so that vectors of integers give exact ties. Points of
/// a block are added up before the first join.
class Textbook {
 public:
  Textbook(const Points& points, const Constraints& constraints)
      : n_(static_cast<std::size_t>(points.count)),
        members_(n_),
        sum_(n_, std::vector<double>(n_)),
        constraints_(constraints) {
    for (std::size_t i = 0; i < n_; ++i) {
      members_[i] = {i};
      for (std::size_t j = 0; j < n_; ++j) sum_[i][j] = squared_distance(points, i, j);
    }
    for (std::size_t j = 0; j < constraints.block.size(); ++j) {
      if (constraints.block[j] < 0) continue;
      const auto same = std::ranges::find(constraints.block, constraints.block[j]);
      const auto i = static_cast<std::size_t>(same - constraints.block.begin());
      if (i != j) join(i, j);
    }
  }

  Clustering run(double threshold) {
    Clustering result;
    while (true) {
      double best = std::numeric_limits<double>::infinity();
      std::size_t first = 0;
      std::size_t second = 0;
      for (std::size_t i = 0; i < n_; ++i) {
        for (std::size_t j = i + 1; j < n_; ++j) {
          if (const double height = mean(i, j); height < best) {
            best = height;
            first = i;
            second = j;
          }
        }
      }
      if (!(best <= threshold)) break;
      join(first, second);
      result.merges.push_back({static_cast<std::int64_t>(first), static_cast<std::int64_t>(second),
                               best, std::ssize(members_[first])});
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

  double mean(std::size_t i, std::size_t j) const {
    if (members_[i].empty() || members_[j].empty() || forbidden(i, j)) {
      return std::numeric_limits<double>::infinity();
    }
    return sum_[i][j] / static_cast<double>(members_[i].size() * members_[j].size());
  }

  bool forbidden(std::size_t i, std::size_t j) const {
    for (const std::size_t a : members_[i]) {
      for (const std::size_t b : members_[j]) {
        const auto both = [&](std::span<const std::int64_t> values) {
          return !values.empty() && values[a] >= 0 && values[b] >= 0;
        };
        if (both(constraints_.photo) && constraints_.photo[a] == constraints_.photo[b]) return true;
        if (both(constraints_.label) && constraints_.label[a] != constraints_.label[b]) return true;
      }
    }
    return false;
  }

  void join(std::size_t i, std::size_t j) {
    members_[i].insert(members_[i].end(), members_[j].begin(), members_[j].end());
    members_[j].clear();
    for (std::size_t k = 0; k < n_; ++k) {
      if (k == i || k == j) continue;
      sum_[i][k] += sum_[j][k];
      sum_[k][i] = sum_[i][k];
    }
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
  std::vector<std::vector<double>> sum_;
  Constraints constraints_;
};

}  // namespace facenet::testing_index
