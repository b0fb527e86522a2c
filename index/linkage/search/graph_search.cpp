#include "index/linkage/search/graph_search.h"

#include <algorithm>

#include "index/parallel.h"

namespace facenet {

GraphSearch::GraphSearch(const ClusterSet& clusters, double reach, int threads, NearGraph graph)
    : clusters_(clusters),
      reach_(reach),
      threads_(threads),
      neighbours_(std::move(graph.offsets), std::move(graph.neighbours)) {
  // Points that are together already have joined before the lists were there.
  for (Id i = 0; i < clusters.count(); ++i) {
    if (!clusters.is_cluster(i)) neighbours_.join(clusters.find(i), i);
  }
}

void GraphSearch::search(std::span<const Id> queries, std::span<const Id> /*among*/,
                         const Take& take) {
  parallel_for_pieces(std::ssize(queries), 16, threads_, [&](std::int64_t begin, std::int64_t end) {
    for (; begin < end; ++begin) search(queries[static_cast<std::size_t>(begin)], take);
  });
}

void GraphSearch::search(Id query, const Take& take) {
  thread_local std::vector<Id> names;
  neighbours_.read(query, names);
  for (Id& name : names) name = clusters_.find(name);
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  std::erase_if(names,
                [&](Id other) { return other == query || !clusters_.may_join(query, other); });
  neighbours_.write(query, names);
  take_nearest(clusters_, query, names, reach_, take);
}

}  // namespace facenet
