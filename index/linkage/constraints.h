#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace facenet {

/// A cannot-link of groups: no point of `left` ever shares a cluster with a point of `right`,
/// whatever either joins: "these two are different people", "this face is not that person". Points
/// are given by their rows; a side may hold thousands.
struct Separation {
  std::vector<std::int64_t> left, right;
};

/// What may not be, or must be, together: cannot-link (photo, label, apart) and must-link (block)
/// constraints (Wagstaff et al. 2001, "Constrained k-means clustering"). The spans other than
/// `apart` are empty (no such constraint) or have one entry a point; -1 means "none".
struct Constraints {
  /// Two points of one photo never share a cluster, unless a `block` puts them together. -1 frees a
  /// point of the rule: a face of a collage, a mirror, a photo of a photo.
  std::span<const std::int64_t> photo = {};
  /// Points of one block are together from the start, whatever the others say: what exists already
  /// wins. A block then holds all photos of its points; one of several labels differs from every
  /// label; one that holds both sides of a separation joins neither.
  std::span<const std::int64_t> block = {};
  /// Clusters that hold different labels never join.
  std::span<const std::int64_t> label = {};
  std::span<const Separation> apart = {};
};

}  // namespace facenet
