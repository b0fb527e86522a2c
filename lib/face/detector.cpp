#include "face/detector.h"

#include <algorithm>
#include <sstream>

#include <dlib/revision.h>

#include "base/error.h"
#include "base/hash.h"
#include "face/landmarks/find_predictor.h"
#include "weights/model_store.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

/// Counts changes of our own code that move boxes or landmarks, so that a catalog made before one
/// is told from a catalog made after it.
constexpr int kRevision = 2;

/// Enough of a hash to tell files apart, few enough characters to read.
std::string short_hash(const std::string& hex) {
  return hex.substr(0, 12);
}

}  // namespace

void DetectorOptions::validate() const {
  if (detector != "yunet" && detector != "mtcnn" && detector != "mmod" && detector != "hog") {
    fail<UsageError>("there is no detector '{}': choose yunet, mtcnn, mmod or hog", detector);
  }
  // Written so that NaN is refused too.
  if (!(min_face >= 0 && min_face <= 1)) {
    fail<UsageError>("the smallest face is a share of the photo's longer edge, 0 to 1, not {}",
                     min_face);
  }
  if (min_face_pixels < 0) {
    fail<UsageError>("the smallest face has 0 pixels or more, not {}", min_face_pixels);
  }
  if (!(score >= 0 && score <= 1)) {
    fail<UsageError>("--score must lie between 0 and 1, not {}", score);
  }
}

double DetectorOptions::smallest_face(int full_edge) const {
  return std::max({min_face * full_edge, static_cast<double>(min_face_pixels), 1.0});
}

std::string detector_fingerprint(const DetectorOptions& options) {
  options.validate();
  const std::string settings =
      fmt::format("revision {}, min-face {} min-face-pixels {} score {}", kRevision,
                  options.min_face, options.min_face_pixels, options.score);
  if (options.detector == "hog") {
    const std::string predictor = find_landmark_predictor();
    return fmt::format(
        "hog of dlib {}.{}, landmarks {}, {}", DLIB_MAJOR_VERSION, DLIB_MINOR_VERSION,
        predictor.empty() ? "of the box" : short_hash(sha256_of_file(predictor).hex()), settings);
  }
  const SafetensorsFile weights(find_model(options.detector));
  const std::string network =
      fmt::format("{} {}", options.detector, short_hash(weights.payload_sha256()));
  if (options.detector == "yunet") {
    const SafetensorsFile landmarks(find_model("mtcnn"));
    return fmt::format("{}, landmarks mtcnn {}, {}", network,
                       short_hash(landmarks.payload_sha256()), settings);
  }
  if (options.detector == "mmod") {
    const Sha256 predictor = sha256_of_file(need_landmark_predictor());
    return fmt::format("{}, landmarks {}, {}", network, short_hash(predictor.hex()), settings);
  }
  return fmt::format("{}, {}", network, settings);
}

std::optional<DetectorOptions> options_of_fingerprint(const std::string& fingerprint) {
  DetectorOptions options;
  options.detector = fingerprint.substr(0, fingerprint.find(' '));
  const std::size_t settings = fingerprint.find(", min-face ");
  if (settings == std::string::npos) return std::nullopt;
  std::istringstream words(fingerprint.substr(settings + 2));
  std::string min_face, min_face_pixels, score;
  words >> min_face >> options.min_face >> min_face_pixels >> options.min_face_pixels >> score >>
      options.score;
  const bool complete = words && min_face_pixels == "min-face-pixels" && score == "score";
  return complete ? std::optional(options) : std::nullopt;
}

}  // namespace facenet
