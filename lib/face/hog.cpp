#include "face/hog.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <stdexcept>

#include <dlib/image_processing/frontal_face_detector.h>
#include <dlib/image_processing/shape_predictor.h>

#include "base/error.h"
#include "face/align.h"
#include "face/predictor.h"

namespace facenet {
namespace {

using Pixels = dlib::array2d<dlib::rgb_pixel>;

/// The detector's window is this large: smaller faces are not found.
constexpr double kWindow = 80;
/// The time grows with the image's area; at 1600 pixels it is about a third of a second.
constexpr int kMaxWorkingEdge = 1600;

constexpr double kScoreAtZero = 0.9;
constexpr double kScoreSteepness = 2;
constexpr double kLowestConfidence = -1;

double log_odds(double probability) {
  return std::log(probability / (1 - probability));
}

float score_of(double confidence) {
  const double odds = kScoreSteepness * confidence + log_odds(kScoreAtZero);
  return static_cast<float>(1 / (1 + std::exp(-odds)));
}

double confidence_of(double score) {
  return std::max((log_odds(score) - log_odds(kScoreAtZero)) / kScoreSteepness, kLowestConfidence);
}

Pixels to_dlib(const Image& image) {
  Pixels pixels(image.height, image.width);
  static_assert(sizeof(dlib::rgb_pixel) == 3);
  for (int y = 0; y < image.height; ++y) {
    std::memcpy(&pixels[y][0], image.row(y), static_cast<std::size_t>(image.width) * 3);
  }
  return pixels;
}

using Parts = std::vector<Point>;

Point mean(const Parts& parts, std::size_t begin, std::size_t end) {
  Point sum;
  for (std::size_t i = begin; i < end; ++i) sum = {sum.x + parts[i].x, sum.y + parts[i].y};
  const auto count = static_cast<float>(end - begin);
  return {sum.x / count, sum.y / count};
}

/// iBUG's 68 points: the eyes' outlines, the tip of the nose, the corners of the mouth.
Landmarks from_68_points(const Parts& parts) {
  return {mean(parts, 36, 42), mean(parts, 42, 48), parts[30], parts[48], parts[54]};
}

/// dlib's five points: the right eye's corners, the left eye's (as they stand in the picture), the
/// base of the nose. The rest is put where a mean face, laid over these three, has it.
Landmarks from_5_points(const Parts& parts) {
  // The five points' mean in dlib's 150-pixel chip (dlib/image_transforms/interpolation.h).
  const std::vector<dlib::dpoint> mean_face{{47.73, 47.14}, {100.28, 47.12}, {74.01, 87.78}};
  const Point left = mean(parts, 2, 4);
  const Point right = mean(parts, 0, 2);
  const std::vector<dlib::dpoint> found{
      {left.x, left.y}, {right.x, right.y}, {parts[4].x, parts[4].y}};
  const auto to_face = dlib::find_similarity_transform(mean_face, found);
  Landmarks landmarks{left, right};
  const Landmarks& chip = find_alignment("dlib-150").points;
  for (std::size_t i = 2; i < landmarks.size(); ++i) {
    const dlib::dpoint point = to_face(dlib::dpoint(chip[i].x, chip[i].y));
    landmarks[i] = {static_cast<float>(point.x()), static_cast<float>(point.y())};
  }
  return landmarks;
}

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

dlib::shape_predictor load_predictor(const std::string& path) {
  dlib::shape_predictor predictor;
  try {
    dlib::deserialize(path) >> predictor;
  } catch (const std::exception& error) {
    fail("the landmark predictor {} is damaged ({}): install it again or remove it", path,
         error.what());
  }
  if (predictor.num_parts() != 5 && predictor.num_parts() != 68) {
    fail("the landmark predictor {} finds {} points and not 5 or 68: remove it", path,
         predictor.num_parts());
  }
  return predictor;
}

class HogDetector final : public Detector {
 public:
  explicit HogDetector(const DetectorOptions& options)
      : options_(options), detector_(dlib::get_frontal_face_detector()) {
    const std::string path = find_landmark_predictor();
    if (path.empty()) return;
    predictor_ = load_predictor(path);
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
    const Pixels pixels = to_dlib(image);
    const double smallest = smallest_share * std::max(image.width, image.height);
    std::vector<dlib::rect_detection> detections;
    detector(pixels, detections, confidence_of(options_.score));
    std::vector<Face> faces;
    for (const dlib::rect_detection& detection : detections) {
      const dlib::rectangle& rect = detection.rect;
      if (static_cast<double>(std::min(rect.width(), rect.height())) < smallest) continue;
      const Box box{static_cast<float>(rect.left()), static_cast<float>(rect.top()),
                    static_cast<float>(rect.width()), static_cast<float>(rect.height())};
      faces.push_back(
          {box, score_of(detection.detection_confidence), landmarks(pixels, rect, box)});
    }
    sort_faces(faces);
    return faces;
  }

  Landmarks landmarks(const Pixels& pixels, const dlib::rectangle& rect, const Box& box) const {
    if (!predictor_) return from_box(box);
    const dlib::full_object_detection shape = (*predictor_)(pixels, rect);
    Parts parts;
    for (unsigned long i = 0; i < shape.num_parts(); ++i) {
      const dlib::point& part = shape.part(i);
      parts.push_back({static_cast<float>(part.x()), static_cast<float>(part.y())});
    }
    return parts.size() == 5 ? from_5_points(parts) : from_68_points(parts);
  }

  DetectorOptions options_;
  dlib::frontal_face_detector detector_;
  std::optional<dlib::shape_predictor> predictor_;
};

}  // namespace

std::unique_ptr<Detector> make_hog_detector(const DetectorOptions& options) {
  return std::make_unique<HogDetector>(options);
}

}  // namespace facenet
