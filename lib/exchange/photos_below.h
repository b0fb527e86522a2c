#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

struct PhotoPlace {
  PhotoId photo = 0;
  std::string path;
};

/// Files of a catalog's photos, and what the catalog says of these. It is read before the files
/// are, and closed: a process that reads what strangers wrote is to have none (SECURITY.md).
struct PhotosBelow {
  std::vector<PhotoPlace> places;  ///< that are there now, sorted by path
  std::int64_t away = 0;           ///< photos that are meant, too, but are nowhere now
  std::int64_t videos = 0;         ///< that are meant, too; no program marks faces in them
  std::unordered_map<PhotoId, PhotoRecord> photos;
  std::unordered_map<PhotoId, std::vector<FaceRecord>> faces;  ///< without those that are lost

  const std::vector<FaceRecord>& faces_of(PhotoId photo) const;
  std::map<FaceId, std::string> names;  ///< of faces whose person has one and is not hidden
};

/// Every file of the photos (that have faces, unless `all` are asked for), where it is one of these
/// files or below one of these folders (all, where none is given), and has the size and the time
/// that it had. Throws Error for a path that the catalog knows nothing of, and as Catalog does.
PhotosBelow photos_below(const std::string& catalog, const std::vector<std::string>& paths,
                         bool all = false);

}  // namespace facenet
