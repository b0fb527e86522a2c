#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <tuple>
#include <vector>

#include "index/linkage/rounds.h"
#include "index/linkage/search/near_source.h"

namespace facenet {

/// What is known of clusters that are not in a list of the nearest. Internal to index/.
struct NearBound {
  /// They are no nearer; infinite when all within reach are in the list.
  double bound = 0;
  /// The smallest bound of the parts that have joined since the list was brought up to date: one
  /// that is in the list of one part only may be no farther than this from the others.
  double of_parts = std::numeric_limits<double>::infinity();
};

/// What is in neither list is at least as far from the two together as the average of the two
/// bounds: the Lance-Williams formula of average linkage, of bounds in place of distances.
inline NearBound bound_of_both(const NearBound& a, std::int64_t size_a, const NearBound& b,
                               std::int64_t size_b, double reach) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kRounding = 1e-12;  // the average must not come out above the distances
  NearBound both{.bound = kInfinity,
                 .of_parts = std::min({a.of_parts, b.of_parts, a.bound, b.bound})};
  if (a.bound == kInfinity && b.bound == kInfinity) return both;
  const auto weight_a = static_cast<double>(size_a), weight_b = static_cast<double>(size_b);
  both.bound = (weight_a * std::min(a.bound, reach) + weight_b * std::min(b.bound, reach)) /
               (weight_a + weight_b) * (1 - kRounding);
  return both;
}

/// Brings a cluster's list up to date: clusters under the names that they have now, the nearest
/// first as far as that is known, without those that can never join. `clusters` have find() and
/// may_join().
template <class Clusters>
void update_names(const Clusters& clusters, std::int32_t cluster, const NearBound& bound,
                  std::vector<NearCluster>& list) {
  // A cluster that has joined others is no nearer than the nearest of its parts.
  for (NearCluster& near : list) {
    near.id = clusters.find(near.id);
    near.at_least = std::min(near.at_least, rounded_down(bound.of_parts));
  }
  const auto same = [](const NearCluster& a, const NearCluster& b) { return a.id == b.id; };
  std::ranges::sort(list, {}, [](const auto& near) { return std::tuple(near.id, near.at_least); });
  list.erase(std::ranges::unique(list, same).begin(), list.end());
  std::erase_if(list, [&](const NearCluster& near) {
    return near.id == cluster || !clusters.may_join(cluster, near.id);
  });
  std::ranges::sort(list, {}, [](const auto& near) { return std::tuple(near.at_least, near.id); });
}

/// Drops what is farther than the bound: it is as good as not in the list, and never comes nearer.
inline void drop_far(const NearBound& bound, double reach, std::vector<NearCluster>& list) {
  std::erase_if(list, [farthest = std::min(bound.bound, reach)](const NearCluster& near) {
    return static_cast<double>(near.at_least) > farthest;
  });
}

/// Whether no cluster outside of the list can be nearer than the nearest of it.
inline bool is_nearest_of_all(const Nearest& nearest, const NearBound& bound, double reach) {
  return bound.bound > reach || nearest.height < bound.bound;
}

}  // namespace facenet
