#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// Photos that turn up at one path and are gone from another, wherever the run looked: a folder
/// that was renamed is given by its new name alone. Internal to lib/pipeline.
class MovedPhotos {
 public:
  using PathsByName = std::unordered_map<std::string, PathRecord>;

  /// `known`: the catalog's paths before the run, which must outlive this and stay in place; what
  /// is missing is marked there too.
  MovedPhotos(Catalog& catalog, PathsByName& known);

  /// The run found the file of this record gone.
  void note_gone(PathRecord& record);

  /// The run found the photo at this path: those of its others that are gone are marked as missing,
  /// also where the run did not look. A path that cannot be looked at, as its folder may not be
  /// read, is not gone.
  void note_present(PhotoId photo, const std::string& path);

  /// The same for a path that is new: whether it takes the place of another. Each path is replaced
  /// once, so that of two new copies only one has moved. A photo that the run itself added has not.
  bool takes_a_place(PhotoId photo, const std::string& path);

 private:
  struct Photo {
    std::vector<PathRecord*> paths;
    std::int64_t gone = 0;  ///< paths that were found gone in this run, and are not replaced yet
    bool looked = false;    ///< at all of its paths
    bool replaced = false;  ///< one at least
  };

  void mark_missing(PathRecord& record);

  Catalog& catalog_;
  std::unordered_map<PhotoId, Photo> photos_;
};

/// What to say of a folder or file that is gone although the catalog knows photos there: where they
/// are now, as far as that is known. Empty when it is not so.
std::string where_moved(const Catalog& catalog, const std::string& path);

/// Throws Error with that when all of these folders and files are gone.
void require_not_moved(const Catalog& catalog, const std::vector<std::string>& roots);

}  // namespace facenet
