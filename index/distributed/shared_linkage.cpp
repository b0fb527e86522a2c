#include "index/distributed/shared_linkage.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "index/distributed/message.h"
#include "index/parallel.h"

namespace facenet {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Where a distance was not measured, as it cannot be the smallest.
constexpr double kNotMeasured = -1;
/// Queries of one search, beyond which others need not come along.
constexpr std::size_t kEnough = 64;

}  // namespace

SharedLinkage::SharedLinkage(Ranks& ranks, OwnClusters& clusters, double reach, int threads,
                             double largest_norm)
    : ranks_(ranks),
      clusters_(clusters),
      reach_(reach),
      threads_(threads),
      search_(ranks, clusters, reach, threads, largest_norm),
      runner_up_(index(clusters.count()), {-1, std::numeric_limits<float>::infinity()}),
      has_grown_(runner_up_.size()),
      lists_(index(clusters.deal().own_count())),
      bounds_(lists_.size()) {}

std::vector<SharedLinkage::Query> SharedLinkage::own_queries(std::span<const Id> ids) const {
  std::vector<Query> own;
  for (const Id id : ids) {
    if (clusters_.deal().is_own(id)) own.push_back({.id = id});
  }
  return own;
}

void SharedLinkage::find_nearest(std::span<const Id> queries, std::span<const Id> active,
                                 std::span<Nearest> nearest) {
  bring_together();
  std::vector<Query> own = own_queries(queries);
  const bool all = std::exchange(is_first_, false) && queries.size() == active.size();
  if (all) {
    const std::vector<Id> ids = clusters_.own_of(active);
    take_found(ids, search_.search_all(ids));
  }
  std::vector<Id> companions;
  look_in_lists(own);
  std::vector<Id> missing = tell(queries, own, nearest, companions);
  if (missing.empty()) return;
  if (!all) {
    own = own_queries(missing);
    search(own, companions, active);
    missing = tell(missing, own, nearest, companions);
    if (missing.empty()) return;
  }
  own = own_queries(missing);
  search_in_double(own, active);
  tell(missing, own, nearest, companions);
}

std::int64_t SharedLinkage::join(Id first, Id second) {
  if (has_grown_[index(second)] != 0) bring_together();
  joins_.push_back({first, second, clusters_.size(first), clusters_.size(second)});
  has_grown_[index(first)] = 1;
  clusters_.join(first, second);
  NearCluster& next = runner_up_[index(first)];
  const NearCluster& other = runner_up_[index(second)];
  if (next.id < 0 || (other.id >= 0 && other.at_least < next.at_least)) next = other;
  if (next.id >= 0) next.id = clusters_.find(next.id);
  return clusters_.size(first);
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
    if (clusters_.deal().is_own(join.second)) give(join, messages[index(owner(join.first))]);
  }
  const bool any_moves = std::ranges::any_of(
      joins, [this](const Join& join) { return owner(join.first) != owner(join.second); });
  // All ranks see the same joins, so that all of them exchange or none does.
  std::vector<Bytes> arrived(messages.size());
  if (any_moves) {
    arrived = exchange(ranks_, messages);
  } else {
    arrived[index(ranks_.rank())] = messages[index(ranks_.rank())].take();
  }
  std::vector<MessageReader> readers(arrived.begin(), arrived.end());
  for (const Join& join : joins) {
    const bool is_own = clusters_.deal().is_own(join.first);
    if (is_own) take(join, readers[index(owner(join.second))]);
    if (is_own || clusters_.deal().is_own(join.second)) search_.join(join.first, join.second);
  }
}

void SharedLinkage::give(const Join& join, Message& message) {
  clusters_.give(join.second, join.second_size, message);
  const std::size_t own = slot(join.second);
  message.put(bounds_[own]);
  message.put(lists_[own].size());
  message.put_all(std::span<const NearCluster>(lists_[own]));
  std::vector<NearCluster>().swap(lists_[own]);
}

void SharedLinkage::take(const Join& join, MessageReader& message) {
  clusters_.take(join.first, join.first_size, join.second_size, message);
  const std::size_t own = slot(join.first);
  const auto bound = message.get<NearBound>();
  bounds_[own] = bound_of_both(bounds_[own], join.first_size, bound, join.second_size, reach_);
  auto& list = lists_[own];
  const std::size_t before = list.size();
  list.resize(before + message.get<std::size_t>());
  message.get_all(std::span(list).subspan(before));
}

/// Also brings the lists up to date. Finds no nearest where a cluster that is not in the list may
/// be nearer.
void SharedLinkage::look_in_lists(std::span<Query> queries) {
  const auto most = index(std::max<std::int64_t>(
      64, kBatchBytes / (std::int64_t{8} * clusters_.dimension() * ranks_.size())));
  for (bool more = true; more;) {
    const auto batch = queries.first(std::min(most, queries.size()));
    queries = queries.subspan(batch.size());
    parallel_for_pieces(std::ssize(batch), 64, threads_, [&](std::int64_t i, std::int64_t end) {
      for (; i < end; ++i) look_in_own(batch[index(i)]);
    });
    more = look_in_others(batch, queries.empty());
    for (Query& query : batch) {
      NearBound& bound = bounds_[slot(query.id)];
      drop_far(bound, reach_, lists_[slot(query.id)]);
      bound.of_parts = kInfinity;
      query.is_found = is_nearest_of_all(query.nearest, bound, reach_);
    }
  }
}

