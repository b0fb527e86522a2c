#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "pipeline/analyse.h"

namespace facenet {

/// What the ways to bring photos into a catalog share.

/// The record of vectors made by these weights, with the mirror image or without.
ModelRecord model_record(const EmbedderFile& file, bool flip);

/// Notes how the catalog's faces are found. When they were found otherwise and `find_anew` is set,
/// all photos wait for the Redetector from now on, else it throws Error.
void settle_detector(Catalog& catalog, const DetectorOptions& options, bool find_anew = false);

Box box_of(const FaceRecord& face);
FaceRecord to_record(const Face& face);
Face to_face(const FaceRecord& record);

PhotoMoment moment_of(const PhotoAnalysis& analysis);

/// Notes which of the video's faces were seen in one frame. `ids`: of the analysis's faces.
void store_company(Catalog& catalog, PhotoId video, std::span<const FaceId> ids,
                   std::span<const Face> faces);

/// The photo's faces as an AnalysisRequest wants them, in the order of their numbers.
std::vector<Face> faces_known_of(const Catalog& catalog, PhotoId photo);

/// False when the photo has other faces by now than those that were given to be analysed: another
/// run has found them anew.
bool are_faces_of(const Catalog& catalog, PhotoId photo, std::span<const Face> faces);

/// Of the analysis's face `index`.
std::span<const float> vector_of(const PhotoAnalysis& analysis, std::size_t index);

/// Vector `index` of the analysis becomes that of the face, unless it has one: then only what is
/// known beside its direction is noted. False when the face keeps what it had.
bool store_vector(Catalog& catalog, ModelId model, FaceId face, const PhotoAnalysis& analysis,
                  std::size_t index);

/// The same for vector i and face i. Returns how many faces got a vector.
std::int64_t store_vectors(Catalog& catalog, ModelId model, std::span<const FaceId> faces,
                           const PhotoAnalysis& analysis);

/// analyse_in_order() with progress, and a short transaction for each few dozen results, in which
/// `store` puts them into the catalog one by one and returns how many faces got a vector by now.
/// Whatever ends the run, what was committed is not lost. `detector`: the catalog's property of
/// this name when the run began; throws Error when another run has changed it since.
void analyse_and_store(
    Catalog& catalog, const std::optional<std::string>& detector, const Analyser& analyser,
    std::span<const AnalysisRequest> requests, const std::function<bool(const Sha256&)>& is_known,
    const std::function<std::int64_t(std::size_t index, const PhotoAnalysis&)>& store);

}  // namespace facenet
