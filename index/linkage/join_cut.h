#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/join_rule.h"
#include "index/linkage/merge_tree.h"

namespace facenet {

/// Whether two points are of one shot.
using ShotRelation = std::function<bool(std::int64_t, std::int64_t)>;

/// What the cut knows of the points.
struct JoinCutInput {
  /// Of the constraints that the joins were made under; empty: none.
  std::span<const std::int64_t> block;
  /// One a point: the point alone. The first point of a block stands for all of the block, and the
  /// entries of its other points do not count.
  std::span<const FaceGroup> groups;
  JoinConstantsByKind joins;
  /// Empty: only near-duplicates are (JoinConstants::burst()). A shot that both sides of a join
  /// have is one of the two together, where it is among the first 32 of each.
  ShotRelation is_one_shot = {};
};

struct JoinCut {
  Clustering clustering;
  Rivals rivals;  ///< that the joins were judged by: the groups that came out
};

/// Cuts the dendrogram of average linkage where weigh_join() says so, at another height in every
/// branch: the groups are the largest subtrees that are accepted. A join is accepted if it passes
/// and the larger of its two sides is accepted (both, where they are as large; a side with a block
/// always: what a person said is judged first, and is not swallowed with a heap that is nobody). So
/// a few faces that join a group early, for want of anybody nearer, do not tear it apart.
///
/// How many groups there are decides which joins pass, and the other way round: it is found by
/// iteration, from every point alone on. Few rounds are seen; a result that does not settle is that
/// of the last one.
///
/// `merges` are joins up to the farthest distance of the constants or beyond. Throws
/// std::invalid_argument for joins that do not fit the points.
JoinCut cut_by_join_rule(const JoinCutInput& input, std::span<const Merge> merges);

/// The first point of each shot, where a point that is of one shot with such a one is of its shot.
/// No more than 32: a larger number says nothing else.
std::vector<std::int64_t> first_of_shots(std::span<const std::int64_t> points,
                                         const ShotRelation& is_one_shot);

}  // namespace facenet
