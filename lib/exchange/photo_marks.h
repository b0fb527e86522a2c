#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "metadata/face_region.h"

namespace facenet {

/// A face that another program has marked, with a name.
struct MarkedFace {
  FaceRegion region;  ///< in the upright photo
  /// Some programs mark faces in the upright picture, others in the stored one, as they should, and
  /// not all say which. Where that leaves two meanings, this is the first.
  std::optional<FaceRegion> as_drawn{};
  std::string file;  ///< that says so: the photo itself, or a sidecar
};

/// What other programs say of the faces in a photo.
struct PhotoMarks {
  std::string photo;
  std::vector<MarkedFace> faces;
  std::int64_t unnamed = 0;                                   ///< marks without a name
  std::vector<std::pair<std::string, std::string>> problems;  ///< file and reason
};

/// Of photos at these paths: from their own metadata, from the sidecars beside them, and from
/// Picasa's list of the folder. Each face comes once where several files say the same. Throws
/// Interrupted.
std::vector<PhotoMarks> read_marks(std::span<const std::string> photos);

}  // namespace facenet
