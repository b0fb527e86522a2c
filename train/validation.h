#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "train/data/augment.h"
#include "train/data/chip_cache.h"
#include "train/eval/identities.h"
#include "weights/model_info.h"

namespace facenet {

class TrainableNetwork;

/// Faces of people who are not in the training set, with their vectors.
struct ValidationFaces {
  std::vector<float> vectors;  ///< unit rows
  std::vector<std::int64_t> identity;
  int dimension = 0;

  LabelledFaces labelled() const {
    return {{vectors, static_cast<std::int64_t>(identity.size()), dimension}, identity};
  }
};

/// Vectors of the chips as inference will give them; with `flip` those of image plus mirror image.
/// Fewer after a signal (base/interrupt.h).
ValidationFaces embed_chips(const TrainableNetwork& network, const ChipCache& cache,
                            const Augmenter& augmenter, std::span<const std::size_t> chips,
                            bool flip);

/// How much there is to judge by. Pairs of the same few people depend on each other, and a share of
/// 1e-3 is not to be had of fewer than a thousand pairs.
struct ValidationSize {
  static constexpr std::int64_t kLeastPeople = 10;
  static constexpr std::int64_t kLeastSame = 100, kLeastDifferent = 1000;

  std::int64_t faces = 0;
  std::int64_t people = 0;               ///< with two faces or more
  std::int64_t same = 0, different = 0;  ///< pairs of faces

  bool is_enough() const {
    return people >= kLeastPeople && same >= kLeastSame && different >= kLeastDifferent;
  }
};

/// Of faces of these people.
ValidationSize validation_size(std::span<const std::int64_t> identity);

/// How well distances tell people apart.
struct ValidationReport {
  std::int64_t faces = 0;
  double accuracy = 0;  ///< at the best threshold, both kinds of pairs weighing the same
  double threshold = 0;
  double val = 0;                            ///< at FAR 1e-3 over all pairs
  double mean_same = 0, mean_different = 0;  ///< squared distances
  /// Shares of the pairs at 0.05 of squared distance a bin, 0..4.
  std::vector<double> same = {}, different = {};
};

/// Throws Error unless there are pairs of both kinds.
ValidationReport validate(const ValidationFaces& faces, int threads);

}  // namespace facenet
