#pragma once

namespace facenet {

enum class TripletSelection {
  /// Paper, section 3.2: every anchor-positive pair of the batch, each with the nearest negative
  /// that is farther than the positive and inside the margin. A pair without one is left out.
  kSemiHard,
  /// Hermans et al. 2017, "In Defense of the Triplet Loss": every anchor once, with its farthest
  /// positive and its nearest negative.
  kBatchHard,
};

struct TripletLossOptions {
  TripletSelection selection = TripletSelection::kSemiHard;
  /// Of squared distances for kSemiHard (paper, section 3.3), of distances for kBatchHard (as its
  /// source has it).
  double margin = 0.2;
  /// softplus(positive - negative) in the place of max(0, positive - negative + margin) (Hermans et
  /// al. 2017): a triplet in good order still pulls a little. The margin then only bounds where
  /// kSemiHard looks for negatives.
  bool soft_margin = false;
  /// The sum over the triplets (paper, equation 3) in the place of their mean.
  bool sum = false;

  /// Throws UsageError.
  void validate() const;
};

}  // namespace facenet
