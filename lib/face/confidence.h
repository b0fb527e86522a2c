#pragma once

#include <algorithm>
#include <cmath>

namespace facenet {

/// Between the confidences of dlib's detectors (distances to a margin, with their own threshold at
/// 0) and the scores of DetectorOptions: score = 1 / (1 + exp(-steepness * c) / 9), so that 0 gets
/// 0.9, the default of DetectorOptions.
struct ConfidenceScale {
  double steepness;
  double lowest;  ///< confidences below are never looked at

  float score_of(double confidence) const {
    return static_cast<float>(1 / (1 + std::exp(-steepness * confidence) / kOddsAtZero));
  }
  double confidence_of(double score) const {
    return std::max(std::log(score / (1 - score) / kOddsAtZero) / steepness, lowest);
  }

 private:
  static constexpr double kOddsAtZero = 9;
};

}  // namespace facenet
