#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "train/loss/classifier_options.h"

namespace facenet {

/// Tells apart the people of the training set by their embeddings, for a network that is to learn
/// from scratch before triplets find negatives that mean something: softmax cross entropy over
/// scaled cosines, plus the centre loss of Wen et al. 2016, "A Discriminative Feature Learning
/// Approach for Deep Face Recognition". It is thrown away after the training.
class Classifier {
 public:
  /// Starts at random, from LibTorch's generator. `tensors` says the device and the type.
  Classifier(std::int64_t people, std::int64_t dimension, const ClassifierOptions& options,
             const at::TensorOptions& tensors = at::kFloat);

  /// For `embeddings` [N, D], unit rows, of people `labels` [N] int64 in [0, people): the mean
  /// cross entropy, plus centre_weight times half the mean squared distance to the person's centre.
  at::Tensor loss(const at::Tensor& embeddings, const at::Tensor& labels) const;

  /// Moves the centres towards the embeddings of a batch (Wen et al., eq. 4); once a step, after
  /// loss(). Centres learn by this rule alone and have no gradient.
  void move_centres(const at::Tensor& embeddings, const at::Tensor& labels);

  /// For the optimiser.
  std::vector<at::Tensor> parameters() const { return {weight_}; }

  /// Copies, "weight" and "centres", [people, D] each.
  std::map<std::string, at::Tensor> state() const;
  /// Throws Error that names a tensor which is missing or of another shape.
  void restore(const std::map<std::string, at::Tensor>& state);

 private:
  ClassifierOptions options_;
  at::Tensor weight_;   ///< [people, D]
  at::Tensor centres_;  ///< [people, D]
};

}  // namespace facenet
