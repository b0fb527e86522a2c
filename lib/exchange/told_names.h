#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace facenet {

/// A face of a photo, and whose it is as far as somebody has said.
struct FaceToTell {
  FaceId face = 0;
  std::string name{};  ///< empty: nobody has said
};

/// What follows from the names of those who are in a photo.
struct ToldNames {
  FaceId face = 0;                    ///< of whom the name is told; 0: of nobody
  std::string name{};                 ///< as it was given
  std::vector<std::string> untold{};  ///< names that may be any of several faces, or of none
};

/// A name is that of a face when one face is left that nobody has named and one name that no face
/// has, as long as these are all `faces` that there are. Names are compared by fold_name().
ToldNames tell_names(const std::vector<FaceToTell>& faces, const std::vector<std::string>& names,
                     bool are_all);

}  // namespace facenet
