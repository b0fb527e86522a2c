#pragma once

#include "catalog/catalog.h"
#include "cmd/output.h"
#include "pipeline/redetect.h"

namespace facenet {

/// Says on stderr what finding faces anew did, if it did anything, and which faces stay only
/// because of what was said of them.
void report_redetection(const Catalog& catalog, const Redetection& redetection);

/// {"photo_count", "kept", "new", "gone", "lost", "waiting", "lost_faces": [{"face", "person",
/// "name", "photo", "facts": [{"fact", "text"}]}]}; null when there was nothing to do.
Json redetection_json(const Catalog& catalog, const Redetection& redetection);

}  // namespace facenet
