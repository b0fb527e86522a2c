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

/// Name of the function by which facenet_networks.so hands out train() (pipeline/networks.h).
inline constexpr const char* kTrainSymbol = "facenet_train";

}  // namespace facenet

extern "C" facenet::TrainEnd facenet_train(const facenet::TrainOptions& options);
