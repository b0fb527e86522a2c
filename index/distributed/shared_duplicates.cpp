#include "index/distributed/shared_duplicates.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <span>
#include <utility>

#include "index/distributed/message.h"
#include "index/linkage/duplicates.h"
#include "index/points.h"

namespace facenet {
namespace {

using Id = OwnClusters::Id;
using Group = std::vector<Id>;  ///< ascending

void put_group(std::span<const Id> group, Message& message) {
  message.put(group.size());
  message.put_all(group);
}

Group get_group(MessageReader& message) {
  Group group(message.get<std::size_t>());
  message.get_all(std::span(group));
  return group;
}

/// Clusters of one hash, by their first: each rank sorts a share of the hashes, and tells what it
/// found.
std::vector<Group> groups_by_hash(Ranks& ranks, const OwnClusters& clusters) {
  const auto size = index(ranks.size());
  Messages messages(size);
  for (const Id id : clusters.own_of(clusters.clusters())) {
    if (!clusters.is_copies(id)) continue;
    const std::uint64_t hash = hash_of(clusters.row(id));
    messages[hash % size].put(hash);
    messages[hash % size].put(id);
  }
  std::vector<std::pair<std::uint64_t, Id>> hashed;
  for (const Bytes& bytes : exchange(ranks, messages)) {
    for (MessageReader message(bytes); !message.at_end();) {
      const auto hash = message.get<std::uint64_t>();
      hashed.emplace_back(hash, message.get<Id>());
    }
  }
  std::ranges::sort(hashed);

  Message own;
  for (auto begin = hashed.begin(); begin != hashed.end();) {
    const auto end = std::find_if(begin, hashed.end(),
                                  [&](const auto& other) { return other.first != begin->first; });
    Group group;
    std::transform(begin, end, std::back_inserter(group),
                   [](const auto& entry) { return entry.second; });
    if (group.size() > 1) put_group(group, own);
    begin = end;
  }
  std::vector<Group> groups;
  for (const Bytes& bytes : ranks.exchange(std::vector<Bytes>(size, own.take()))) {
    for (MessageReader message(bytes); !message.at_end();) groups.push_back(get_group(message));
  }
  std::ranges::sort(groups);
  return groups;
}

/// Leaves in a group those that equal its first: different vectors may have one hash, if there ever
/// are any. These are joined like all others.
void keep_equal(Ranks& ranks, const OwnClusters& clusters, std::vector<Group>& groups) {
  const auto size = index(ranks.size());
  const auto owner = [&](Id id) { return index(clusters.homes().owner(id)); };
  Messages rows(size);
  for (const Group& group : groups) {
    if (!clusters.homes().is_own(group.front())) continue;
    std::set<std::size_t> owners;
    for (const Id id : group) owners.insert(owner(id));
    for (const std::size_t rank : owners) rows[rank].put_all(clusters.row(group.front()));
  }
  const auto arrived = exchange(ranks, rows);
  std::vector<MessageReader> readers(arrived.begin(), arrived.end());
  Message unequal;
  std::vector<float> first(index(clusters.dimension()));
  for (const Group& group : groups) {
    const bool is_here =
        std::ranges::any_of(group, [&](Id id) { return clusters.homes().is_own(id); });
    if (!is_here) continue;
    readers[owner(group.front())].get_all(std::span(first));
    for (const Id id : group) {
      if (clusters.homes().is_own(id) && !std::ranges::equal(clusters.row(id), first)) {
        unequal.put(id);
      }
    }
  }
  std::set<Id> leave;
  for (const Bytes& bytes : ranks.exchange(std::vector<Bytes>(size, unequal.take()))) {
    for (MessageReader message(bytes); !message.at_end();) leave.insert(message.get<Id>());
  }
  for (Group& group : groups) std::erase_if(group, [&](Id id) { return leave.contains(id); });
}

}  // namespace

void join_duplicates(Ranks& ranks, const OwnClusters& clusters, SharedLinkage& linkage,
                     std::vector<Merge>& merges) {
  std::vector<Group> groups = groups_by_hash(ranks, clusters);
  keep_equal(ranks, clusters, groups);
  for (const Group& group : groups) {
    for (std::size_t first = 0; first < group.size(); ++first) {
      if (!clusters.is_cluster(group[first])) continue;
      for (std::size_t second = first + 1; second < group.size(); ++second) {
        if (!clusters.is_cluster(group[second]) ||
            !clusters.may_join(group[first], group[second])) {
          continue;
        }
        const std::int64_t size = linkage.join(group[first], group[second]);
        merges.push_back({group[first], group[second], 0, size});
      }
    }
  }
}

}  // namespace facenet
