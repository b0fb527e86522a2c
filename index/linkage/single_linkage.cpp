#include "index/linkage/single_linkage.h"

#include <algorithm>
#include <tuple>

#include "index/linkage/constraint_set.h"
#include "index/linkage/disjoint_sets.h"
#include "index/neighbours.h"

namespace facenet {
namespace {

using Id = DisjointSets::Id;

/// Kruskal's algorithm: calls joins(pair, first, second) for each pair that joins two sets.
template <class MayJoin, class Joins>
void join_by_pairs(std::vector<Pair>& pairs, DisjointSets& sets, const MayJoin& may_join,
                   const Joins& joins) {
  std::ranges::sort(pairs, {}, [](const Pair& pair) {
    return std::tuple(pair.distance, pair.first, pair.second);
  });
  for (const Pair& pair : pairs) {
    const Id a = sets.find(static_cast<Id>(pair.first));
    const Id b = sets.find(static_cast<Id>(pair.second));
    if (a == b || !may_join(a, b)) continue;
    joins(pair, std::min(a, b), std::max(a, b));
  }
}

std::vector<Pair> forest_of(std::vector<Pair> pairs, std::int64_t count) {
  DisjointSets sets(count);
  std::vector<Pair> forest;
  join_by_pairs(
      pairs, sets, [](Id, Id) { return true; },
      [&](const Pair& pair, Id first, Id second) {
        sets.join(first, second);
        forest.push_back(pair);
      });
  return forest;
}

bool are_free(const Constraints& constraints) {
  return constraints.photo.empty() && constraints.label.empty() && constraints.apart.empty();
}

std::vector<Pair> useful_pairs(const Points& points, const Constraints& constraints,
                               double threshold, int threads) {
  if (!are_free(constraints)) return pairs_within(points, threshold, threads);
  std::vector<Pair> pairs;
  const auto enough = static_cast<std::size_t>(std::max<std::int64_t>(8 * points.count, 1 << 16));
  for_pairs_within(points, threshold, threads, [&](std::vector<Pair>&& found) {
    pairs.insert(pairs.end(), found.begin(), found.end());
    if (pairs.size() > enough) pairs = forest_of(std::move(pairs), points.count);
  });
  return pairs;
}

}  // namespace

Clustering single_linkage(const Points& points, const Constraints& constraints, double threshold,
                          int threads) {
  auto pairs = useful_pairs(points, constraints, threshold, threads);
  ConstraintSet constraint_set(points.count, constraints);
  DisjointSets sets(points.count);
  std::vector<std::int64_t> size(static_cast<std::size_t>(points.count), 1);
  const auto join = [&](Id first, Id second) {
    constraint_set.join(first, second);
    sets.join(first, second);
    return size[static_cast<std::size_t>(first)] += size[static_cast<std::size_t>(second)];
  };
  DisjointSets::join_blocks(constraints.block, join);

  Clustering result;
  join_by_pairs(
      pairs, sets, [&](Id a, Id b) { return constraint_set.may_join(a, b); },
      [&](const Pair& pair, Id first, Id second) {
        result.merges.push_back({first, second, pair.distance, join(first, second)});
      });
  sets.number(result);
  return result;
}

}  // namespace facenet
