#include "index/distributed/shared_linkage.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "index/distributed/message.h"

namespace facenet {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Queries of one search, beyond which others need not come along.
constexpr std::size_t kEnough = 64;

bool contains(std::span<const OwnClusters::Id> ids, OwnClusters::Id id) {
  return std::ranges::find(ids, id) != ids.end();
}

}  // namespace

SharedLinkage::SharedLinkage(Ranks& ranks, OwnClusters& clusters, const AgglomerateOptions& options,
                             double largest_norm)
    : ranks_(ranks),
      clusters_(clusters),
      lists_(ranks, clusters, reach_of(options.threshold), options.threads),
      search_(ranks, clusters, reach_of(options.threshold), options.threads, largest_norm),
      own_(clusters, lists_, search_, options.threshold, options.threads),
      reach_(reach_of(options.threshold)),
      has_grown_(index(clusters.count())),
      runner_up_(has_grown_.size(), {-1, std::numeric_limits<float>::infinity()}) {}

std::vector<OwnQuery> SharedLinkage::own_queries(std::span<const Id> ids) const {
  std::vector<OwnQuery> own;
  for (const Id id : ids) {
    if (is_own(id)) own.push_back({.id = id});
  }
  return own;
}

void SharedLinkage::find_nearest(std::span<const Id> queries, std::span<const Id> active,
                                 bool may_wait, std::span<Nearest> nearest) {
  bring_together();
  joined_.clear();
  const bool all = std::exchange(is_first_, false) && queries.size() == active.size();
  if (all) {
    const std::vector<Id> ids = clusters_.own_of(active);
    set_lists(ids, search_.search_all(ids));
  }
  std::vector<OwnQuery> own = own_queries(queries);
  lists_.look(own);
  Told told = tell(queries, own, all ? std::vector<Merge>() : join_own(own), nearest);
  std::vector<Id> hidden;
  std::erase_if(told.missing, [&](Id id) {
    const bool is_hidden = all || std::ranges::binary_search(searched_, id);
    if (is_hidden) hidden.push_back(id);
    return is_hidden;
  });
  if (!hidden.empty()) find_hidden(hidden, active, nearest);
  for (const Id id : told.missing) nearest[index(id)].id = Nearest::kNotYet;
  searched_.clear();
  if (!may_wait && !told.missing.empty()) {
    search(told, active);
    searched_ = std::move(told.missing);
    std::ranges::sort(searched_);
  }
  if (all) {
    if (ranks_.size() > 1) move_to_neighbours(active, nearest);
    tell({}, {}, own_.run(clusters_.own_of(active)), nearest);
  }
}

std::int64_t SharedLinkage::join(Id first, Id second) {
  if (has_grown_[index(second)] != 0) bring_together();
  joins_.push_back({first, second});
  has_grown_[index(first)] = 1;
  clusters_.join(first, second);
  note_join(first, second);
  return clusters_.size(first);
}

void SharedLinkage::note_join(Id first, Id second) {
  NearCluster& next = runner_up_[index(first)];
  const NearCluster& other = runner_up_[index(second)];
  if (next.id < 0 || (other.id >= 0 && other.at_least < next.at_least)) next = other;
  if (next.id >= 0) next.id = clusters_.find(next.id);
}

/// All ranks know the nearest two of each cluster, and come to the same homes.
void SharedLinkage::move_to_neighbours(std::span<const Id> active,
                                       std::span<const Nearest> nearest) {
  std::vector<Bond> bonds;
  for (const Id id : active) {
    const auto& [height, other] = nearest[index(id)];
    if (other >= 0) bonds.push_back({static_cast<float>(height), id, other});
    const auto& [next, at_least] = runner_up_[index(id)];
    if (next >= 0) bonds.push_back({at_least, id, next});
  }
  const std::vector<Id> all = clusters_.clusters();
  Homes homes = clusters_.homes();
  homes.move_to(all, homes_by_bonds(all, clusters_.sizes(), std::move(bonds), ranks_.size()));
  lists_.move_to(homes, all);
}

