#include "pipeline/marks/marked_places.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "face/align.h"
#include "image/warp.h"
#include "pipeline/redetect.h"

namespace facenet {
namespace {

/// Somebody has said that there is a face: much less will do.
constexpr double kFaintScore = 0.1;

/// The box has this many pixels a side in the picture that the detector gets, and that picture is
/// this many times as wide.
constexpr double kMarkPixels = 160;
constexpr double kSurroundings = 2;

/// What the detector gets, and how its pixels lie in the full photo.
struct Cutout {
  Image image;
  Similarity to_photo;
};

Cutout cut_out(const Box& mark, const Image& photo, double to_full) {
  const double side = std::sqrt(static_cast<double>(mark.area()));
  const double scale = side / kMarkPixels;  // full pixels a pixel of the cutout
  const int edge = static_cast<int>(kMarkPixels * kSurroundings);
  const Point centre = mark.centre();
  Cutout cutout;
  const auto corner = [&](float middle) {
    return static_cast<double>(middle) - 0.5 - (edge - 1) / 2.0 * scale;
  };
  cutout.to_photo = {.a = scale, .tx = corner(centre.x), .ty = corner(centre.y)};
  // Pixel edges scale, pixel centres do not.
  const auto shrunken = [&](double full) { return (full + 0.5) / to_full - 0.5; };
  cutout.image = warp(photo,
                      {.a = scale / to_full,
                       .tx = shrunken(cutout.to_photo.tx),
                       .ty = shrunken(cutout.to_photo.ty)},
                      edge, edge);
  return cutout;
}

Face to_photo(const Face& face, const Similarity& map) {
  Face there = face;
  const auto [x, y] =
      map.apply(static_cast<double>(face.box.x) - 0.5, static_cast<double>(face.box.y) - 0.5);
  const auto scale = static_cast<float>(map.a);
  there.box = {static_cast<float>(x) + 0.5F, static_cast<float>(y) + 0.5F, face.box.width * scale,
               face.box.height * scale};
  for (Point& point : there.landmarks) {
    const auto [px, py] = map.apply(static_cast<double>(point.x), static_cast<double>(point.y));
    point = {static_cast<float>(px), static_cast<float>(py)};
  }
  return there;
}

/// Of the faces found around the mark, that which it means most likely.
std::optional<Face> meant_by(const Box& mark, std::span<const Face> found,
                             std::span<const Face> taken) {
  std::optional<Face> best;
  float most = -1;
  for (const Face& face : found) {
    if (!share_centres(mark, face.box)) continue;
    if (std::ranges::any_of(taken, [&](const Face& other) {
          return overlap(other.box, face.box) >= kSameFaceOverlap;
        }))
      continue;
    if (const float shared = overlap(mark, face.box); shared > most) {
      most = shared;
      best = face;
    }
  }
  return best;
}

}  // namespace

DetectorOptions for_marked_places(DetectorOptions options) {
  options.score = std::min(options.score, kFaintScore);
  options.min_face = 0;
  options.min_face_pixels = 0;
  return options;
}

std::vector<Face> faces_at(std::span<const Box> marks, std::span<const Face> known,
                           const Detector& detector, const CloseLook& photo) {
  if (marks.empty()) return {};
  double smallest = std::numeric_limits<double>::max();
  for (const Box& mark : marks)
    smallest = std::min(smallest, std::sqrt(static_cast<double>(mark.area())));
  const int full_edge = std::max(photo.width, photo.height);
  const double wanted = full_edge * std::min(1.0, kMarkPixels / std::max(smallest, 1.0));
  const Image image = photo.decode(static_cast<int>(std::ceil(wanted)));
  const double to_full = static_cast<double>(full_edge) / std::max({image.width, image.height, 1});

  std::vector<Face> taken(known.begin(), known.end());
  std::vector<Face> faces;
  for (const Box& mark : marks) {
    const Cutout cutout = cut_out(mark, image, to_full);
    const int edge = cutout.image.width;
    std::vector<Face> found = detector.detect(std::span(&cutout.image, 1), std::span(&edge, 1))[0];
    for (Face& face : found) face = to_photo(face, cutout.to_photo);
    const auto face = meant_by(mark, found, taken);
    faces.push_back(face ? *face
                         : Face{.box = mark, .score = 0, .landmarks = usual_landmarks(mark)});
    taken.push_back(faces.back());
  }
  return faces;
}

}  // namespace facenet
