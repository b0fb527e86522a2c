#pragma once

#include <algorithm>
#include <cmath>

namespace facenet {

/// What is known of a vector beside its direction.
struct VectorEvidence {
  /// Of the network's output before it was scaled to 1, the mean of the views.
  double length = 0;
  double sharpness = 0;  ///< of the face as the network saw it (image/sharpness.h)

  friend bool operator==(const VectorEvidence&, const VectorEvidence&) = default;
};

/// How much a model's vectors say, by their evidence: a logistic regression of "is the nearest
/// other face the same person?" (train/eval/recognisability_calibration.h). A network that was
/// trained on faces gives what it can hardly make out a short vector. Pose, the size in the photo
/// and the detector's score add nothing to these two (docs/models.md).
struct RecognisabilityConstants {
  double length = 0;     ///< of ln(length) in the log-odds
  double sharpness = 0;  ///< of ln(sharpness)
  double offset = 0;

  bool is_measured() const { return length != 0 || sharpness != 0; }

  friend bool operator==(const RecognisabilityConstants&,
                         const RecognisabilityConstants&) = default;
};

/// The probability that the nearest face of a library is the same person, if the library has
/// another face of the person; 1 where nothing was measured.
inline double recognisability(const VectorEvidence& evidence,
                              const RecognisabilityConstants& constants) {
  constexpr double kLeast = 1e-3;  // a picture of one colour has the sharpness 0
  if (!constants.is_measured()) return 1;
  const double odds = constants.offset +
                      constants.length * std::log(std::max(evidence.length, kLeast)) +
                      constants.sharpness * std::log(std::max(evidence.sharpness, kLeast));
  return 1 / (1 + std::exp(-odds));
}

/// A face below this is not recognisable: by itself it neither makes nor changes a person.
inline constexpr double kLeastRecognisability = 0.8;

}  // namespace facenet