/// What follows from the nearest that were found.
std::vector<Merge> SharedLinkage::join_own(std::span<const OwnQuery> queries) {
  std::vector<Id> found;
  for (const OwnQuery& query : queries) {
    if (query.is_found && query.nearest.id >= 0) found.push_back(query.id);
  }
  return own_.run(std::move(found));
}

void SharedLinkage::hear_joins(int rank, MessageReader& message) {
  for (auto left = message.get<std::size_t>(); left > 0; --left) {
    joined_.push_back(message.get<Merge>());
    const auto first = static_cast<Id>(joined_.back().first);
    const auto second = static_cast<Id>(joined_.back().second);
    if (rank != ranks_.rank()) clusters_.join(first, second);
    note_join(first, second);
  }
}

/// What is known of the second of each two goes to the rank of the first.
void SharedLinkage::bring_together() {
  constexpr std::size_t kAtOnce = 8192;
  for (std::size_t begin = 0; begin < joins_.size(); begin += kAtOnce) {
    bring_together(std::span(joins_).subspan(begin, std::min(kAtOnce, joins_.size() - begin)));
  }
  for (const Join& join : joins_) has_grown_[index(join.first)] = 0;
  joins_.clear();
}

void SharedLinkage::bring_together(std::span<const Join> joins) {
  Messages messages(index(ranks_.size()));
  for (const Join& join : joins) {
    if (!is_own(join.second) || is_own(join.first)) continue;
    put_whole(lists_.give_away(join.second), messages[index(owner(join.first))]);
  }
  const bool any_moves = std::ranges::any_of(
      joins, [this](const Join& join) { return owner(join.first) != owner(join.second); });
  // All ranks see the same joins, so that all of them exchange or none does.
  std::vector<Bytes> arrived(messages.size());
  if (any_moves) arrived = exchange(ranks_, messages);
  std::vector<MessageReader> readers(arrived.begin(), arrived.end());
  for (const Join& join : joins) {
    const bool first_is_own = is_own(join.first);
    const bool second_is_own = is_own(join.second);
    if (first_is_own && second_is_own) {
      lists_.join(join.first, join.second);
    } else if (first_is_own) {
      lists_.take(join.first, get_whole(readers[index(owner(join.second))], clusters_.dimension()));
    }
    if (first_is_own || second_is_own) search_.join(join.first, join.second);
  }
}

void SharedLinkage::set_lists(std::span<const Id> own, const std::vector<NearFew>& best) {
  for (std::size_t i = 0; i < own.size(); ++i) {
    std::vector<NearCandidate> candidates(best[i].candidates().begin(), best[i].candidates().end());
    std::ranges::sort(candidates);
    std::vector<NearCluster> list;
    for (const NearCandidate& candidate : candidates) {
      const double least = at_least(candidate, search_.margin());
      if (least <= reach_) list.push_back({candidate.id, rounded_down(least)});
    }
    lists_.set(own[i], std::move(list),
               best[i].is_full() ? 2 * static_cast<double>(best[i].half_reach()) - search_.margin()
                                 : kInfinity);
  }
}

void SharedLinkage::find_hidden(std::span<const Id> hidden, std::span<const Id> active,
                                std::span<Nearest> nearest) {
  std::vector<OwnQuery> own = own_queries(hidden);
  search_in_double(own, active);
  tell(hidden, own, {}, nearest);
}

/// Makes new lists, also for those of the companions whose lists look used up as well.
void SharedLinkage::search(const Told& told, std::span<const Id> active) {
  std::vector<Id> ids;
  std::ranges::copy_if(told.missing, std::back_inserter(ids), [this](Id id) { return is_own(id); });
  std::ranges::copy_if(told.companions, std::back_inserter(ids), [this](Id id) {
    return is_own(id) && clusters_.is_cluster(id) && lists_.looks_used_up(id);
  });
  set_lists(ids, search_.search(ids, active));
}