/// Measures those of the list that are at this rank.
void SharedLinkage::look_in_own(Query& query) {
  auto& list = lists_[slot(query.id)];
  update_names(clusters_, query.id, bounds_[slot(query.id)], list);
  query.nearest = {};
  std::vector<double> scratch, other_scratch;
  const ClusterSum sum = clusters_.sum(query.id, scratch);
  for (NearCluster& near : list) {
    if (static_cast<double>(near.at_least) > query.nearest.height) break;
    if (!clusters_.deal().is_own(near.id)) continue;
    const double height = mean_distance(sum, clusters_.sum(near.id, other_scratch));
    near.at_least = rounded_down(height);
    if (height <= reach_) query.nearest.update(height, near.id);
  }
}

/// Asks the other ranks for the distances of theirs that may be nearer. True when a rank has more
/// queries.
bool SharedLinkage::look_in_others(std::span<Query> queries, bool is_last) {
  Messages messages(index(ranks_.size()));
  for (Message& message : messages) message.put(is_last);
  std::vector<std::vector<Asked>> asked(messages.size());
  for (std::size_t q = 0; q < queries.size(); ++q) ask(queries[q], q, asked, messages);
  const auto arrived = exchange(ranks_, messages);
  bool more = false;
  for (std::size_t r = 0; r < arrived.size(); ++r) {
    MessageReader message(arrived[r]);
    more |= !message.get<bool>();
    answer(message, messages[r]);
  }
  const auto answers = exchange(ranks_, messages);
  for (std::size_t r = 0; r < answers.size(); ++r) {
    MessageReader heights(answers[r]);
    for (const auto& [q, place] : asked[r]) {
      const auto height = heights.get<double>();
      if (height == kNotMeasured) continue;
      NearCluster& near = lists_[slot(queries[q].id)][place];
      near.at_least = rounded_down(height);
      if (height <= reach_) queries[q].nearest.update(height, near.id);
    }
  }
  return more;
}

/// Query q, for each rank with clusters that may be nearer than what was found here.
void SharedLinkage::ask(const Query& query, std::size_t q, std::span<std::vector<Asked>> asked,
                        Messages& messages) const {
  const auto& list = lists_[slot(query.id)];
  std::vector<std::size_t> before(asked.size());
  std::ranges::transform(asked, before.begin(), [](const auto& some) { return some.size(); });
  for (std::size_t place = 0; place < list.size(); ++place) {
    if (static_cast<double>(list[place].at_least) > query.nearest.height) continue;
    const int other = owner(list[place].id);
    if (other != ranks_.rank()) asked[index(other)].push_back({q, place});
  }
  std::vector<double> scratch;
  for (std::size_t r = 0; r < asked.size(); ++r) {
    const auto some = std::span(asked[r]).subspan(before[r]);
    if (some.empty()) continue;
    put_sum(clusters_.sum(query.id, scratch), messages[r]);
    messages[r].put(query.nearest.height);
    messages[r].put(some.size());
    for (const Asked& one : some) messages[r].put(list[one.place]);
  }
}

/// The distances that a rank has asked for, but for those that cannot be its query's smallest.
void SharedLinkage::answer(MessageReader& asked, Message& heights) const {
  struct Visit {
    ReceivedSum sum;
    double smallest;
    std::vector<NearCluster> list;
    std::vector<double> heights;
  };
  std::vector<Visit> visits;
  while (!asked.at_end()) {
    ReceivedSum sum(asked, clusters_.dimension());
    const auto smallest = asked.get<double>();
    std::vector<NearCluster> list(asked.get<std::size_t>());
    asked.get_all(std::span(list));
    visits.push_back({std::move(sum), smallest, std::move(list), {}});
  }
  parallel_for_pieces(std::ssize(visits), 64, threads_, [&](std::int64_t i, std::int64_t end) {
    std::vector<double> scratch;
    for (; i < end; ++i) {
      Visit& visit = visits[index(i)];
      for (const NearCluster& near : visit.list) {
        double& height = visit.heights.emplace_back(kNotMeasured);
        if (static_cast<double>(near.at_least) > visit.smallest) continue;
        height = mean_distance(visit.sum.sum(), clusters_.sum(near.id, scratch));
        visit.smallest = std::min(visit.smallest, height);
      }
    }
  });
  for (const Visit& visit : visits) heights.put_all(std::span<const double>(visit.heights));
}

