#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "train/data/augment.h"
#include "train/data/chip_cache.h"
#include "train/reference_vectors.h"
#include "train/validation.h"
#include "weights/model_info.h"

namespace facenet {

class TrainableNetwork;

/// Judges a network on faces of people whom it was not trained on, and gives `info` the thresholds
/// that follow: its own, and where there is a `reference` that it is to be compatible with, those
/// across the two models. Where distances tell nobody apart yet, thresholds stay as they are. After
/// a signal (base/interrupt.h) nothing is changed.
ValidationReport take_operating_points(const TrainableNetwork& network, const ChipCache& cache,
                                       const Augmenter& augmenter,
                                       const ReferenceVectors* reference,
                                       std::span<const std::size_t> chips, int threads,
                                       ModelInfo& info);

/// The thresholds of a network that there are too few faces to measure: those of the `reference`
/// whose vectors it learns to make, where there is one; else they stay as they are. Returns whose
/// they are, as a weights file says it.
std::string take_prior_points(const ReferenceVectors* reference, ModelInfo& info);

}  // namespace facenet
