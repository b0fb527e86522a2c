#pragma once

#include "train/train_options.h"

namespace facenet {

enum class TrainEnd {
  kFinished,     ///< options.output is written
  kInterrupted,  ///< a signal came (base/interrupt.h): the checkpoint is saved, --resume goes on
};

/// Trains a network (paper, section 3): batches of augmented faces, the loss over whole batches,
/// the optimiser; validates, logs and saves checkpoints on the way. With one thread a resumed
/// training gives the same bits as one that never stopped. As one process of several where the
/// environment says so (distributed.h); the first of them writes.
///
/// Throws Error: data, weights or checkpoint that do not fit; a loss that is not finite, with the
/// batch named and the last checkpoint kept.
TrainEnd train(const TrainOptions& options);

/// What facenet_torch.so (pipeline/torch_functions.h says why there is one) hands out of this
/// folder.
struct Training {
  TrainEnd (*train)(const TrainOptions& options);
  /// What can be told before hours of preparation: TrainOptions::validate(), and that the network
  /// can be designed. Throws UsageError.
  void (*validate)(const TrainOptions& options);
};

/// Name of the function by which it does.
inline constexpr const char* kTrainingSymbol = "facenet_training";

}  // namespace facenet

extern "C" const facenet::Training* facenet_training();
