#include "index/linkage/complete_linkage.h"

#include <algorithm>

#include "index/parallel.h"

namespace facenet {

CompleteLinkage::CompleteLinkage(ClusterSet& clusters, int threads, const std::vector<Pair>& pairs,
                                 const std::vector<bool>& out)
    : clusters_(clusters),
      threads_(threads),
      lists_(make_lists(clusters.count(), pairs)),
      points_(static_cast<std::size_t>(clusters.count()), 0) {
  for (Id i = 0; i < clusters.count(); ++i) {
    const Id cluster = clusters.find(i);
    if (cluster != i) lists_.join(cluster, i);
    if (!out[index(i)]) ++points_[index(cluster)];
  }
}

Chains<CompleteLinkage::Link> CompleteLinkage::make_lists(std::int64_t count,
                                                          const std::vector<Pair>& pairs) {
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(count) + 1, 0);
  for (const Pair& pair : pairs) {
    ++offsets[static_cast<std::size_t>(pair.first) + 1];
    ++offsets[static_cast<std::size_t>(pair.second) + 1];
  }
  for (std::size_t i = 1; i < offsets.size(); ++i) offsets[i] += offsets[i - 1];
  std::vector<std::int64_t> end(offsets.begin(), offsets.end() - 1);
  std::vector<Link> links(2 * pairs.size());
  for (const auto& [first, second, distance] : pairs) {
    const auto add = [&](std::int64_t owner, std::int64_t other) {
      links[static_cast<std::size_t>(end[static_cast<std::size_t>(owner)]++)] = {
          distance, static_cast<Id>(other), 1};
    };
    add(first, second);
    add(second, first);
  }
  return {std::move(offsets), std::move(links)};
}

void CompleteLinkage::find_nearest(std::span<const Id> queries, std::span<const Id> /*active*/,
                                   bool /*may_wait*/, std::span<Nearest> nearest) {
  parallel_for_pieces(std::ssize(queries), 16, threads_, [&](std::int64_t begin, std::int64_t end) {
    for (const Id query :
         queries.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin))) {
      nearest[index(query)] = find_nearest(query);
    }
  });
}

/// Also brings the list up to date: one link a cluster, none that misses pairs, which lie beyond
/// the threshold for good.
Nearest CompleteLinkage::find_nearest(Id cluster) {
  thread_local std::vector<Link> links;
  lists_.read(cluster, links);
  for (Link& link : links) link.other = clusters_.find(link.other);
  std::ranges::sort(links, {}, &Link::other);

  Nearest nearest;
  auto kept = links.begin();
  for (auto link = links.begin(); link != links.end();) {
    Link whole = *link;
    for (++link; link != links.end() && link->other == whole.other; ++link) {
      whole.farthest = std::max(whole.farthest, link->farthest);
      whole.pairs += link->pairs;
    }
    if (whole.other == cluster || !clusters_.may_join(cluster, whole.other)) continue;
    if (whole.pairs != points_[index(cluster)] * points_[index(whole.other)]) continue;
    nearest.update(whole.farthest, whole.other);
    *kept++ = whole;
  }
  lists_.write(cluster, std::span(links.begin(), kept));
  return nearest;
}

std::int64_t CompleteLinkage::join(Id first, Id second) {
  clusters_.join(first, second);
  lists_.join(first, second);
  points_[index(first)] += points_[index(second)];
  return clusters_.size(first);
}

}  // namespace facenet
