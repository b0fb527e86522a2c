#include "face/landmarks/landmarker.h"

#include <cmath>

#include <dlib/geometry.h>

#include "base/error.h"
#include "face/align.h"
#include "face/dlib_image.h"
#include "face/landmarks/shape_predictor.h"

namespace facenet {
namespace {

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

ShapePredictor load(const std::string& path) {
  ShapePredictor predictor(path);
  if (const std::size_t points = predictor.count_points(); points != 5 && points != 68)
    fail("the landmark predictor {} finds {} points and not 5 or 68: remove it", path, points);
  return predictor;
}

dlib::rectangle to_dlib(const Box& box) {
  return {std::lround(box.x), std::lround(box.y), std::lround(box.x + box.width) - 1,
          std::lround(box.y + box.height) - 1};
}

}  // namespace

struct Landmarker::Impl {
  ShapePredictor predictor;
};

Landmarker::Landmarker(const std::string& path) : impl_(new Impl{load(path)}) {}

Landmarker::~Landmarker() = default;

std::vector<Landmarks> Landmarker::find(const Image& image, std::span<const Box> boxes) const {
  std::vector<Landmarks> landmarks;
  if (boxes.empty()) return landmarks;
  const DlibImage pixels = to_dlib(image);
  for (const Box& box : boxes) {
    Parts parts;
    for (const dlib::point& part : impl_->predictor.find(pixels, to_dlib(box)))
      parts.push_back({static_cast<float>(part.x()), static_cast<float>(part.y())});
    landmarks.push_back(parts.size() == 5 ? from_5_points(parts) : from_68_points(parts));
  }
  return landmarks;
}

}  // namespace facenet
