#include "index/distributed/agglomerate.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/error.h"
#include "index/distributed/message.h"
#include "index/distributed/own_clusters.h"
#include "index/distributed/shared_duplicates.h"
#include "index/distributed/shared_linkage.h"
#include "index/linkage/rounds.h"
#include "index/neighbours.h"

namespace facenet {
namespace {

/// The largest squared norm of the own points.
double check_points(const Deal& deal, int dimension, std::span<const float> rows) {
  if (deal.count() > std::numeric_limits<std::int32_t>::max()) {
    fail("{} vectors are more than can be clustered at once; split them", deal.count());
  }
  if (std::ssize(rows) != deal.own_count() * dimension) {
    throw std::invalid_argument("agglomerate: the rows are not those of the own points");
  }
  double largest = 0;
  deal.for_own_runs([&](std::int64_t point, std::int64_t end) {
    for (; point < end; ++point) {
      const std::int64_t begin = deal.slot(point) * dimension;
      largest = std::max(largest, check_point(rows.subspan(static_cast<std::size_t>(begin),
                                                           static_cast<std::size_t>(dimension)),
                                              point));
    }
  });
  return largest;
}

/// Of all ranks.
double largest_of(Ranks& ranks, double own) {
  Message message;
  message.put(own);
  for (const Bytes& bytes :
       ranks.exchange(std::vector<Bytes>(static_cast<std::size_t>(ranks.size()), message.take()))) {
    own = std::max(own, MessageReader(bytes).get<double>());
  }
  return own;
}

/// Joins that an earlier attempt has found, in their order.
void repeat(std::span<const Merge> done, const OwnClusters& clusters, SharedLinkage& linkage) {
  for (const auto& [first, second, height, size] : done) {
    const auto a = static_cast<OwnClusters::Id>(first), b = static_cast<OwnClusters::Id>(second);
    const bool fits = 0 <= first && first < second && second < clusters.count() &&
                      clusters.is_cluster(a) && clusters.is_cluster(b) && clusters.may_join(a, b);
    if (!fits) throw std::invalid_argument("agglomerate: joins of other points");
    linkage.join(a, b);
  }
}

}  // namespace

Clustering agglomerate(Ranks& ranks, const Deal& deal, int dimension, std::vector<float> rows,
                       const Constraints& constraints, const AgglomerateOptions& options,
                       std::span<const Merge> done, const EachRound& each_round) {
  options.validate();
  if (options.linkage != Linkage::kAverage || options.approximate ||
      options.method == Method::kRangeGraph) {
    fail<UsageError>("several processes group by exact average linkage only");
  }
  const double largest = largest_of(ranks, check_points(deal, dimension, rows));
  OwnClusters clusters(deal, dimension, std::move(rows), constraints);
  SharedLinkage linkage(ranks, clusters, options, largest);
  DisjointSets::join_blocks(constraints.block,
                            [&](auto first, auto second) { linkage.join(first, second); });
  Clustering result;
  if (done.empty()) {
    linkage.bring_together();
    join_duplicates(ranks, clusters, linkage, result.merges);
  } else {
    result.merges.assign(done.begin(), done.end());
    repeat(done, clusters, linkage);
  }
  result.merges = join_reciprocal_nearest(linkage, clusters.clusters(), clusters.count(),
                                          options.threshold, std::move(result.merges),
                                          ranks.rank() == 0 ? each_round : EachRound());
  result.merges = in_greedy_order(std::move(result.merges), clusters.count());
  clusters.number(result);
  return result;
}

}  // namespace facenet
