#include "index/linkage/average_linkage.h"

#include <algorithm>

#include "index/parallel.h"

namespace facenet {
namespace {

using Id = Linkable::Id;

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
      bounds_(static_cast<std::size_t>(clusters.count())) {}

/// Also brings the list up to date. False when a cluster that is not in the list may be nearer.
bool AverageLinkage::find_in_list(Id cluster, Nearest& nearest) {
  thread_local std::vector<NearCluster> list;
  lists_.read(cluster, list);
  update_names(clusters_, cluster, list);
  nearest = {};
  ClusterSet::Probe probe(clusters_, cluster);
  for (NearCluster& near : list) {
    if (static_cast<double>(near.at_least) > nearest.height) break;
    const double height = probe.distance_to(near.id);
    near.at_least = rounded_down(height);
    if (height <= reach_) nearest.update(height, near.id);
  }
  const double bound = bounds_[index(cluster)];
  drop_far(bound, reach_, list);
  lists_.write(cluster, list);
  return is_nearest_of_all(nearest, bound, reach_);
}

void AverageLinkage::find_nearest(std::span<const Id> queries, std::span<const Id> active,
                                  bool may_wait, std::span<Nearest> nearest) {
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
  if (may_wait) {
    for (const Id cluster : used_up) nearest[index(cluster)].id = Nearest::kNotYet;
    return;
  }
  const std::size_t asked = used_up.size();
  add_companions(used_up, nearest);
  std::vector<Nearest> kept;  // of the companions nothing was asked
  for (std::size_t i = asked; i < used_up.size(); ++i) kept.push_back(nearest[index(used_up[i])]);
  source_->search(used_up, active, [&](Id cluster, const NearSource::Found& result) {
    nearest[index(cluster)] = result.nearest;
    bounds_[index(cluster)] = result.bound;
    lists_.write(cluster, result.list);
  });
  for (std::size_t i = asked; i < used_up.size(); ++i) nearest[index(used_up[i])] = kept[i - asked];
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
  lists_.read(first, first_list_);
  lists_.read(second, second_list_);
  rename(clusters_, first_list_);
  rename(clusters_, second_list_);
  const double bound =
      join_lists({first_list_, bounds_[index(first)], clusters_.size(first)},
                 {second_list_, bounds_[index(second)], clusters_.size(second)}, reach_, joined_);
  bounds_[index(first)] = bound;
  clusters_.join(first, second);
  lists_.join(first, second);
  lists_.write(first, joined_);
  source_->join(first, second);
  return clusters_.size(first);
}

}  // namespace facenet
