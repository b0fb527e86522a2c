#include "index/linkage/agglomerate.h"

#include <cmath>
#include <memory>

#include "base/error.h"
#include "index/linkage/approximate.h"
#include "index/linkage/average_linkage.h"
#include "index/linkage/cluster_set.h"
#include "index/linkage/complete_linkage.h"
#include "index/linkage/duplicates.h"
#include "index/linkage/rounds.h"
#include "index/linkage/search/cluster_search.h"
#include "index/linkage/search/graph_search.h"
#include "index/linkage/single_linkage.h"
#include "index/neighbours.h"

namespace facenet {
namespace {

/// Whether the graph of near pairs fits the memory, and has so few links that to measure those of a
/// cluster again takes less time than a search among all clusters.
bool is_small_graph(const Points& points, const AgglomerateOptions& options) {
  constexpr double kBytes = 12;
  constexpr double kNeighbours = 64;
  if (points.count <= 1000) return true;
  const double pairs = predicted_pairs(points, options.threshold, options.threads);
  return pairs * kBytes <= static_cast<double>(options.memory) &&
         pairs <= kNeighbours * static_cast<double>(points.count) / 2;
}

std::vector<Merge> join_by_mean(ClusterSet& clusters, std::unique_ptr<NearSource> source,
                                const AgglomerateOptions& options) {
  AverageLinkage linkage(clusters, reach_of(options.threshold), options.threads, std::move(source));
  return join_reciprocal_nearest(linkage, clusters.clusters(), clusters.count(), options.threshold);
}

/// Searches among all clusters.
std::unique_ptr<NearSource> all_clusters(const Points& points, const ClusterSet& clusters,
                                         const AgglomerateOptions& options) {
  return std::make_unique<ClusterSearch>(clusters, reach_of(options.threshold), options.threads,
                                         check_points(points));
}

/// Searches among the neighbours that a graph has.
std::unique_ptr<NearSource> neighbours_in(NearGraph graph, const ClusterSet& clusters,
                                          const AgglomerateOptions& options) {
  return std::make_unique<GraphSearch>(clusters, reach_of(options.threshold), options.threads,
                                       std::move(graph));
}

std::vector<Merge> join_exactly(const Points& points, ClusterSet& clusters,
                                const std::vector<bool>& copies,
                                const AgglomerateOptions& options) {
  const bool over_graph = options.method == Method::kRangeGraph ||
                          (options.method == Method::kAutomatic && is_small_graph(points, options));
  if (!over_graph) return join_by_mean(clusters, all_clusters(points, clusters, options), options);
  auto graph = near_graph(points, reach_of(options.threshold), options.threads, copies);
  return join_by_mean(clusters, neighbours_in(std::move(graph), clusters, options), options);
}

/// Over the neighbours that a quick search finds, and then, as it misses some, over all of what is
/// left: far fewer clusters than there were points.
std::vector<Merge> join_approximately(const Points& points, ClusterSet& clusters,
                                      const std::vector<bool>& copies,
                                      const AgglomerateOptions& options, double& recall) {
  auto found = approximate_graph(points, reach_of(options.threshold), options.threads, copies);
  recall = found.recall;
  auto merges =
      join_by_mean(clusters, neighbours_in(std::move(found.graph), clusters, options), options);
  const auto rest = join_by_mean(clusters, all_clusters(points, clusters, options), options);
  merges.insert(merges.end(), rest.begin(), rest.end());
  return merges;
}

std::vector<Merge> join_by_farthest(const Points& points, ClusterSet& clusters,
                                    const std::vector<bool>& copies,
                                    const AgglomerateOptions& options) {
  std::vector<Pair> pairs;
  for_pairs_within(points, options.threshold, options.threads, [&](std::vector<Pair>&& found) {
    std::erase_if(found, [&](const Pair& pair) {
      return copies[static_cast<std::size_t>(pair.first)] ||
             copies[static_cast<std::size_t>(pair.second)];
    });
    pairs.insert(pairs.end(), found.begin(), found.end());
  });
  CompleteLinkage linkage(clusters, options.threads, pairs, copies);
  std::vector<Pair>().swap(pairs);
  return join_reciprocal_nearest(linkage, clusters.clusters(), points.count, options.threshold);
}

}  // namespace

void AgglomerateOptions::validate() const {
  if (std::isnan(threshold) || threshold < 0) {
    fail<UsageError>("the threshold must be a squared distance of 0 or more, not {}", threshold);
  }
  if (threads < 1) fail<UsageError>("the number of threads must be 1 or more, not {}", threads);
  if (linkage != Linkage::kAverage && method == Method::kMatrixFree) {
    fail<UsageError>("only average linkage has a matrix-free form");
  }
  if (linkage != Linkage::kAverage && approximate) {
    fail<UsageError>("only average linkage can be approximate: the others need every pair");
  }
}

Clustering agglomerate(const Points& points, const Constraints& constraints,
                       const AgglomerateOptions& options) {
  options.validate();
  check_points(points);
  if (options.linkage == Linkage::kSingle) {
    return single_linkage(points, constraints, options.threshold, options.threads);
  }
  ClusterSet clusters(points, constraints);
  DisjointSets::join_blocks(constraints.block,
                            [&](auto first, auto second) { clusters.join(first, second); });
  Clustering result;
  const std::vector<bool> copies = join_duplicates(points, clusters, result.merges);
  const auto merges = [&] {
    if (options.linkage == Linkage::kComplete) {
      return join_by_farthest(points, clusters, copies, options);
    }
    if (options.approximate) {
      return join_approximately(points, clusters, copies, options, result.recall);
    }
    return join_exactly(points, clusters, copies, options);
  }();
  result.merges.insert(result.merges.end(), merges.begin(), merges.end());
  result.merges = in_greedy_order(std::move(result.merges), points.count);
  clusters.number(result);
  return result;
}

}  // namespace facenet
