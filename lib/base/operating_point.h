#pragma once

#include "base/join_rule.h"
#include "base/recognisability.h"

namespace facenet {

/// Where on the scale of squared distances between unit vectors (0..4) a model separates people.
///
/// The last two are Platt scaling (Platt 1999, "Probabilistic outputs for support vector
/// machines"): a logistic curve over a classifier's score, here the distance, fitted on labelled
/// pairs (train/eval/calibration.h): P(same person | distance d) = 1 / (1 + exp(steepness * (d -
/// midpoint))), for equal priors.
struct OperatingPoint {
  double verification = 0;  ///< same person when the distance is at most this
  double clustering = 0;    ///< cut of average linkage, where one cut has to do for all
  double midpoint = 0;
  double steepness = 0;
  JoinConstants joins = {};                       ///< by which faces are grouped (base/join_rule.h)
  RecognisabilityConstants recognisability = {};  ///< which faces say too little to be grouped

  /// NaN for a model whose distances nobody has fitted yet (steepness 0).
  double probability(double squared_distance) const;

  friend bool operator==(const OperatingPoint&, const OperatingPoint&) = default;
};

}  // namespace facenet
