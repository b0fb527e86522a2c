#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
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
  VectorEvidence evidence = {};
  Image chip;  ///< when options.keep_chips
};

/// Looks at a data set's images for the face of each that counts.
class FaceReader {
 public:
  using Receive = std::function<void(const std::string& path, FaceVector&& face)>;

  /// Loads the networks.
  FaceReader(const AnalyserOptions& options, Framing framing);

  /// Hands over the images that have a face, in the order given, on the calling thread. Stops early
  /// when a signal came (base/interrupt.h).
  void read(std::span<const std::string> images, const Receive& receive);

  /// The same for images whose only face is known: nothing is searched.
  void read_known(const std::map<std::string, Face>& faces, const Receive& receive);

  /// Vectors of chips that were read with options.keep_chips, or of what became of them since.
  std::vector<float> embed(std::span<const Image> chips) const;

  /// The images that could not be read so far, with the reasons.
  const std::map<std::string, std::string>& unreadable() const { return unreadable_; }

 private:
  void read_requests(std::span<const AnalysisRequest> requests, const Receive& receive);

  std::unique_ptr<Analyser> analyser_;
  Framing framing_;
  std::map<std::string, std::string> unreadable_;
};

/// The number of the face nearest the centre of a photo that has faces.
std::size_t most_central(const PhotoAnalysis& photo);

}  // namespace facenet
