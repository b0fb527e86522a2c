#pragma once

#include <span>

#include "catalog/catalog.h"
#include "pipeline/analyse.h"

namespace facenet {

/// The analysis without the faces that are not to be kept (Catalog::forget()): those that overlap
/// such a place of the photo by kSameFaceOverlap or more, unless they are one of the faces `known`,
/// one-to-one (match_faces()). Internal to lib/pipeline.
PhotoAnalysis without_forgotten(const Catalog& catalog, std::span<const Face> known,
                                const PhotoAnalysis& analysis);

}  // namespace facenet
