#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "index/linkage/merge_tree.h"

namespace facenet {

/// The nearest cluster that another may join, the one of smallest name where several are as near;
/// -1 when there is none within reach.
struct Nearest {
  double height = std::numeric_limits<double>::infinity();
  std::int32_t id = -1;

  /// Takes the other, if it is nearer.
  void update(double other_height, std::int32_t other) {
    if (other_height < height || (other_height == height && other < id)) {
      *this = {other_height, other};
    }
  }
};

/// Clusters under a linkage that is reducible: a joined cluster is as far from a third as the
/// nearer of its two parts, or farther. Internal to index/.
class Linkable {
 public:
  using Id = std::int32_t;

  virtual ~Linkable() = default;
  /// Sets nearest[q] for each q of `queries`. `active` holds all clusters that may still join, and
  /// some that have joined another.
  virtual void find_nearest(std::span<const Id> queries, std::span<const Id> active,
                            std::span<Nearest> nearest) = 0;
  /// `second` becomes part of `first`; first < second. Returns the size of the two.
  virtual std::int64_t join(Id first, Id second) = 0;
  /// A cluster that one which has just been joined may well join next, so that it is worth looking
  /// for the nearest of both at once; -1 for none.
  virtual Id likely_next(Id /*cluster*/) { return -1; }
  /// Another cluster is nearer to this one than what find_nearest() said, which can be where not
  /// all near pairs are known: the next call has to look again.
  virtual void doubt(Id /*cluster*/) {}
};

/// Joins all pairs of clusters that are each other's nearest (reciprocal nearest neighbours) and no
/// farther than `threshold`, until there is none, and returns the joins. By reducibility that gives
/// the joins of always joining the nearest two of all (Müllner 2011, section 2), while a cluster's
/// nearest needs no new search until it or its nearest joins, and a cluster with none is finished.
/// `clusters` are those at the start, of `count` points, after the joins `done`, which are returned
/// with the others. `each_round` is told all joins so far before each search.
std::vector<Merge> join_reciprocal_nearest(
    Linkable& linkable, std::vector<Linkable::Id> clusters, std::int64_t count, double threshold,
    std::vector<Merge> done = {},
    const std::function<void(std::span<const Merge>)>& each_round = {});

/// The same joins as if the nearest two of all were always joined next: by (height, first, second)
/// among those whose clusters exist. Joins come after those that they need.
std::vector<Merge> in_greedy_order(std::vector<Merge> merges, std::int64_t count);

}  // namespace facenet
