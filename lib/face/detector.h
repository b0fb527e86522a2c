#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "face/face.h"
#include "image/image.h"

namespace facenet {

struct DetectorOptions {
  std::string detector = "yunet";  ///< "yunet", "mtcnn", "mmod" or "hog"
  /// Smallest face, its box's shorter side, as a share of the photo's longer edge (0: any)…
  double min_face = 0;
  /// …and in pixels of the full photo, below which few can be told apart (docs/models.md). 0: as
  /// small as the detector finds. A face must be as large as both say.
  int min_face_pixels = 20;
  double score = 0.9;  ///< faces of less confidence are dropped

  /// Throws UsageError.
  void validate() const;
  /// The smallest face in pixels of a photo whose longer edge is `full_edge`.
  double smallest_face(int full_edge) const;
};

/// Finds faces in photos. Several threads may call detect() at once.
class Detector {
 public:
  virtual ~Detector() = default;

  /// The longer edge, in pixels, that a photo of this size should be shrunk to before detect():
  /// enough for the smallest face, no more.
  virtual int working_edge(int width, int height) const = 0;

  /// Faces of each image, the larger first (ties by position), no face twice. Boxes and landmarks
  /// are in that image's pixels. `full_edge[i]` is the longer edge of the photo that image i was
  /// shrunk from, which the smallest face is reckoned by.
  virtual std::vector<std::vector<Face>> detect(std::span<const Image> images,
                                                std::span<const int> full_edge) const = 0;
};

/// Throws Error when the detector's weights are missing or damaged.
std::unique_ptr<Detector> make_detector(const DetectorOptions& options);

/// What the faces found depend on, in words: detector, weights, thresholds. Detectors of options
/// with the same text find the same faces. Loads no network. Throws as make_detector() does.
std::string detector_fingerprint(const DetectorOptions& options);

/// The options that a fingerprint tells of; nothing when it is none.
std::optional<DetectorOptions> options_of_fingerprint(const std::string& fingerprint);

}  // namespace facenet
