#include "index/linkage/average_linkage.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "index/parallel.h"

namespace facenet {
namespace {

using Id = Linkable::Id;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Room for `most` entries a point, none of them in use.
Chains<NearCluster> empty_lists(std::int64_t count, std::int64_t most) {
  std::vector<std::int64_t> offsets;
  offsets.reserve(static_cast<std::size_t>(count) + 1);
  for (std::int64_t i = 0; i <= count; ++i) offsets.push_back(i * most);
  Chains<NearCluster> lists(std::move(offsets),
                            std::vector<NearCluster>(static_cast<std::size_t>(count * most)));
  for (Id i = 0; i < count; ++i) lists.write(i, {});
  return lists;
}

}  // namespace

AverageLinkage::AverageLinkage(ClusterSet& clusters, double reach, int threads,
                               std::unique_ptr<NearSource> source)
    : clusters_(clusters),
      reach_(reach),
      threads_(threads),
      source_(std::move(source)),
      lists_(empty_lists(clusters.count(), NearSource::kMost)),
      bound_(static_cast<std::size_t>(clusters.count()), 0),
      bound_of_parts_(bound_.size(), kInfinity) {}

/// The list of a cluster under the names that they have now, the nearest first as far as that is
/// known, without those that can never join.
void AverageLinkage::read_list(Id cluster, std::vector<NearCluster>& list) const {
  lists_.read(cluster, list);
  // A cluster that has joined others is no nearer than the nearest of its parts.
  for (NearCluster& near : list) {
    near.id = clusters_.find(near.id);
    near.at_least = std::min(near.at_least, rounded_down(bound_of_parts_[index(cluster)]));
  }
  const auto same = [](const NearCluster& a, const NearCluster& b) { return a.id == b.id; };
  std::ranges::sort(list, {}, [](const auto& near) { return std::tuple(near.id, near.at_least); });
  list.erase(std::ranges::unique(list, same).begin(), list.end());
  std::erase_if(list, [&](const NearCluster& near) {
    return near.id == cluster || !clusters_.may_join(cluster, near.id);
  });
  std::ranges::sort(list, {}, [](const auto& near) { return std::tuple(near.at_least, near.id); });
}

/// Also brings the list up to date. False when a cluster that is not in the list may be nearer.
bool AverageLinkage::find_in_list(Id cluster, Nearest& nearest) {
  thread_local std::vector<NearCluster> list;
  read_list(cluster, list);
  nearest = {};
  ClusterSet::Probe probe(clusters_, cluster);
  for (NearCluster& near : list) {
    if (static_cast<double>(near.at_least) > nearest.height) break;
    const double height = probe.distance_to(near.id);
    near.at_least = rounded_down(height);
    if (height <= reach_) nearest.update(height, near.id);
  }
  // Farther than the bound it is as good as not in the list, and it never comes nearer.
  const double bound = bound_[index(cluster)];
  std::erase_if(list, [farthest = std::min(bound, reach_)](const NearCluster& near) {
    return static_cast<double>(near.at_least) > farthest;
  });
  lists_.write(cluster, list);
  bound_of_parts_[index(cluster)] = kInfinity;
  return bound == kInfinity || bound > reach_ || nearest.height < bound;
}

void AverageLinkage::find_nearest(std::span<const Id> queries, std::span<const Id> active,
                                  std::span<Nearest> nearest) {
  std::vector<char> found(queries.size());
  parallel_for_pieces(std::ssize(queries), 64, threads_, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      found[i] = find_in_list(queries[i], nearest[index(queries[i])]);
    }
  });
  std::vector<Id> used_up;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (!found[i]) used_up.push_back(queries[i]);
  }
  if (used_up.empty()) return;
  const std::size_t asked = used_up.size();
  add_companions(used_up, nearest);
  std::vector<Nearest> kept;  // of the companions nothing was asked
  for (std::size_t i = asked; i < used_up.size(); ++i) kept.push_back(nearest[index(used_up[i])]);
  source_->search(used_up, active, [&](Id cluster, const NearSource::Found& result) {
    nearest[index(cluster)] = result.nearest;
    bound_[index(cluster)] = result.bound;
    bound_of_parts_[index(cluster)] = kInfinity;
    lists_.write(cluster, result.list);
  });
  for (std::size_t i = asked; i < used_up.size(); ++i) nearest[index(used_up[i])] = kept[i - asked];
}

/// What is in neither list is at least as far from the two together as the average of the two
/// bounds: the Lance-Williams formula of average linkage, of bounds in place of distances.
double AverageLinkage::bound_of_both(Id first, Id second) const {
  constexpr double kRounding = 1e-12;  // the average must not come out above the distances
  const double a = bound_[index(first)], b = bound_[index(second)];
  if (a == kInfinity && b == kInfinity) return kInfinity;
  // Infinite means: all within reach is in the list.
  const auto size_a = static_cast<double>(clusters_.size(first));
  const auto size_b = static_cast<double>(clusters_.size(second));
  const double sum = size_a * std::min(a, reach_) + size_b * std::min(b, reach_);
  return sum / (size_a + size_b) * (1 - kRounding);
}

/// A search for a few costs nearly as much as one for some more. A large cluster takes in its
/// neighbours one by one, and each of their lists is used up when its turn comes: they are filled
/// together.
void AverageLinkage::add_companions(std::vector<Id>& used_up, std::span<const Nearest> nearest) {
  constexpr std::size_t kEnough = 64;
  std::vector<Id> hubs;
  std::vector<NearCluster> list;
  if (used_up.size() >= kEnough) return;
  for (const Id cluster : used_up) {
    const Id other = nearest[index(cluster)].id;
    hubs.push_back(other >= 0 && clusters_.size(other) > clusters_.size(cluster) ? other : cluster);
  }
  std::ranges::sort(hubs);
  hubs.erase(std::ranges::unique(hubs).begin(), hubs.end());
  for (const Id hub : hubs) {
    lists_.read(hub, list);
    for (const NearCluster& near : list) {
      if (used_up.size() >= kEnough) return;
      const Id cluster = clusters_.find(near.id);
      Nearest ignored;
      if (std::ranges::find(used_up, cluster) == used_up.end() && !find_in_list(cluster, ignored)) {
        used_up.push_back(cluster);
      }
    }
  }
}

std::int64_t AverageLinkage::join(Id first, Id second) {
  // Before they join: their sizes are needed.
  bound_of_parts_[index(first)] =
      std::min({bound_of_parts_[index(first)], bound_of_parts_[index(second)], bound_[index(first)],
                bound_[index(second)]});
  bound_[index(first)] = bound_of_both(first, second);
  clusters_.join(first, second);
  lists_.join(first, second);
  source_->join(first, second);
  return clusters_.size(first);
}

}  // namespace facenet
