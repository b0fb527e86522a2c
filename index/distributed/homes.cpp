#include "index/distributed/homes.h"

#include <algorithm>
#include <queue>
#include <tuple>
#include <utility>

#include "index/linkage/disjoint_sets.h"
#include "index/points.h"

namespace facenet {

void Homes::move_to(std::span<const std::int32_t> clusters, std::vector<std::int32_t> owner) {
  owner_ = std::move(owner);
  slot_.assign(owner_.size(), -1);
  std::vector<std::int32_t> next(index(size()));
  for (const std::int32_t id : clusters) slot_[index(id)] = next[index(owner_[index(id)])]++;
  own_count_ = next[index(rank())];
}

std::vector<std::int32_t> homes_by_bonds(std::span<const std::int32_t> clusters,
                                         std::span<const std::int32_t> sizes,
                                         std::vector<Bond> bonds, int ranks) {
  std::vector<std::int64_t> points(sizes.size());
  std::int64_t all = 0;
  for (const std::int32_t id : clusters) all += points[index(id)] = sizes[index(id)];
  const std::int64_t most = all / ranks + 1;  // so much is a rank for itself

  std::ranges::sort(bonds, {}, [](const Bond& bond) {
    return std::tuple(bond.distance, bond.first, bond.second);
  });
  DisjointSets groups(std::ssize(sizes));
  for (const Bond& bond : bonds) {
    const std::int32_t a = groups.find(bond.first), b = groups.find(bond.second);
    const auto [first, second] = std::minmax(a, b);
    if (first == second || points[index(first)] + points[index(second)] > most) continue;
    groups.join(first, second);
    points[index(first)] += points[index(second)];
  }

  std::vector<std::pair<std::int64_t, std::int32_t>>
      largest;  // the size negative, so that it is first
  for (const std::int32_t id : clusters) {
    if (groups.is_root(id)) largest.emplace_back(-points[index(id)], id);
  }
  std::ranges::sort(largest);
  using Load = std::pair<std::int64_t, std::int32_t>;  // points, rank
  std::priority_queue<Load, std::vector<Load>, std::greater<>> loads;
  for (int rank = 0; rank < ranks; ++rank) loads.emplace(0, rank);
  std::vector<std::int32_t> owner(sizes.size(), -1);
  for (const auto& [negative, group] : largest) {
    const auto [load, rank] = loads.top();
    loads.pop();
    loads.emplace(load - negative, rank);
    owner[index(group)] = rank;
  }
  for (const std::int32_t id : clusters) owner[index(id)] = owner[index(groups.find(id))];
  return owner;
}

}  // namespace facenet
