#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "index/linkage/search/mean_search.h"

namespace facenet {

/// Clusters of which each is a query and a candidate, in tiles that are made when they are needed,
/// and the nearest few found of each. Internal to index/.
class MutualSide {
 public:
  /// `count` clusters; make(t) gives tile t, of kTile clusters but for the last.
  MutualSide(std::int64_t count, float half_reach, MeanSearch::MakeBlock make);

  std::int64_t tiles() const { return std::ssize(mutex_); }
  MeanBlock make(std::int64_t tile) const { return make_(tile); }
  const std::vector<NearFew>& best() const { return best_; }
  /// Looks for those of one cluster only that are no farther.
  void set_half_reach(std::int64_t i, float half_reach) { best_[index(i)] = NearFew(half_reach); }
  /// Adds what was found of one elsewhere.
  void add(std::int64_t i, std::span<const NearCandidate> candidates) {
    best_[index(i)].add(candidates);
  }

 private:
  friend class MutualSearch;

  MeanSearch::MakeBlock make_;
  std::vector<NearFew> best_;      ///< of each cluster
  std::vector<std::mutex> mutex_;  ///< of the tile's
};

/// Finds the nearest few of every cluster: each product of two means is seen from both sides, so
/// that all pairs of a side take half as many products as there are pairs. Internal to index/.
class MutualSearch {
 public:
  using Wanted = std::function<bool(std::int64_t row_tile, std::int64_t column_tile)>;

  MutualSearch(const ClusterMeans& clusters, int threads, double largest_norm)
      : clusters_(clusters), threads_(threads), largest_norm_(largest_norm) {}

  /// All pairs of the side.
  void within(MutualSide& side) const;
  /// Pairs of a cluster of the one side with one of the other, in pairs of tiles that are wanted.
  void between(MutualSide& rows, MutualSide& columns, const Wanted& wanted) const;

 private:
  struct Meetings;

  void look(MutualSide& rows, MutualSide& columns, const Wanted& wanted) const;
  void look_at_group(MutualSide& rows, MutualSide& columns, const Wanted& wanted,
                     std::int64_t begin, std::int64_t end) const;

  const ClusterMeans& clusters_;
  int threads_;
  double largest_norm_;
};

}  // namespace facenet
