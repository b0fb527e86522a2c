#pragma once

#include <cstdint>

#include "train/loss/triplet_loss.h"
#include "train/training_log.h"

namespace facenet {

/// What the steps since the last line of a training's log add up to.
class StepTotals {
 public:
  /// A step of `images` faces; `gradient` is the norm before clipping.
  void add(double loss, double gradient, std::int64_t images, const TripletStatistics& triplets);
  /// Time that selection and the loss took, without gradient.
  void add_loss_seconds(double seconds) { loss_seconds_ += seconds; }

  double mean_loss() const { return loss_ / static_cast<double>(steps_); }
  /// Mean squared distance of two people in a batch; 0 for losses without triplets.
  double mean_negative() const { return triplets_.mean_negative / static_cast<double>(steps_); }

  /// The line of the log, but for step, images and rate, which do not add up. The steps took
  /// `seconds`, of which the network `waited` for batches. There must have been a step.
  TrainingProgress line(double seconds, double waited) const;

 private:
  double loss_ = 0, gradient_ = 0, loss_seconds_ = 0;
  TripletStatistics triplets_;
  std::int64_t steps_ = 0, images_ = 0;
};

}  // namespace facenet
