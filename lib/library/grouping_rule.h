#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/join_rule.h"
#include "catalog/catalog.h"
#include "index/linkage/join_cut.h"
#include "library/shots.h"
#include "people/grouping/late_vectors.h"
#include "weights/pair_points.h"

namespace facenet {

/// By what the faces of a catalog are grouped into people.
struct GroupingRule {
  /// A plain cut of average linkage; nothing: the rule of base/join_rule.h, with these constants.
  std::optional<double> threshold = {};
  JoinConstantsByKind joins = {};
  double ceiling = 0;  ///< up to which the tree of joins is computed and kept

  /// What the tree must reach, at least, to be cut without being computed again.
  double least_ceiling() const { return threshold.value_or(ceiling); }
  /// All that a partition depends on.
  std::vector<double> numbers() const;
};

/// `threshold` is what was asked for. Throws UsageError when the model says neither a threshold nor
/// constants, and too few photos show several faces to measure these (measure_joins()).
GroupingRule grouping_rule(const Catalog& catalog, const PairPoints& points,
                           std::optional<double> threshold, LateVectors& vectors);

/// The constants of a model that comes without any, from strangers who are known to be such: faces
/// of one photo. Nothing when there are fewer than 300 pairs of these. For the distances of
/// strangers a normal distribution is assumed, as there are too few to see its tail; rounded, so
/// that a few more photos move nobody.
std::optional<JoinConstants> measure_joins(LateVectors& vectors);

/// The constants of the points, where they are measured, else measure_joins(); nothing where
/// neither can be had.
std::optional<JoinConstantsByKind> joins_of(const PairPoints& points, LateVectors& vectors);

/// People by the rule, from the joins of the faces up to its ceiling.
JoinCut cut_by_rule(LateVectors& vectors, const JoinConstantsByKind& joins,
                    std::span<const Merge> merges);

/// The faces of these rows, `sum` the sum of their vectors.
FaceGroup group_of(const std::vector<double>& sum, const std::vector<std::size_t>& rows,
                   const Shots& shots, const JoinConstantsByKind& joins);

}  // namespace facenet
