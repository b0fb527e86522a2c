#include "index/distributed/shared_lists.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "index/linkage/search/near_list.h"
#include "index/parallel.h"

namespace facenet {
namespace {

/// Where a distance was not measured, as it cannot be the smallest.
constexpr double kNotMeasured = -1;
/// A cluster that asks how far others are.
struct Visit {
  ReceivedSum sum;
  double smallest;
  std::vector<NearCluster> list;
  std::vector<double> heights;
};

}  // namespace

SharedLists::SharedLists(Ranks& ranks, OwnClusters& clusters, double reach, int threads)
    : ranks_(ranks),
      clusters_(clusters),
      reach_(reach),
      threads_(threads),
      lists_(index(clusters.homes().own_count())),
      bounds_(lists_.size()) {}

void SharedLists::set(Id own, std::vector<NearCluster> list, double bound) {
  lists_[slot(own)] = std::move(list);
  bounds_[slot(own)] = bound;
}

bool SharedLists::looks_used_up(Id own) const {
  const double bound = bounds_[slot(own)];
  if (bound > reach_) return false;
  return std::ranges::none_of(lists_[slot(own)], [&](const NearCluster& near) {
    return clusters_.find(near.id) != own && static_cast<double>(near.at_least) < bound;
  });
}

WholeCluster SharedLists::give_away(Id second) {
  WholeCluster given{clusters_.give_away(second), std::move(lists_[slot(second)]),
                     bounds_[slot(second)]};
  lists_[slot(second)] = {};
  return given;
}

void SharedLists::take(Id first, const WholeCluster& second) {
  auto& list = lists_[slot(first)];
  double& bound = bounds_[slot(first)];
  std::vector<NearCluster> other = second.list, joined;
  rename(clusters_, list);
  rename(clusters_, other);
  bound = join_lists({list, bound, clusters_.own_size(first)},
                     {other, second.bound, second.body.size}, reach_, joined);
  list = std::move(joined);
  clusters_.take(first, second.body);
}

/// A part at a time, so that what is on its way takes little room.
void SharedLists::move_to(const Homes& homes, std::span<const Id> clusters) {
  constexpr std::size_t kAtOnce = 16384;
  std::vector<WholeCluster> moved(index(homes.own_count()));
  for (std::size_t begin = 0; begin < clusters.size(); begin += kAtOnce) {
    const auto part = clusters.subspan(begin, std::min(kAtOnce, clusters.size() - begin));
    Messages messages(index(ranks_.size()));
    for (const Id id : part) {
      if (!clusters_.homes().is_own(id)) continue;
      WholeCluster whole = give_away(id);
      if (homes.is_own(id)) {
        moved[index(homes.slot(id))] = std::move(whole);
      } else {
        put_whole(whole, messages[index(homes.owner(id))]);
      }
    }
    const auto arrived = exchange(ranks_, messages);
    std::vector<MessageReader> readers(arrived.begin(), arrived.end());
    for (const Id id : part) {
      if (!homes.is_own(id) || clusters_.homes().is_own(id)) continue;
      moved[index(homes.slot(id))] =
          get_whole(readers[index(clusters_.homes().owner(id))], clusters_.dimension());
    }
  }
  lists_.assign(moved.size(), {});
  bounds_.assign(moved.size(), 0);
  std::vector<ClusterBody> bodies(moved.size());
  for (std::size_t i = 0; i < moved.size(); ++i) {
    lists_[i] = std::move(moved[i].list);
    bounds_[i] = moved[i].bound;
    bodies[i] = std::move(moved[i].body);
  }
  clusters_.move_to(homes, std::move(bodies));
}

void SharedLists::look(std::span<OwnQuery> queries) {
  const auto most = index(std::max<std::int64_t>(
      64, kBatchBytes / (std::int64_t{8} * clusters_.dimension() * ranks_.size())));
  for (bool more = true; more;) {
    const auto batch = queries.first(std::min(most, queries.size()));
    queries = queries.subspan(batch.size());
    parallel_for_pieces(std::ssize(batch), 64, threads_, [&](std::int64_t i, std::int64_t end) {
      for (; i < end; ++i) look_here(batch[index(i)]);
    });
    more = look_elsewhere(batch, queries.empty());
    for (OwnQuery& query : batch) {
      const double bound = bounds_[slot(query.id)];
      drop_far(bound, reach_, lists_[slot(query.id)]);
      query.is_found = is_nearest_of_all(query.nearest, bound, reach_);
    }
  }
}

Nearest SharedLists::certain_nearest(Id own) {
  OwnQuery query{.id = own};
  look_here(query);
  auto& list = lists_[slot(own)];
  const double bound = bounds_[slot(own)];
  drop_far(bound, reach_, list);
  if (!is_nearest_of_all(query.nearest, bound, reach_)) return {};
  const bool may_be_elsewhere = std::ranges::any_of(list, [&](const NearCluster& near) {
    return !clusters_.homes().is_own(near.id) &&
           static_cast<double>(near.at_least) <= query.nearest.height;
  });
  return may_be_elsewhere ? Nearest{} : query.nearest;
}

/// Measures those of the list that are at this rank.
void SharedLists::look_here(OwnQuery& query) {
  auto& list = lists_[slot(query.id)];
  update_names(clusters_, query.id, list);
  query.nearest = {};
  std::vector<double> scratch, other_scratch;
  const ClusterSum sum = clusters_.sum(query.id, scratch);
  for (NearCluster& near : list) {
    if (static_cast<double>(near.at_least) > query.nearest.height) break;
    if (!clusters_.homes().is_own(near.id)) continue;
    const double height = mean_distance(sum, clusters_.sum(near.id, other_scratch));
    near.at_least = rounded_down(height);
    if (height <= reach_) query.nearest.update(height, near.id);
  }
}

/// Asks the other ranks for the distances of theirs that may be nearer. True when a rank has more
/// queries.
bool SharedLists::look_elsewhere(std::span<OwnQuery> queries, bool is_last) {
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
void SharedLists::ask(const OwnQuery& query, std::size_t q, std::span<std::vector<Asked>> asked,
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
void SharedLists::answer(MessageReader& asked, Message& heights) const {
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

}  // namespace facenet