/// Near ties at the end of a full list can hide the nearest.
void SharedLinkage::search_in_double(std::span<OwnQuery> queries, std::span<const Id> active) {
  std::vector<Id> ids;
  for (const OwnQuery& query : queries) ids.push_back(query.id);
  const std::vector<MeasuredFew> found = search_.measure(ids, active);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    std::vector<NearCluster> list;
    queries[i].nearest = {};
    for (const auto& [height, id] : found[i].near) {
      list.push_back({id, rounded_down(height)});
      queries[i].nearest.update(height, id);
    }
    lists_.set(ids[i], std::move(list), found[i].bound);
    queries[i].is_found = true;
  }
}

/// The first of the list, as far as distances are known, but for the nearest.
NearCluster SharedLinkage::runner_up_of(const OwnQuery& query) const {
  NearCluster next{-1, std::numeric_limits<float>::infinity()};
  for (const NearCluster& near : lists_.of(query.id)) {
    if (near.id != query.nearest.id && near.at_least < next.at_least) next = near;
  }
  return next;
}

/// A search for a few costs nearly as much as one for some more: see AverageLinkage. Those near to
/// a cluster whose list is used up, as far as this rank knows them.
std::vector<SharedLinkage::Id> SharedLinkage::companions_of(
    std::span<const OwnQuery> queries) const {
  std::vector<Id> hubs, found;
  for (const auto& [id, nearest, is_found] : queries) {
    if (is_found) continue;
    const bool joins_larger =
        nearest.id >= 0 && is_own(nearest.id) && clusters_.size(nearest.id) > clusters_.size(id);
    hubs.push_back(joins_larger ? nearest.id : id);
  }
  if (hubs.size() >= kEnough) return {};
  std::ranges::sort(hubs);
  hubs.erase(std::ranges::unique(hubs).begin(), hubs.end());
  for (const Id hub : hubs) {
    for (const NearCluster& near : lists_.of(hub)) {
      if (found.size() >= kEnough) return found;
      found.push_back(clusters_.find(near.id));
    }
  }
  return found;
}

/// Every rank hears what each has found and joined of its own.
SharedLinkage::Told SharedLinkage::tell(std::span<const Id> asked, std::span<const OwnQuery> own,
                                        std::span<const Merge> joined, std::span<Nearest> nearest) {
  Message message;
  message.put(joined.size());
  message.put_all(joined);
  for (const OwnQuery& query : own) {
    message.put(query.nearest.height);
    message.put(query.nearest.id);
    message.put(query.is_found);
    message.put(runner_up_of(query));
  }
  message.put_all(std::span<const Id>(companions_of(own)));
  const auto arrived = ranks_.exchange(std::vector<Bytes>(index(ranks_.size()), message.take()));
  std::vector<MessageReader> readers(arrived.begin(), arrived.end());
  Told told;
  for (int rank = 0; rank < ranks_.size(); ++rank) hear_joins(rank, readers[index(rank)]);
  for (const Id id : asked) {
    MessageReader& reader = readers[index(owner(id))];
    const auto height = reader.get<double>();
    const auto other = reader.get<Id>();
    nearest[index(id)] = {height, other};
    if (!reader.get<bool>()) told.missing.push_back(id);
    runner_up_[index(id)] = reader.get<NearCluster>();
  }
  if (told.missing.size() >= kEnough) return told;
  for (MessageReader& reader : readers) {
    while (!reader.at_end()) told.companions.push_back(reader.get<Id>());
  }
  std::ranges::sort(told.companions);
  const auto again = std::ranges::unique(told.companions);
  told.companions.erase(again.begin(), again.end());
  std::erase_if(told.companions, [&](Id id) { return contains(told.missing, id); });
  return told;
}

}  // namespace facenet
