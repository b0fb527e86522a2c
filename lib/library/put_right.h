#pragma once

#include <cstdint>

#include "catalog/catalog.h"

namespace facenet {

/// Puts faces where the facts hold them, and apart where a fact keeps them apart, for a catalog
/// some of whose facts are gone: lost (catalog/repair.h), or forgotten. Returns how many faces
/// moved.
std::int64_t put_faces_right(Catalog& catalog);

}  // namespace facenet
