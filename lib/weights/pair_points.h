#pragma once

#include "base/operating_point.h"

namespace facenet {

/// What distances mean where some faces have vectors of a model and others still have those of
/// another that it is compatible with: each of the three kinds of pair has its own operating point.
/// Where all vectors are of the model only `own` counts.
struct PairPoints {
  OperatingPoint own = {};     ///< of two vectors of the model
  OperatingPoint across = {};  ///< of one of the model and one of the other
  OperatingPoint other = {};   ///< of two of the other

  /// For the mean distance between two groups of faces, of which these shares (0 to 1) have vectors
  /// of the other model; a single face is a group. Thresholds are the means of the pairs' own: the
  /// mean of (distance - threshold) over all pairs is at most 0 exactly when the mean distance is
  /// at most the mean threshold. The probability is that of the mean log-odds over the pairs, as
  /// far as these kinds of pair have the same mean distance; none when one of the kinds is not
  /// fitted.
  OperatingPoint between(double share_a, double share_b) const;

  /// The highest clustering threshold of the kinds of pair in a group of this share.
  double highest_cut(double share) const;

  JoinConstantsByKind joins() const {
    return {.own = own.joins, .across = across.joins, .other = other.joins};
  }
};

}  // namespace facenet
