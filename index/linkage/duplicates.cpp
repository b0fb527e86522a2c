#include "index/linkage/duplicates.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

namespace facenet {

std::uint64_t hash_of(std::span<const float> row) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, a value at a time
  for (const float value : row) {
    hash = (hash ^ std::bit_cast<std::uint32_t>(value + 0.0F)) * 0x100000001b3;
    hash ^= hash >> 32U;
  }
  return hash;
}

namespace {

using Id = ClusterSet::Id;

/// Clusters of copies, sorted so that those of one vector follow each other, smallest first.
std::vector<Id> sorted_by_vector(const Points& points, const ClusterSet& clusters) {
  std::vector<std::pair<std::uint64_t, Id>> hashed;
  for (const Id cluster : clusters.clusters()) {
    if (clusters.is_copies(cluster)) hashed.emplace_back(hash_of(points.row(cluster)), cluster);
  }
  std::ranges::sort(hashed);
  // Different vectors of one hash, if there ever are any.
  for (auto begin = hashed.begin(); begin != hashed.end();) {
    const auto end = std::find_if(begin, hashed.end(), [hash = begin->first](const auto& other) {
      return other.first != hash;
    });
    if (end - begin > 1) {
      std::stable_sort(begin, end, [&](const auto& a, const auto& b) {
        return std::ranges::lexicographical_compare(points.row(a.second), points.row(b.second));
      });
    }
    begin = end;
  }
  std::vector<Id> sorted;
  sorted.reserve(hashed.size());
  for (const auto& [hash, cluster] : hashed) sorted.push_back(cluster);
  return sorted;
}

}  // namespace

std::vector<bool> join_duplicates(const Points& points, ClusterSet& clusters,
                                  std::vector<Merge>& merges) {
  std::vector<bool> copy(index(points.count), false);
  const std::vector<Id> sorted = sorted_by_vector(points, clusters);
  for (auto begin = sorted.begin(); begin != sorted.end();) {
    const auto row = points.row(*begin);
    const auto end = std::find_if(
        begin, sorted.end(), [&](Id other) { return !std::ranges::equal(points.row(other), row); });
    for (auto first = begin; first != end; ++first) {
      if (!clusters.is_cluster(*first)) continue;
      for (auto second = first + 1; second != end; ++second) {
        if (!clusters.is_cluster(*second) || !clusters.may_join(*first, *second)) continue;
        clusters.join(*first, *second);
        copy[index(*second)] = true;
        merges.push_back({*first, *second, 0, clusters.size(*first)});
      }
    }
    begin = end;
  }
  return copy;
}

}  // namespace facenet
