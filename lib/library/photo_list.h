#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// Which photos of a catalog are meant.
struct PhotoQuery {
  enum class Kind {
    kAll,
    kWithoutFaces,  ///< as Catalog::photos_without_faces() has it
    kUnreadable,
    kSkipped,  ///< files beside the photos that facenet does not read
    kMissing,  ///< photos that are nowhere now
  };
  Kind kind = Kind::kAll;
  std::vector<PersonId> people = {};  ///< of kAll: only photos that show every one of them
};

struct ListedFace {
  FaceRecord face;
  PersonId person = 0;  ///< 0: none yet
  std::string name;     ///< empty: the person has none
};

struct ListedPhoto {
  std::string path;     ///< a file that exists; of kMissing, where it was
  std::string error;    ///< of kUnreadable: why
  std::string skipped;  ///< of kSkipped: what it is (image/skipped.h)
  std::vector<ListedFace> faces;
};

struct PhotoList {
  std::vector<ListedPhoto> photos;  ///< sorted by path
  /// Photos that are meant, too, but are nowhere now. (kMissing lists them.)
  std::int64_t away = 0;
  /// Photos all of whose files hold other photos by now: missing, too, but there is no path to list
  /// them by.
  std::int64_t replaced = 0;
};

/// Looks on the disk, so that each path is there. Throws Error when one of the people is not.
PhotoList list_photos(const Catalog& catalog, const PhotoQuery& query);

}  // namespace facenet
