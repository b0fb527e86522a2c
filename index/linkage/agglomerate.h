#pragma once

#include <cstddef>

#include "index/linkage/constraints.h"
#include "index/linkage/merge_tree.h"
#include "index/points.h"

namespace facenet {

/// The distance of two clusters: the mean, the largest or the smallest squared Euclidean distance
/// over the pairs of the two.
enum class Linkage { kAverage, kComplete, kSingle };

/// How the clusters to join are found; the result is the same. kRangeGraph keeps every pair of
/// points within the threshold; kMatrixFree (average linkage only) keeps a few near clusters of
/// each and searches again when these are used up: right where near pairs are too many to keep.
enum class Method { kAutomatic, kRangeGraph, kMatrixFree };

struct AgglomerateOptions {
  double threshold = 1.0;  ///< clusters join while their distance is at most this
  int threads = 1;
  Linkage linkage = Linkage::kAverage;
  Method method = Method::kAutomatic;
  /// Bytes that the pairs of the range graph may take before kAutomatic, which predicts their
  /// number from a sample of the points, takes the other form.
  std::size_t memory = std::size_t{1} << 30;
  /// Average linkage over a graph of the nearest few points of each, found by an approximate search
  /// whose recall `Clustering::recall` gives, and then over all clusters that this leaves. Heights
  /// are still means over all pairs. In place of a method.
  bool approximate = false;

  /// Throws UsageError.
  void validate() const;
};

/// Agglomerative clustering, cut at `threshold`: exactly the flat clusters and joins of the full
/// distance matrix, without the matrix. A join at height <= t needs a pair at distance <= t, so
/// only the graph of such pairs is searched, while the heights of average linkage (UPGMA), which
/// the Lance-Williams formula would bring up to date in that matrix, come from the clusters' sums:
/// with s the sum of a cluster's vectors and S its scatter, D(A, B) = |s_A/|A| - s_B/|B||^2 +
/// S_A/|A|^2 + S_B/|B|^2, in which nothing cancels. Joins happen in order of (height, smaller
/// first, smaller second), heights in double from the same expression for both orders, so the
/// result does not depend on threads. Cannot-link is D = infinity. Single linkage joins in order of
/// the pairs (distance, smaller point, larger point).
///
/// Beside the vectors it takes some 600 bytes a point, the sums of clusters of five and more, and
/// with the range graph 12 bytes a pair (complete linkage 56), or with the matrix-free form the
/// means of the clusters in single precision, at most as much as the vectors. An approximate
/// clustering may depend on the order of the points, but not on threads.
///
/// Throws UsageError for options that make no sense, Error for a vector that is not finite,
/// std::invalid_argument for spans of the wrong size.
Clustering agglomerate(const Points& points, const Constraints& constraints,
                       const AgglomerateOptions& options);

}  // namespace facenet
