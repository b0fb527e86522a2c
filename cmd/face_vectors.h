#pragma once

#include <map>
#include <string>
#include <vector>

#include "face/face.h"
#include "image/image.h"
#include "pipeline/analyse.h"

namespace facenet {

/// Which part of a data set's image is the face.
enum class Framing {
  kAligned,  ///< the detected face nearest the centre
  kCentre,   ///< one fixed crop for all images: nothing is searched
};

/// The face of an image that a protocol compares.
struct FaceVector {
  Face face;
  std::vector<float> vector;
  Image chip;  ///< when options.keep_chips
};

struct FaceVectors {
  std::map<std::string, FaceVector> faces;        ///< of each image that has one, by path
  std::map<std::string, std::string> unreadable;  ///< the other images' reasons, by path
};

/// The number of the face nearest the centre of a photo that has faces.
std::size_t most_central(const PhotoAnalysis& photo);

/// Of each image the face that counts. Fewer when a signal came (base/interrupt.h).
FaceVectors face_vectors(const std::vector<std::string>& images, const AnalyserOptions& options,
                         Framing framing);

}  // namespace facenet
