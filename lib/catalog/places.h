#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// Where photos are. A photo may have several paths, and some of them may be gone: which one a
/// command shows or opens is decided here, and nowhere else.
class Places {
 public:
  explicit Places(const Catalog& catalog);

  /// All paths of the photo: those that were there at the last look, then the missing ones; each
  /// kind sorted. Empty when it has none.
  std::span<const PathRecord> of(PhotoId photo) const;

  /// Those that were there at the last look, sorted.
  std::vector<std::string> present(PhotoId photo) const;
  bool is_present(PhotoId photo) const;

  /// For who wants to open the photo: the first of all its paths with a file of its size now. The
  /// file of a missing path may be back with its disk. Null when there is none.
  const PathRecord* on_disk(PhotoId photo) const;

 private:
  std::unordered_map<PhotoId, std::vector<PathRecord>> places_;
};

}  // namespace facenet
