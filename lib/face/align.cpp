#include "face/align.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <dlib/geometry.h>

#include "base/error.h"

namespace facenet {
namespace {

// The two places where published embedders expect the landmarks: ArcFace's 112-pixel chip, which
// nearly every network trained since 2019 uses, and dlib's 150-pixel chip with a quarter of
// padding.
const std::array<AlignmentTemplate, 2>& templates() {
  static const std::array<AlignmentTemplate, 2> known{{
      {"arcface-112",
       112,
       {{{38.2946F, 51.6963F},
         {73.5318F, 51.5014F},
         {56.0252F, 71.7366F},
         {41.5493F, 92.3655F},
         {70.7299F, 92.2041F}}}},
      {"dlib-150",
       150,
       {{{47.549F, 46.599F},
         {100.476F, 46.599F},
         {74.013F, 76.562F},
         {50.415F, 103.023F},
         {97.610F, 103.023F}}}},
  }};
  return known;
}

std::string known_names() {
  std::string names;
  for (const AlignmentTemplate& known : templates()) {
    if (!names.empty()) names += ", ";
    names += known.name;
  }
  return names;
}

/// The same map for pixels that are counted from (left, top).
Similarity moved(const Similarity& map, int left, int top) {
  const auto [tx, ty] = map.apply(left, top);
  return {map.a, map.b, tx, ty};
}

}  // namespace

const AlignmentTemplate& find_alignment(const std::string& name) {
  for (const AlignmentTemplate& known : templates()) {
    if (known.name == name) return known;
  }
  fail("there is no alignment '{}': choose {}", name, known_names());
}

Landmarks usual_landmarks(const Box& box) {
  // From the centre, in sides of the square of the same area: people draw wider boxes than
  // detectors.
  constexpr Landmarks kShares{
      {{-0.190F, -0.124F}, {0.190F, -0.124F}, {0, 0.113F}, {-0.170F, 0.285F}, {0.170F, 0.285F}}};
  const float side = std::sqrt(box.area());
  const Point centre = box.centre();
  Landmarks landmarks;
  for (std::size_t i = 0; i < landmarks.size(); ++i)
    landmarks[i] = {centre.x + kShares[i].x * side - 0.5F, centre.y + kShares[i].y * side - 0.5F};
  return landmarks;
}

Similarity chip_to_image(const AlignmentTemplate& target, int size, const Landmarks& landmarks) {
  const double scale = static_cast<double>(size) / target.size;
  std::vector<dlib::dpoint> chip;
  std::vector<dlib::dpoint> image;
  for (std::size_t i = 0; i < landmarks.size(); ++i) {
    // Pixel edges scale, pixel centres do not: they lie half a pixel inside the edges.
    chip.emplace_back((target.points[i].x + 0.5) * scale - 0.5,
                      (target.points[i].y + 0.5) * scale - 0.5);
    image.emplace_back(landmarks[i].x, landmarks[i].y);
  }
  const dlib::point_transform_affine fit = dlib::find_similarity_transform(chip, image);
  return {
      .a = fit.get_m()(0, 0), .b = fit.get_m()(1, 0), .tx = fit.get_b().x(), .ty = fit.get_b().y()};
}

Image align(const Image& image, const AlignmentTemplate& target, const Landmarks& landmarks,
            int size) {
  const int edge = size > 0 ? size : target.size;
  return align(image, target, landmarks, edge, edge);
}

Image align(const Image& image, const AlignmentTemplate& target, const Landmarks& landmarks,
            int height, int width) {
  const int edge = std::max(height, width);
  const Similarity map =
      moved(chip_to_image(target, edge, landmarks), (edge - width) / 2, (edge - height) / 2);
  return warp(image, map, width, height);
}

Image align_loosely(const Image& image, const AlignmentTemplate& target, const Landmarks& landmarks,
                    int edge, int margin) {
  const Similarity map = moved(chip_to_image(target, edge, landmarks), -margin, -margin);
  return warp(image, map, edge + 2 * margin, edge + 2 * margin);
}

}  // namespace facenet
