#include "index/distributed/own_linkage.h"

#include <utility>

#include "index/parallel.h"

namespace facenet {

OwnLinkage::OwnLinkage(OwnClusters& clusters, SharedLists& lists, SharedSearch& search,
                       double threshold, int threads)
    : clusters_(clusters),
      lists_(lists),
      search_(search),
      threads_(threads),
      rounds_(*this, clusters.count(), threshold) {}

std::vector<Merge> OwnLinkage::run(std::vector<Id> clusters) {
  rounds_.run(std::move(clusters));
  return rounds_.take();
}

void OwnLinkage::find_nearest(std::span<const Id> queries, std::span<const Id> /*active*/,
                              bool /*may_wait*/, std::span<Nearest> nearest) {
  parallel_for_pieces(std::ssize(queries), 64, threads_, [&](std::int64_t i, std::int64_t end) {
    for (; i < end; ++i) {
      const Id query = queries[index(i)];
      nearest[index(query)] = lists_.certain_nearest(query);
    }
  });
}

std::int64_t OwnLinkage::join(Id first, Id second) {
  clusters_.join(first, second);
  lists_.join(first, second);
  search_.join(first, second);
  return clusters_.size(first);
}

}  // namespace facenet
