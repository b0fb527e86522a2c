#pragma once

#include <optional>
#include <unordered_map>

#include "catalog/catalog.h"
#include "library/merging/merge_catalog.h"

namespace facenet {

/// Where the photos and faces of one catalog are in another.
struct Counterparts {
  std::unordered_map<PhotoId, PhotoId> photos;
  std::unordered_map<FaceId, FaceId> faces;

  std::optional<PhotoId> photo(PhotoId theirs) const;
  std::optional<FaceId> face(FaceId theirs) const;
};

/// Adds photos, paths, faces and vectors. Of a photo that both have, faces in one place are one; a
/// face that only `from` has comes along when something was said of it there, as one that the
/// detector of `into` does not find. In a transaction of the caller's.
Counterparts merge_photos(Catalog& into, const Catalog& from, MergeReport& report);

}  // namespace facenet
