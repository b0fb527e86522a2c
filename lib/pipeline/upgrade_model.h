#pragma once

#include <cstdint>
#include <string>

#include "catalog/catalog.h"
#include "weights/embedder_options.h"
#include "weights/pair_points.h"

namespace facenet {

/// What a change of models did.
struct ModelUpgrade {
  bool changed = false;       ///< false: it was the catalog's model already
  std::int64_t waiting = 0;   ///< faces that are seen by a vector of the model of before
  std::int64_t stranded = 0;  ///< faces that have only vectors of still other models
};

/// Makes `wanted` the catalog's model in place of `present`, with which it was trained compatible
/// (the paper's harmonic embeddings, section 7), without a look at any photo: new photos get its
/// vectors, and faces that have none keep being seen by those of `present` (upgrade_vectors.h
/// changes that). `name` is what `--model` would say for `wanted`. One transaction; vectors, people
/// and facts stay as they are. As `present` may be the one that was trained compatible, this also
/// leads back.
///
/// Throws Error, with the catalog unchanged, when neither was trained compatible with these weights
/// of the other, when the thresholds across are missing or the dimensions differ, and when the
/// catalog's vectors are not of `present`.
ModelUpgrade upgrade_model(Catalog& catalog, const EmbedderFile& present,
                           const EmbedderFile& wanted, const std::string& name);

/// What distances mean in this catalog between faces as `model`, whose own operating point is
/// `own`, sees them.
PairPoints pair_points(const Catalog& catalog, ModelId model, const OperatingPoint& own);

}  // namespace facenet
