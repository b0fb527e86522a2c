#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// A photo that was not there, or not known, and who is in it.
struct PhotoArrival {
  struct Somebody {
    FaceRecord face;
    PersonRecord person;
    bool recognisable = true;
  };
  std::string path;
  std::vector<Somebody> people;  ///< from left to right
};

struct PhotoChanges {
  std::vector<PhotoArrival> arrived;  ///< sorted by path
  std::vector<std::string> gone;      ///< paths of photos that are nowhere now, sorted
};

/// Which photos have come and gone between two states of a catalog. A photo is its bytes: one that
/// is moved, or copied, is not new.
class PhotoEvents {
 public:
  /// From here on.
  void start(const Catalog& catalog);
  bool started() const { return started_; }
  /// Since start(), or since the last call.
  PhotoChanges changes(const Catalog& catalog);

 private:
  bool started_ = false;
  std::unordered_map<PhotoId, std::string> present_;  ///< a path of each photo that is there
};

}  // namespace facenet
