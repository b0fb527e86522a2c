#pragma once

namespace facenet {

struct ClassifierOptions {
  /// What cosines are multiplied by to become logits: between -1 and 1 softmax could not become
  /// sure of one among thousands (Wang et al. 2017, "NormFace"; 30 is that of Wang et al. 2018,
  /// "Additive Margin Softmax").
  double scale = 30;
  /// Of the centre loss beside softmax; 0: softmax alone. Wen et al. have 0.003, for features that
  /// are not unit vectors.
  double centre_weight = 0.1;
  double centre_rate = 0.5;  ///< alpha of Wen et al.: how fast centres follow their people

  /// Throws UsageError.
  void validate() const;
};

}  // namespace facenet
