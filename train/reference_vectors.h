#pragma once

#include <string>
#include <vector>

#include "train/data/chip_cache.h"
#include "weights/model_info.h"

namespace facenet {

/// What an older model says of the faces of a cache.
struct ReferenceVectors {
  ModelInfo model;
  std::string weights_sha256;
  std::vector<float> values;  ///< cache.size() x model.embedding, unit rows

  const float* row(std::size_t chip) const {
    return values.data() + chip * static_cast<std::size_t>(model.embedding);
  }
};

/// Vectors (image plus mirror image) of all chips by the model of `weights`. They are kept beside
/// the cache, named after model and data, and computed once: what was done before a signal or a
/// crash is not done again. Throws Error: no such model, another alignment than the chips';
/// UsageError: vectors that are not of `embedding` numbers. Empty values after a signal
/// (base/interrupt.h).
ReferenceVectors reference_vectors(const ChipCache& cache, const std::string& weights,
                                   int embedding);

}  // namespace facenet