void SharedLinkage::take_found(std::span<const Id> own, const std::vector<NearFew>& best) {
  for (std::size_t i = 0; i < own.size(); ++i) {
    std::vector<NearCandidate> candidates(best[i].candidates().begin(), best[i].candidates().end());
    std::ranges::sort(candidates);
    auto& list = lists_[slot(own[i])];
    list.clear();
    for (const NearCandidate& candidate : candidates) {
      const double least = at_least(candidate, search_.margin());
      if (least <= reach_) list.push_back({candidate.id, rounded_down(least)});
    }
    bounds_[slot(own[i])] = {.bound = best[i].is_full()
                                          ? 2 * static_cast<double>(best[i].half_reach()) -
                                                search_.margin()
                                          : kInfinity};
  }
}

/// Makes new lists, also for those of the companions whose lists are used up as well.
void SharedLinkage::search(std::span<Query> queries, std::span<const Id> companions,
                           std::span<const Id> active) {
  std::vector<Id> ids;
  for (const Query& query : queries) ids.push_back(query.id);
  std::vector<Query> others = own_queries(companions);
  if (!companions.empty()) look_in_lists(others);  // of all ranks, so that all do or none
  for (const Query& other : others) {
    if (!other.is_found) ids.push_back(other.id);
  }
  take_found(ids, search_.search(ids, active));
  look_in_lists(queries);
}

/// Near ties at the end of a full list can hide the nearest.
void SharedLinkage::search_in_double(std::span<Query> queries, std::span<const Id> active) {
  std::vector<Id> ids;
  for (const Query& query : queries) ids.push_back(query.id);
  const std::vector<MeasuredFew> found = search_.measure(ids, active);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    auto& list = lists_[slot(ids[i])];
    list.clear();
    queries[i].nearest = {};
    for (const auto& [height, id] : found[i].near) {
      list.push_back({id, rounded_down(height)});
      queries[i].nearest.update(height, id);
    }
    bounds_[slot(ids[i])] = {.bound = found[i].bound};
    queries[i].is_found = true;
  }
}

/// The first of the list, as far as distances are known, but for the nearest.
NearCluster SharedLinkage::runner_up_of(const Query& query) const {
  NearCluster next{-1, std::numeric_limits<float>::infinity()};
  for (const NearCluster& near : lists_[slot(query.id)]) {
    if (near.id != query.nearest.id && near.at_least < next.at_least) next = near;
  }
  return next;
}

/// A search for a few costs nearly as much as one for some more: see AverageLinkage. Those near to
/// a cluster whose list is used up, as far as this rank knows them.
std::vector<SharedLinkage::Id> SharedLinkage::companions_of(std::span<const Query> queries) const {
  std::vector<Id> hubs, found;
  for (const auto& [id, nearest, is_found] : queries) {
    if (is_found) continue;
    const bool joins_larger = nearest.id >= 0 && clusters_.deal().is_own(nearest.id) &&
                              clusters_.size(nearest.id) > clusters_.size(id);
    hubs.push_back(joins_larger ? nearest.id : id);
  }
  if (hubs.size() >= kEnough) return {};
  std::ranges::sort(hubs);
  hubs.erase(std::ranges::unique(hubs).begin(), hubs.end());
  for (const Id hub : hubs) {
    for (const NearCluster& near : lists_[slot(hub)]) {
      if (found.size() >= kEnough) return found;
      found.push_back(clusters_.find(near.id));
    }
  }
  return found;
}

/// Every rank hears what each has found of its own, and which of all asked are still missing:
/// those it returns.
std::vector<SharedLinkage::Id> SharedLinkage::tell(std::span<const Id> asked,
                                                   std::span<const Query> own,
                                                   std::span<Nearest> nearest,
                                                   std::vector<Id>& companions) {
  Message message;
  for (const Query& query : own) {
    message.put(query.nearest.height);
    message.put(query.nearest.id);
    message.put(query.is_found);
    message.put(runner_up_of(query));
  }
  message.put_all(std::span<const Id>(companions_of(own)));
  const auto told = ranks_.exchange(std::vector<Bytes>(index(ranks_.size()), message.take()));
  std::vector<MessageReader> readers(told.begin(), told.end());
  std::vector<Id> missing;
  for (const Id id : asked) {
    MessageReader& reader = readers[index(owner(id))];
    const auto height = reader.get<double>();
    const auto other = reader.get<Id>();
    nearest[index(id)] = {height, other};
    if (!reader.get<bool>()) missing.push_back(id);
    runner_up_[index(id)] = reader.get<NearCluster>();
  }
  companions.clear();
  if (missing.size() >= kEnough) return missing;
  for (MessageReader& reader : readers) {
    while (!reader.at_end()) companions.push_back(reader.get<Id>());
  }
  std::ranges::sort(companions);
  companions.erase(std::ranges::unique(companions).begin(), companions.end());
  std::erase_if(companions, [&](Id id) { return std::ranges::find(missing, id) != missing.end(); });
  return missing;
}

}  // namespace facenet
