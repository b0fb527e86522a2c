#include "index/linkage/search/cluster_search.h"

#include <algorithm>
#include <limits>

#include "index/linkage/search/mutual_search.h"
#include "index/matrix_product.h"
#include "index/parallel.h"
#include "index/points.h"

namespace facenet {
ClusterSearch::ClusterSearch(const ClusterSet& clusters, double reach, int threads,
                             double largest_norm)
    : clusters_(clusters),
      reach_(reach),
      threads_(threads),
      largest_norm_(largest_norm),
      means_(clusters, reach, threads, largest_norm) {}

void ClusterSearch::search(std::span<const Id> queries, std::span<const Id> among,
                           const Take& take) {
  if (means_.ids().empty() && queries.size() == among.size()) return search_all(among, take);
  search_some(queries, among, take);
}

std::vector<std::vector<ClusterSearch::Id>> ClusterSearch::near(std::span<const Id> queries,
                                                                std::span<const Id> among) {
  means_.refresh(among);
  return means_.near(MeanBlock(clusters_, queries));
}

void ClusterSearch::search_some(std::span<const Id> queries, std::span<const Id> among,
                                const Take& take) {
  means_.refresh(among);
  means_.search(
      tiles_of(queries), [&](std::int64_t b) { return MeanBlock(clusters_, tile_of(queries, b)); },
      [&](std::int64_t, const MeanBlock& block, std::span<const NearFew> best) {
        for (std::size_t i = 0; i < best.size(); ++i) {
          measure(block.ids[i], best[i], means_.ids(), take);
        }
      });
}

void ClusterSearch::search_all(std::span<const Id> clusters, const Take& take) const {
  MutualSide side(std::ssize(clusters), means_.half_reach(),
                  [&](std::int64_t t) { return MeanBlock(clusters_, tile_of(clusters, t)); });
  MutualSearch(clusters_, threads_, largest_norm_).within(side);
  parallel_for_pieces(
      std::ssize(clusters), 64, threads_, [&](std::int64_t begin, std::int64_t end) {
        for (; begin < end; ++begin) {
          measure(clusters[index(begin)], side.best()[index(begin)], clusters, take);
        }
      });
}

/// The nearest of the list in double. Near ties at the end of a full list can hide it.
void ClusterSearch::measure(Id query, const NearFew& best, std::span<const Id> among,
                            const Take& take) const {
  Found found;
  const double margin = means_.margin();
  found.bound = best.is_full() ? 2 * static_cast<double>(best.half_reach()) - margin
                               : std::numeric_limits<double>::infinity();
  std::vector<NearCandidate> candidates(best.candidates().begin(), best.candidates().end());
  std::ranges::sort(candidates);
  std::vector<NearCluster> list;
  ClusterSet::Probe probe(clusters_, query);
  for (const NearCandidate& candidate : candidates) {
    double height = at_least(candidate, margin);
    if (height <= found.nearest.height) {
      height = probe.distance_to(candidate.id);
      if (height <= reach_) found.nearest.update(height, candidate.id);
    }
    if (height <= reach_) list.push_back({candidate.id, rounded_down(height)});
  }
  if (best.is_full() && found.bound <= reach_ && found.nearest.height >= found.bound) {
    return take_nearest(clusters_, query, among, reach_, take);
  }
  found.list = list;
  take(query, found);
}

}  // namespace facenet
