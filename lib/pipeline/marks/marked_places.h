#pragma once

#include <functional>
#include <span>
#include <vector>

#include "face/detector.h"
#include "face/face.h"
#include "image/image.h"

namespace facenet {

/// A detector with these options finds what they find, and fainter and smaller faces.
DetectorOptions for_marked_places(DetectorOptions options);

/// A photo that is looked at closely in some places.
struct CloseLook {
  int width = 0, height = 0;  ///< of the full photo, in pixels
  /// The whole photo, its longer edge of this many pixels or a few more; 0: as large as it is.
  std::function<Image(int edge)> decode;
};

/// A face for each of these boxes, in which somebody says that there is one, in their order; none
/// of them is one of the `known`. Where `detector` finds none in and around the box, the face has
/// the box that was drawn, the landmarks that a face usually has there, and the score 0. All in
/// pixels of the full photo.
std::vector<Face> faces_at(std::span<const Box> marks, std::span<const Face> known,
                           const Detector& detector, const CloseLook& photo);

}  // namespace facenet
