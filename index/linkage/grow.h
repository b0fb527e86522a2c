#pragma once

#include <cstdint>
#include <span>

#include "index/linkage/agglomerate.h"

namespace facenet {

/// An earlier clustering of most of the points, in their rows of now, which keep the order that
/// they had.
struct EarlierClustering {
  std::span<const Merge> merges;  ///< `first` or `second` is -1 where that point is gone; no sizes
  /// One entry a point, not 0 where it is new or bound by other constraints than before.
  std::span<const std::uint8_t> changed;
};

/// What agglomerate() gives for these points by average linkage, to the last bit, found from the
/// earlier clustering at the same threshold: time depends on what changed.
///
/// A cluster is clean while it is one of the earlier clustering's, and dirty from the join on that
/// makes it differ: a changed point, what joins one, and a cluster whose partner of before is not
/// what it was. Joins are made in the order of agglomerate(); those of two clean clusters are known
/// (were there a nearer partner among the clean ones, the earlier clustering had taken it), so that
/// only the neighbours of dirty clusters are looked for, among all clusters. What is near to a
/// cluster was near to one of its parts: so each search also looks for what is near to those that
/// will probably join a dirty one, before they do.
///
/// Throws as agglomerate() does; std::invalid_argument for another linkage, or spans of the wrong
/// size.
Clustering grow(const Points& points, const Constraints& constraints,
                const EarlierClustering& earlier, const AgglomerateOptions& options);

}  // namespace facenet
