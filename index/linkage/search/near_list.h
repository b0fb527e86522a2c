#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "index/linkage/rounds.h"
#include "index/linkage/search/near_source.h"

namespace facenet {

/// Gives the clusters of a list the names that they have now, each once, ascending. `clusters` have
/// find(). Internal to index/.
template <class Clusters>
void rename(const Clusters& clusters, std::vector<NearCluster>& list) {
  for (NearCluster& near : list) near.id = clusters.find(near.id);
  std::ranges::sort(list, {}, [](const auto& near) { return std::tuple(near.id, near.at_least); });
  // A cluster that has joined others is no nearer than the nearest of its parts.
  const auto same = [](const NearCluster& a, const NearCluster& b) { return a.id == b.id; };
  list.erase(std::ranges::unique(list, same).begin(), list.end());
}

/// Brings a cluster's list up to date: renamed, the nearest first as far as that is known, without
/// those that can never join. `clusters` have find() and may_join().
template <class Clusters>
void update_names(const Clusters& clusters, std::int32_t cluster, std::vector<NearCluster>& list) {
  rename(clusters, list);
  std::erase_if(list, [&](const NearCluster& near) {
    return near.id == cluster || !clusters.may_join(cluster, near.id);
  });
  std::ranges::sort(list, {}, [](const auto& near) { return std::tuple(near.at_least, near.id); });
}

/// What is known of one of two clusters that join.
struct NearPart {
  std::span<const NearCluster> list;  ///< renamed; includes all that are nearer than the bound
  double bound;                       ///< infinite when all within reach are in the list
  std::int64_t size;

  /// No cluster that is not in the list is nearer.
  double least(double reach) const { return std::min(bound, reach); }
};

/// The list of two clusters together, in order of names; returns its bound. A third is as far from
/// the two as the average of its distances to each, by their sizes (the Lance-Williams formula of
/// average linkage), and so at least as far as the average of what those are at least.
double join_lists(const NearPart& a, const NearPart& b, double reach,
                  std::vector<NearCluster>& joined);

/// Drops what is farther than the bound: it is as good as not in the list, and never comes nearer.
inline void drop_far(double bound, double reach, std::vector<NearCluster>& list) {
  std::erase_if(list, [farthest = std::min(bound, reach)](const NearCluster& near) {
    return static_cast<double>(near.at_least) > farthest;
  });
}

/// Whether no cluster outside of the list can be nearer than the nearest of it.
inline bool is_nearest_of_all(const Nearest& nearest, double bound, double reach) {
  return bound > reach || nearest.height < bound;
}

}  // namespace facenet
