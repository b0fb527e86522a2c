#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/linkage/constraints.h"

namespace facenet {

/// One join, in the order of joining: clusters are named by their smallest point. What `block` puts
/// together is no join.
struct Merge {
  std::int64_t first, second;  ///< first < second
  double height;               ///< the linkage's distance of the two
  std::int64_t size;           ///< points of the joined cluster
};

/// Flat clusters, and the joins that made them: the dendrogram below the threshold.
struct Clustering {
  std::vector<std::int32_t> cluster;  ///< of each point; numbered by first appearance, from 0
  std::int32_t clusters = 0;
  std::vector<Merge> merges;
  /// Share of the nearest neighbours that an approximate search found, measured on a sample of the
  /// points; 1 for an exact one.
  double recall = 1;
};

/// Cuts the dendrogram lower: the clustering at a lower `threshold` than the one that made
/// `merges`, without the vectors and in milliseconds: what agglomerate() gives at that threshold,
/// the joins included. `block` is that of the constraints. Throws std::invalid_argument for joins
/// that do not fit `count` points, such as those of another set.
Clustering cut(std::int64_t count, std::span<const std::int64_t> block,
               std::span<const Merge> merges, double threshold);

/// Whether the joins could be those of a clustering of `count` points: each of two clusters that
/// exist by then, of finite height, and allowed.
bool fits(std::int64_t count, const Constraints& constraints, std::span<const Merge> merges);

/// The joins as SciPy's linkage() returns them: count - 1 rows of the two clusters (a number below
/// `count` is a point, count + i the cluster of row i), their distance, and the size of both.
/// Clusters that nothing joins (constraints, an approximate search) come last, at an infinite
/// distance, so that the table is whole and every flat cluster at a finite threshold is right. The
/// joins are of points without blocks.
std::vector<double> scipy_linkage(std::int64_t count, std::span<const Merge> merges);

}  // namespace facenet
