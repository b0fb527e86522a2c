#pragma once

#include <cstdint>
#include <string>

#include "train/data/augment.h"
#include "train/data/dataset.h"
#include "train/data/sampler.h"
#include "train/loss/classifier_options.h"
#include "train/loss/triplet_options.h"
#include "train/optimiser.h"
#include "train/schedule.h"
#include "weights/network_options.h"

namespace facenet {

/// All that a training is made of. What changes its result is in to_text(); the rest (places,
/// threads, how often to save) is not.
struct TrainOptions {
  std::string chips;  ///< the data: a ChipCache
  /// Weights file that the training starts from, whose network is taken and whose last layer starts
  /// afresh when `design` wants vectors of another size; empty: a fresh `network`.
  std::string init;
  std::string network = "nn4";  ///< one of known_models() that facenet designs
  NetworkOptions design{.embedding = 0, .batch_norm = true};
  std::string output;  ///< weights file that it gives
  /// Where checkpoint.safetensors, latest.safetensors, log.jsonl and curves.html stand.
  std::string folder;

  /// The paper's training (paper.h says what that settles): validate() then refuses all else.
  bool paper = false;
  std::string loss = "triplet";  ///< triplet, softmax (with centre loss) or distil
  TripletLossOptions triplet;
  ClassifierOptions classifier;
  IdentityBatchOptions identities;  ///< batches of triplets
  int batch = 128;                  ///< faces in a batch of softmax or distil
  int chunk = 128;                  ///< faces that are embedded at once; batches may be larger

  /// Weights file of an older model that the embeddings are to be compatible with (paper, section
  /// 7): triplets are harmonic ones, distil follows its vectors.
  std::string compatible_with;
  double distil = 0;      ///< weight of the distillation term beside harmonic triplets
  double similarity = 5;  ///< weight of the similarity matrices within that term
  /// Share of distil's faces that are mixed with others, the older model embedding what the network
  /// sees (teacher.h); 0: none, and that model's vectors of each face are computed once.
  double mixup = 0;
  /// Steps for which only the embedding layer, started afresh, learns (paper, section 7.1).
  std::int64_t embedding_steps = 0;

  AugmentOptions augment;
  DatasetOptions dataset;
  OptimiserOptions optimiser;
  ScheduleOptions schedule;
  double average = 0.999;  ///< decay of the moving average of the weights; 0: none
  std::int64_t steps = 0;  ///< batches to learn from; 0: as many as `epochs` take
  double epochs = 20;      ///< passes over the data
  std::uint64_t seed = 1;

  std::int64_t validate_every = 0;  ///< steps; 0: each pass over the data, at most every 1,000
  double checkpoint_minutes = 5;
  std::string precision = "auto";  ///< of convolutions: fp32, bf16, or auto: bf16 where there is
  int threads = 1;
  int workers = 1;              ///< threads that make batches
  std::string device = "auto";  ///< cpu, cuda, or auto: cuda where LibTorch has it
  bool resume = false;

  bool is_triplet() const { return loss == "triplet"; }

  /// What the result depends on, as JSON: a resumed training must have the same, but for the number
  /// of steps where the schedule does not depend on it.
  std::string to_text() const;

  /// Throws UsageError.
  void validate() const;
};

}  // namespace facenet
