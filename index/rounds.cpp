#include "index/rounds.h"

#include <functional>
#include <queue>
#include <tuple>

namespace facenet {
namespace {

using Id = Linkable::Id;

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

}  // namespace

std::vector<Merge> join_reciprocal_nearest(Linkable& linkable, std::vector<Id> clusters,
                                           std::int64_t count, double threshold) {
  std::vector<Nearest> nearest(index(count));
  std::vector<bool> joined(index(count));  // in this round, or into another cluster
  std::vector<Merge> merges;
  std::vector<Id> active = std::move(clusters);
  std::vector<Id> searching = active;
  while (!searching.empty()) {
    linkable.find_nearest(searching, active, nearest);

    // Of two that have found each other just now, each is in `searching`.
    const std::size_t joins_before = merges.size();
    for (const Id cluster : searching) {
      const auto [height, other] = nearest[index(cluster)];
      if (other < 0 || nearest[index(other)].id != cluster || joined[index(cluster)]) continue;
      if (height > threshold) continue;
      joined[index(cluster)] = joined[index(other)] = true;
      const auto [first, second] = std::minmax(cluster, other);
      merges.push_back({first, second, height, linkable.join(first, second)});
    }

    searching.clear();
    std::erase_if(active, [&](Id cluster) {
      const Id other = nearest[index(cluster)].id;
      if (other < 0 || (joined[index(cluster)] && other < cluster)) return true;
      if (joined[index(cluster)] || joined[index(other)]) searching.push_back(cluster);
      return false;
    });
    for (std::size_t i = joins_before; i < merges.size(); ++i) {
      joined[index(merges[i].first)] = false;
      joined[index(merges[i].second)] = false;
    }
  }
  return merges;
}

std::vector<Merge> in_greedy_order(std::vector<Merge> merges, std::int64_t count) {
  constexpr std::int32_t kNone = -1;
  std::vector<std::int32_t> maker(index(count), kNone);  // the join that made a cluster
  std::vector<std::int32_t> user(merges.size(), kNone);  // the join that a join's cluster goes to
  std::vector<std::int8_t> missing(merges.size(), 0);    // parts of a join that do not exist yet

  const auto later = [&merges](std::int32_t a, std::int32_t b) {
    const auto key = [](const Merge& m) { return std::tie(m.height, m.first, m.second); };
    return key(merges[index(a)]) > key(merges[index(b)]);
  };
  std::priority_queue<std::int32_t, std::vector<std::int32_t>, decltype(later)> ready(later);
  for (std::int32_t i = 0; i < std::ssize(merges); ++i) {
    for (const std::int64_t part : {merges[index(i)].first, merges[index(i)].second}) {
      const std::int32_t made_by = maker[index(part)];
      if (made_by == kNone) continue;
      user[index(made_by)] = i;
      ++missing[index(i)];
    }
    maker[index(merges[index(i)].first)] = i;
    if (missing[index(i)] == 0) ready.push(i);
  }

  std::vector<Merge> ordered;
  ordered.reserve(merges.size());
  while (!ready.empty()) {
    const std::int32_t next = ready.top();
    ready.pop();
    ordered.push_back(merges[index(next)]);
    const std::int32_t then = user[index(next)];
    if (then != kNone && --missing[index(then)] == 0) ready.push(then);
  }
  return ordered;
}

}  // namespace facenet
