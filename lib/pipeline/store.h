#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "catalog/catalog.h"
#include "pipeline/analyse.h"

namespace facenet {

/// What the ways to bring photos into a catalog share. Internal to lib/pipeline.

/// The record of vectors made by these weights, with the mirror image or without.
ModelRecord model_record(const EmbedderFile& file, bool flip);

/// Notes how the catalog's faces are found. Throws Error when they were found otherwise.
void settle_detector(Catalog& catalog, const DetectorOptions& options);

/// The photo's faces as an AnalysisRequest wants them, in the order of their numbers.
std::vector<Face> faces_known_of(const Catalog& catalog, PhotoId photo);

/// Vector i of the analysis becomes that of face i. Returns how many there were.
std::int64_t store_vectors(Catalog& catalog, ModelId model, std::span<const FaceId> faces,
                           const PhotoAnalysis& analysis);

/// analyse_in_order() with progress, and a short transaction for each few dozen results, in which
/// `store` puts them into the catalog one by one and returns how many faces got a vector by now.
/// Whatever ends the run, what was committed is not lost.
void analyse_and_store(
    Catalog& catalog, const Analyser& analyser, std::span<const AnalysisRequest> requests,
    const std::function<bool(const Sha256&)>& is_known,
    const std::function<std::int64_t(std::size_t index, const PhotoAnalysis&)>& store);

}  // namespace facenet
