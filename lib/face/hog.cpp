#include "face/hog.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <stdexcept>

#include <dlib/image_processing/frontal_face_detector.h>

#include "base/error.h"
#include "face/confidence.h"
#include "face/dlib_image.h"
#include "face/landmarks/landmarker.h"
#include "face/landmarks/find_predictor.h"

namespace facenet {
namespace {

/// The detector's window is this large: smaller faces are not found.
constexpr double kWindow = 80;
/// The time grows with the image's area; at 1600 pixels it is about a third of a second.
constexpr int kMaxWorkingEdge = 1600;

constexpr ConfidenceScale kScale{.steepness = 2, .lowest = -1};

/// Where the detector's boxes have a mean face's landmarks: what dlib's 68-point predictor finds in
/// 550 of them, on average.
Landmarks from_box(const Box& box) {
  constexpr Landmarks kShares{
      {{0.30F, 0.30F}, {0.69F, 0.30F}, {0.50F, 0.53F}, {0.32F, 0.725F}, {0.69F, 0.725F}}};
  Landmarks landmarks;
  for (std::size_t i = 0; i < landmarks.size(); ++i) {
    landmarks[i] = {box.x + kShares[i].x * box.width - 0.5F,
                    box.y + kShares[i].y * box.height - 0.5F};
  }
  return landmarks;
}

class HogDetector final : public Detector {
 public:
  explicit HogDetector(const DetectorOptions& options)
      : options_(options), detector_(dlib::get_frontal_face_detector()) {
    const std::string path = find_landmark_predictor();
    if (!path.empty()) landmarker_.emplace(path);
  }

  int working_edge(int width, int height) const override {
    const int edge = std::max(width, height);
    const double wanted = std::ceil(edge * kWindow / options_.smallest_face(edge));
    return static_cast<int>(std::min<double>({wanted, kMaxWorkingEdge, double(edge)}));
  }

  std::vector<std::vector<Face>> detect(std::span<const Image> images,
                                        std::span<const int> full_edge) const override {
    if (images.size() != full_edge.size()) throw std::logic_error("an edge for each image");
    // dlib's detector keeps its pyramid inside itself: each call works on its own copy.
    dlib::frontal_face_detector detector = detector_;
    std::vector<std::vector<Face>> faces;
    for (std::size_t i = 0; i < images.size(); ++i) {
      const double share = options_.smallest_face(full_edge[i]) / full_edge[i];
      faces.push_back(find(detector, images[i], share));
    }
    return faces;
  }

 private:
  std::vector<Face> find(dlib::frontal_face_detector& detector, const Image& image,
                         double smallest_share) const {
    if (image.empty()) return {};
    const double smallest = smallest_share * std::max(image.width, image.height);
    std::vector<dlib::rect_detection> detections;
    detector(to_dlib(image), detections, kScale.confidence_of(options_.score));
    std::vector<Box> boxes;
    std::vector<float> scores;
    for (const dlib::rect_detection& detection : detections) {
      const dlib::rectangle& rect = detection.rect;
      if (static_cast<double>(std::min(rect.width(), rect.height())) < smallest) continue;
      boxes.push_back({static_cast<float>(rect.left()), static_cast<float>(rect.top()),
                       static_cast<float>(rect.width()), static_cast<float>(rect.height())});
      scores.push_back(kScale.score_of(detection.detection_confidence));
    }
    const std::vector<Landmarks> landmarks = landmarks_of(image, boxes);
    std::vector<Face> faces;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      faces.push_back({boxes[i], scores[i], landmarks[i]});
    }
    sort_faces(faces);
    return faces;
  }

  std::vector<Landmarks> landmarks_of(const Image& image, std::span<const Box> boxes) const {
    if (landmarker_) return landmarker_->find(image, boxes);
    std::vector<Landmarks> landmarks;
    std::ranges::transform(boxes, std::back_inserter(landmarks), from_box);
    return landmarks;
  }

  DetectorOptions options_;
  dlib::frontal_face_detector detector_;
  std::optional<Landmarker> landmarker_;
};

}  // namespace

std::unique_ptr<Detector> make_hog_detector(const DetectorOptions& options) {
  return std::make_unique<HogDetector>(options);
}

}  // namespace facenet
