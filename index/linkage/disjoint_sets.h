#pragma once

#include <atomic>
#include <cstdint>
#include <numeric>
#include <span>
#include <unordered_map>
#include <vector>

#include "index/linkage/merge_tree.h"

namespace facenet {

/// Points in disjoint sets, each named by its smallest point. Threads may look for sets at the same
/// time, but not while sets are joined. Internal to index/.
class DisjointSets {
 public:
  using Id = std::int32_t;

  explicit DisjointSets(std::int64_t count) : parent_(static_cast<std::size_t>(count)) {
    std::iota(parent_.begin(), parent_.end(), Id{0});
  }

  Id count() const { return static_cast<Id>(parent_.size()); }
  bool is_root(Id point) const { return parent(point) == point; }

  Id find(Id point) const {
    for (Id above = parent(point); above != point; above = parent(point)) {
      const Id next = parent(above);
      // Halves the path for the next one; whoever else does so at this moment stores a set of the
      // same path.
      if (next != above) atomic(point).store(next, std::memory_order_relaxed);
      point = next;
    }
    return point;
  }

  /// Two roots, first < second.
  void join(Id first, Id second) { parent_[index(second)] = first; }

  /// Calls join(first point of the block, point) for every further point of each block.
  template <class Join>
  static void join_blocks(std::span<const std::int64_t> block, const Join& join) {
    std::unordered_map<std::int64_t, Id> first_of_block;
    for (Id i = 0; i < std::ssize(block); ++i) {
      if (block[index(i)] < 0) continue;
      const auto [entry, is_new] = first_of_block.emplace(block[index(i)], i);
      if (!is_new) join(entry->second, i);
    }
  }

  /// Sets the clusters of `result`, but not its joins.
  void number(Clustering& result) const {
    result.cluster.resize(parent_.size());
    result.clusters = 0;
    // A set is named by its smallest point, so that its own number is known before it is needed.
    for (Id i = 0; i < count(); ++i) {
      const Id root = find(i);
      result.cluster[index(i)] = root == i ? result.clusters++ : result.cluster[index(root)];
    }
  }

 private:
  static std::size_t index(Id id) { return static_cast<std::size_t>(id); }
  std::atomic_ref<Id> atomic(Id point) const { return std::atomic_ref<Id>(parent_[index(point)]); }
  Id parent(Id point) const { return atomic(point).load(std::memory_order_relaxed); }

  mutable std::vector<Id> parent_;
};

}  // namespace facenet
