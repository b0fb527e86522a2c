#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace facenet {

/// n points of `dimension` floats each, row by row.
struct Points {
  std::span<const float> values;
  std::int64_t count = 0;
  int dimension = 0;

  std::span<const float> row(std::int64_t i) const {
    return values.subspan(static_cast<std::size_t>(i) * static_cast<std::size_t>(dimension),
                          static_cast<std::size_t>(dimension));
  }
};

/// What may not be, or must be, together. Each span is empty (no such constraint) or has one entry
/// a point; -1 means "none".
struct Constraints {
  /// Two points of one photo never share a cluster, unless a `block` puts them together.
  std::span<const std::int64_t> photo;
  /// Points of one block are together from the start, whatever the other two say; a block then
  /// holds all photos of its points, and one of several labels differs from every label.
  std::span<const std::int64_t> block;
  /// Clusters that hold different labels never join.
  std::span<const std::int64_t> label;
};

struct AgglomerateOptions {
  double threshold = 1.0;  ///< clusters join while their mean squared distance is at most this
  int threads = 1;

  /// Throws UsageError.
  void validate() const;
};

/// One join, in the order of joining: clusters are named by their smallest point. What `block` puts
/// together is no join.
struct Merge {
  std::int64_t first, second;  ///< first < second
  double height;               ///< mean squared distance over all pairs
  std::int64_t size;           ///< of the joined cluster
};

struct Clustering {
  std::vector<std::int32_t> cluster;  ///< of each point; numbered by first appearance, from 0
  std::int32_t clusters = 0;
  std::vector<Merge> merges;
};

/// Average linkage (UPGMA) on squared Euclidean distances, cut at `threshold`: exactly the flat
/// clusters of the full distance matrix, without the matrix. A join at height <= t needs a pair at
/// distance <= t, so only the graph of such pairs is searched, while heights come from the
/// clusters' sums: D(A, B) = Q_A/|A| + Q_B/|B| - 2<s_A, s_B>/(|A||B|) with Q the sum of squared
/// norms, in a form that does not cancel. Joins happen in order of (height, smaller first, smaller
/// second), heights in double from the same expression for both orders, so the result does not
/// depend on threads. Cannot-link is D = infinity.
///
/// Takes memory for the vectors and for the pairs within `threshold` (about 60 bytes a pair, at the
/// peak). Throws UsageError for options that make no sense, Error for a vector that is not finite,
/// std::invalid_argument for spans of the wrong size.
Clustering average_linkage(const Points& points, const Constraints& constraints,
                           const AgglomerateOptions& options);

}  // namespace facenet
