#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/join_rule.h"
#include "people/grouping/clustering_input.h"
#include "people/grouping/late_vectors.h"

namespace facenet {

/// The faces of a catalog in two parts: those that make people, and those that are not
/// recognisable.
struct FaceParts {
  ClusteringInput all;
  std::vector<std::size_t> core_rows, weak_rows;  ///< of `all`, ascending
  ClusteringInput core, weak;                     ///< these rows
};

/// With `apart` false all faces are core, and none is weak.
FaceParts part_faces(ClusteringInput all, bool apart);

/// Puts faces that are not recognisable with the groups of the core that they belong to; returns
/// the groups of all faces.
///
/// A vector that says little is near to many others that say little, so such a face neither makes a
/// group nor changes one: the groups are made without it. Then it joins the nearest of those that
/// the rule for joins (base/join_rule.h) takes it for, if it has faces that are no near-duplicates
/// or somebody has said who it is. The nearest face of a group comes first, so that of two faces of
/// one photo only one can join. What was said to keep faces apart does. A face that joins nobody is
/// a group of its own.
std::vector<std::int32_t> attach_faces(const FaceParts& parts, LateVectors& core_vectors,
                                       LateVectors& weak_vectors,
                                       std::span<const std::int32_t> core_groups,
                                       const JoinConstantsByKind& joins, const Rivals& rivals,
                                       int threads);

}  // namespace facenet
