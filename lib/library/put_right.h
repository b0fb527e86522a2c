#pragma once

#include <cstdint>

#include "catalog/catalog.h"

namespace facenet {

/// Puts faces where the facts hold them, and apart where a fact keeps them apart, for a catalog
/// some of whose facts are gone: lost (catalog/repair.h), or forgotten. Returns how many faces
/// moved.
std::int64_t put_faces_right(Catalog& catalog);

/// The same for a catalog of which bytes had changed: a fact that keeps faces apart which others
/// hold together can have been said by nobody, and is removed first.
std::int64_t put_salvaged_right(Catalog& catalog);

}  // namespace facenet
