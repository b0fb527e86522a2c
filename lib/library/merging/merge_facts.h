#pragma once

#include "catalog/catalog.h"
#include "library/merging/merge_photos.h"

namespace facenet {

/// Adds what was said, and puts the faces that came in into their people, and all faces where the
/// facts of both hold them. In a transaction of the caller's, after merge_photos(). Throws Error
/// when two people would have one name.
void merge_facts(Catalog& into, const Catalog& from, const Counterparts& counterparts,
                 MergeReport& report);

}  // namespace facenet
