#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// Some of what a catalog holds.
struct CatalogPart {
  std::vector<PhotoId> photos{};  ///< with all their faces, vectors and people
  std::vector<std::string> paths{};
  /// Each with what it undoes, and with the first of its step; with those of its faces that are in
  /// the photos.
  std::vector<std::int64_t> facts{};
};

/// Makes a catalog of a part of another one, in the empty file `to`: everything has the number that
/// it has in `from`, and numbers are given on from there. Models, settings and what is not to be
/// kept come along whole; what the next grouping computes anew does not. `from`: of this version,
/// which nobody writes to meanwhile. Throws Error.
void extract_part(const std::string& from, const std::string& to, const CatalogPart& part);

}  // namespace facenet
