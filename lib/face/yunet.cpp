#include "face/yunet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "face/confidence.h"
#include "face/mtcnn_stages.h"
#include "face/nms.h"
#include "face/pyramid.h"
#include "image/turn.h"
#include "nn/runtime/graph_network.h"
#include "weights/model_store.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

constexpr std::array kStrides{8, 16, 32};
constexpr int kCoarsest = kStrides.back();  ///< the network takes whole cells of its coarsest grid
constexpr double kSameBox = 0.45;           ///< boxes that share more are of one face, as published

// What follows was chosen on every other one of 394 photos of WIDER FACE's validation set, and
// judged on the rest (scripts/bench/detectors.py --wider).

/// Longer edge of the first look. Faces that fill a larger image are lost.
constexpr int kLookEdge = 640;
/// Longer edge of the second look, and of its tiles where the smallest face asks for more.
constexpr int kCloseEdge = 960;
/// Pixels that the smallest face has in the image that a photo is shrunk to, where a share of the
/// edge is asked for.
constexpr double kCloseFace = 24;
/// Neighbouring tiles share so many pixels: any face of fewer lies in one of them as a whole.
constexpr int kTileOverlap = 128;
/// A second look pays where the first sees a face of fewer pixels, or so many faces.
constexpr float kSmallFace = 24;
constexpr std::size_t kManyFaces = 3;
/// What has less is no face, nor a hint at one.
constexpr float kHint = 0.6F;

/// A photo whose best face has less may lie on a side or stand on its head.
constexpr float kSurelyUpright = 0.92F;
constexpr int kTurnEdge = 320;          ///< longer edge at which the four turns are compared
constexpr float kUprightAhead = 0.02F;  ///< as the photo is stored, it needs so much less
/// The least that YuNet itself must say of faces of a turned photo: nothing else vouches for them.
constexpr float kTurnedScore = 0.8F;

/// O-Net's share of the score: it has seen the face at twice to four times the size.
constexpr float kSecondOpinion = 0.2F;
/// The score that gets DetectorOptions's default, 0.9.
constexpr double kUsualScore = 0.75;
constexpr ConfidenceScale kOddsScale{.steepness = 1, .lowest = -5};

double log_odds(double probability) {
  return std::log(probability / (1 - probability));
}

/// The network's score on the scale of DetectorOptions: the odds, three times.
float public_score(double score) {
  return kOddsScale.score_of(log_odds(score) - log_odds(kUsualScore));
}

double own_score(double public_score) {
  const double log = kOddsScale.confidence_of(public_score) + log_odds(kUsualScore);
  return 1 / (1 + std::exp(-log));
}

int padded(int pixels) {
  return (pixels + kCoarsest - 1) / kCoarsest * kCoarsest;
}

int longer_edge(const Image& image) {
  return std::max(image.width, image.height);
}

/// A part of an image, which the network is shown with zeros to the right and below.
struct View {
  const Image* image;
  int x = 0, y = 0, width = 0, height = 0;
};

View whole(const Image& image) {
  return {&image, 0, 0, image.width, image.height};
}

/// Writes blue, green, red, from 0 to 255, to the upper left of an image that is `columns` wide.
void paint(const View& view, std::int64_t columns, float* out) {
  for (int y = 0; y < view.height; ++y) {
    const std::uint8_t* from =
        view.image->row(view.y + y) + static_cast<std::ptrdiff_t>(view.x) * 3;
    float* to = out + y * columns * 3;
    for (int x = 0; x < view.width; ++x, from += 3, to += 3) {
      to[0] = from[2];
      to[1] = from[1];
      to[2] = from[0];
    }
  }
}

/// The image with its longer edge shrunk to `edge`, never enlarged.
Image shrunk(const ImagePyramid& pyramid, int edge) {
  const Image& image = pyramid.image();
  const double factor = static_cast<double>(edge) / longer_edge(image);
  if (factor >= 1) return image;
  const auto pixels = [&](int length) {
    return std::max(1, static_cast<int>(std::lround(length * factor)));
  };
  return pyramid.sample({0, 0, static_cast<float>(image.width), static_cast<float>(image.height)},
                        pixels(image.width), pixels(image.height));
}

/// Begins and lengths of equal parts of at most kCloseEdge that overlap by kTileOverlap or more.
std::vector<std::pair<int, int>> parts_of(int length) {
  constexpr int kStep = kCloseEdge - kTileOverlap;
  const int count = std::max(1, (length - kTileOverlap + kStep - 1) / kStep);
  const int size = (length + (count - 1) * kTileOverlap + count - 1) / count;
  std::vector<std::pair<int, int>> parts;
  for (int i = 0; i < count; ++i) {
    parts.emplace_back(std::min(i * (size - kTileOverlap), length - size), size);
  }
  return parts;
}

std::vector<View> tiles_of(const Image& image) {
  std::vector<View> tiles;
  for (const auto& [y, height] : parts_of(image.height)) {
    for (const auto& [x, width] : parts_of(image.width)) {
      tiles.push_back({&image, x, y, width, height});
    }
  }
  return tiles;
}

/// Whether a neighbouring tile has the face as a whole, or the first look has it.
bool is_for_others(const Box& box, const View& tile) {
  if (std::max(box.width, box.height) >= static_cast<float>(kTileOverlap)) return true;
  const auto is_cut = [](float begin, float length, int start, int size, int all) {
    return (start > 0 && begin <= 0) ||
           (start + size < all && begin + length >= static_cast<float>(size));
  };
  return is_cut(box.x, box.width, tile.x, tile.width, tile.image->width) ||
         is_cut(box.y, box.height, tile.y, tile.height, tile.image->height);
}

Face moved(Face face, int right, int down) {
  const auto move = [&](auto& place) {
    place.x += static_cast<float>(right);
    place.y += static_cast<float>(down);
  };
  move(face.box);
  std::ranges::for_each(face.landmarks, move);
  return face;
}

float best_score(const std::vector<Face>& faces) {
  float best = 0;
  for (const Face& face : faces) best = std::max(best, face.score);
  return best;
}

std::vector<Face> suppressed(const std::vector<Face>& faces) {
  std::vector<Box> boxes;
  std::vector<float> scores;
  for (const Face& face : faces) {
    boxes.push_back(face.box);
    scores.push_back(face.score);
  }
  std::vector<Face> stay;
  for (const int index : suppress_overlaps(boxes, scores, {{OverlapMeasure::kUnion, kSameBox}})) {
    stay.push_back(faces[static_cast<std::size_t>(index)]);
  }
  return stay;
}

/// The mean of two looks at one face errs less than either: O-Net's at YuNet's box, and at the box
/// that it makes of that itself.
void average_landmarks(FaceWindow& window, const FaceWindow& again) {
  if (!plausible({window.box, again.score, again.landmarks})) return;
  for (std::size_t k = 0; k < window.landmarks.size(); ++k) {
    Point& point = window.landmarks[k];
    const Point& other = again.landmarks[k];
    point = {(point.x + other.x) / 2, (point.y + other.y) / 2};
  }
}

/// A photo on its way through the networks.
struct Photo {
  const Image* stored;
  int quarters = 0;         ///< by which it has to be turned clockwise…
  Image upright;            ///< …and what that gives; empty when it is none
  Image small;              ///< as the first look sees it
  std::vector<Face> faces;  ///< of small, then of image(), with YuNet's score and landmarks

  const Image& image() const { return quarters == 0 ? *stored : upright; }
};

class YunetDetector final : public Detector {
 public:
  YunetDetector(const DetectorOptions& options, const std::string& weights,
                const std::string& second_weights)
      : options_(options),
        file_(weights),
        second_file_(second_weights),
        network_(file_),
        stages_(second_file_) {
    const auto asked = static_cast<float>(own_score(options.score));
    candidate_ = (asked - kSecondOpinion) / (1 - kSecondOpinion);
    hint_ = std::min(kHint, std::max(candidate_, 0.3F));
  }

  int working_edge(int width, int height) const override {
    const int edge = std::max(width, height);
    const double wanted = std::ceil(kCloseFace * edge / options_.smallest_face(edge));
    const double most = options_.min_face > 0 ? wanted : std::min<double>(wanted, kCloseEdge);
    return std::min(edge, static_cast<int>(most));
  }

  std::vector<std::vector<Face>> detect(std::span<const Image> images,
                                        std::span<const int> full_edge) const override;

 private:
  std::vector<std::vector<Face>> look(std::span<const View> views) const;
  std::vector<std::vector<Face>> look_at_size(std::span<const View> views, int width,
                                              int height) const;
  void turn_upright(Photo& photo) const;
  bool wants_second_look(const Photo& photo) const;
  void look_closer(Photo& photo) const;
  std::vector<FaceWindow> second_opinions(std::span<const Photo> photos,
                                          std::span<const ImagePyramid> pyramids) const;
  std::vector<Face> finish(const Photo& photo, std::span<const FaceWindow> windows,
                           double smallest) const;

  DetectorOptions options_;
  SafetensorsFile file_;  ///< the networks use its memory
  SafetensorsFile second_file_;
  GraphNetwork network_;
  MtcnnStages stages_;
  float candidate_ = 0;  ///< with less, a second opinion cannot make it a face
  float hint_ = 0;       ///< what is looked at
};

/// Faces of each view, in its pixels. Views of one size, when padded, go together.
std::vector<std::vector<Face>> YunetDetector::look(std::span<const View> views) const {
  std::map<std::pair<int, int>, std::vector<std::size_t>> by_size;
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (views[i].width == 0) continue;
    by_size[{padded(views[i].width), padded(views[i].height)}].push_back(i);
  }
  std::vector<std::vector<Face>> faces(views.size());
  for (const auto& [size, members] : by_size) {
    std::vector<View> group;
    for (const std::size_t i : members) group.push_back(views[i]);
    auto found = look_at_size(group, size.first, size.second);
    for (std::size_t k = 0; k < members.size(); ++k) faces[members[k]] = suppressed(found[k]);
  }
  return faces;
}

std::vector<std::vector<Face>> YunetDetector::look_at_size(std::span<const View> views, int width,
                                                           int height) const {
  const at::Tensor input = at::zeros({std::ssize(views), height, width, 3}, at::kFloat);
  for (std::int64_t i = 0; i < std::ssize(views); ++i) {
    paint(views[static_cast<std::size_t>(i)], width, input[i].data_ptr<float>());
  }
  const std::vector<at::Tensor> outputs = network_.run_batch(input.permute({0, 3, 1, 2}));
  // Faces, objects, boxes, points, each for the three grids.
  constexpr std::array<std::int64_t, 4> kNumbers{1, 1, 4, 10};
  std::vector<std::vector<Face>> faces(views.size());
  for (std::size_t g = 0; g < kStrides.size(); ++g) {
    YunetGrid grid{kStrides[g], height / kStrides[g], width / kStrides[g]};
    for (std::size_t kind = 0; kind < kNumbers.size(); ++kind) {
      const std::size_t index = kind * kStrides.size() + g;
      if (index >= outputs.size() ||
          outputs[index].numel() != std::ssize(views) * grid.rows * grid.columns * kNumbers[kind]) {
        fail("the weights of the detector yunet do not give what it needs: import them again");
      }
    }
    for (std::size_t i = 0; i < views.size(); ++i) {
      const auto numbers = [&](std::size_t kind) {
        return outputs[kind * kStrides.size() + g][static_cast<std::int64_t>(i)].data_ptr<float>();
      };
      grid.faces = numbers(0);
      grid.objects = numbers(1);
      grid.boxes = numbers(2);
      grid.points = numbers(3);
      std::ranges::move(read_yunet_grid(grid, hint_), std::back_inserter(faces[i]));
    }
  }
  return faces;
}

/// Turns a photo on its side or head. YuNet finds many faces there, too, but draws landmarks on
/// them that are upright, so what it finds in the photo as it is cannot be used.
void YunetDetector::turn_upright(Photo& photo) const {
  const ImagePyramid pyramid(photo.small);
  std::array<Image, 4> turns;
  std::vector<View> views;
  for (std::size_t q = 0; q < turns.size(); ++q) {
    turns[q] = q == 0 ? shrunk(pyramid, kTurnEdge) : turned(turns[0], static_cast<int>(q));
    views.push_back(whole(turns[q]));
  }
  const auto found = look(views);
  int best = 0;
  float best_yet = std::max(best_score(found[0]) + kUprightAhead, kTurnedScore);
  for (std::size_t q = 1; q < turns.size(); ++q) {
    const float score = best_score(found[q]);
    if (score <= best_yet) continue;
    best_yet = score;
    best = static_cast<int>(q);
  }
  if (best == 0) return;
  Image small = turned(photo.small, best);
  const View view = whole(small);
  auto faces = look({&view, 1}).front();
  if (best_score(faces) <= best_score(photo.faces)) return;
  photo.quarters = best;
  photo.upright = turned(*photo.stored, best);
  photo.small = std::move(small);
  photo.faces = std::move(faces);
}

bool YunetDetector::wants_second_look(const Photo& photo) const {
  const bool has_more = longer_edge(photo.small) < longer_edge(photo.image());
  if (!has_more || options_.min_face > 0) return has_more;
  return photo.faces.size() >= kManyFaces || std::ranges::any_of(photo.faces, [](const Face& face) {
           return std::max(face.box.width, face.box.height) < kSmallFace;
         });
}

/// Adds what is found in all of the image's pixels; photo.faces are in pixels of it from here on.
void YunetDetector::look_closer(Photo& photo) const {
  const bool again = wants_second_look(photo);
  const float factor =
      static_cast<float>(longer_edge(photo.image())) / static_cast<float>(longer_edge(photo.small));
  for (Face& face : photo.faces) face = scaled(face, factor);
  if (!again) return;
  const std::vector<View> tiles = tiles_of(photo.image());
  for (const View& tile : tiles) {  // one by one: many of a large photo do not fit the cache
    const auto found = look({&tile, 1});
    for (const Face& face : found.front()) {
      if (tiles.size() > 1 && is_for_others(face.box, tile)) continue;
      photo.faces.push_back(moved(face, tile.x, tile.y));
    }
  }
  photo.faces = suppressed(photo.faces);
}

/// What O-Net says of every face that YuNet has found, one photo after the other.
std::vector<FaceWindow> YunetDetector::second_opinions(
    std::span<const Photo> photos, std::span<const ImagePyramid> pyramids) const {
  std::vector<FaceWindow> windows;
  for (std::size_t i = 0; i < photos.size(); ++i) {
    for (const Face& face : photos[i].faces) {
      FaceWindow& window = windows.emplace_back();
      window.image = static_cast<int>(i);
      window.box = face.box;
      make_square(window.box);
    }
  }
  stages_.place_landmarks(pyramids, windows);
  std::vector<FaceWindow> again = windows;
  for (std::size_t i = 0; i < again.size(); ++i) {
    correct(again[i]);
    if (!(again[i].box.width >= 1)) again[i].box = windows[i].box;  // turned inside out
  }
  stages_.place_landmarks(pyramids, again);
  for (std::size_t i = 0; i < windows.size(); ++i) average_landmarks(windows[i], again[i]);
  return windows;
}

/// `smallest` in pixels of the stored image.
std::vector<Face> YunetDetector::finish(const Photo& photo, std::span<const FaceWindow> windows,
                                        double smallest) const {
  std::vector<Face> faces;
  for (std::size_t i = 0; i < photo.faces.size(); ++i) {
    Face face = photo.faces[i];
    const FaceWindow& second = windows[i];
    if (photo.quarters != 0 && face.score < kTurnedScore) continue;
    const float score = (1 - kSecondOpinion) * face.score + kSecondOpinion * second.score;
    face.score = public_score(score);
    if (!(face.score >= options_.score)) continue;
    // Faces that are aligned by O-Net's landmarks are recognised better than by YuNet's own.
    if (plausible({face.box, second.score, second.landmarks})) face.landmarks = second.landmarks;
    if (std::min(face.box.width, face.box.height) < smallest || !plausible(face)) continue;
    faces.push_back(turned_back(face, photo.quarters, photo.stored->width, photo.stored->height));
  }
  sort_faces(faces);
  return faces;
}

std::vector<std::vector<Face>> YunetDetector::detect(std::span<const Image> images,
                                                     std::span<const int> full_edge) const {
  if (images.size() != full_edge.size()) throw std::logic_error("an edge for each image");
  const c10::InferenceMode inference;
  std::vector<Photo> photos(images.size());
  std::vector<ImagePyramid> pyramids;
  std::vector<View> views;
  for (std::size_t i = 0; i < images.size(); ++i) {
    photos[i].stored = &images[i];
    pyramids.emplace_back(images[i]);
    photos[i].small = shrunk(pyramids[i], kLookEdge);
    views.push_back(whole(photos[i].small));
  }
  auto found = look(views);
  for (std::size_t i = 0; i < images.size(); ++i) {
    Photo& photo = photos[i];
    if (images[i].empty()) continue;
    photo.faces = std::move(found[i]);
    if (best_score(photo.faces) < kSurelyUpright) turn_upright(photo);
    if (photo.quarters != 0) pyramids[i] = ImagePyramid(photo.upright);
    look_closer(photo);
    std::erase_if(photo.faces, [&](const Face& face) { return face.score < candidate_; });
  }
  const std::vector<FaceWindow> windows = second_opinions(photos, pyramids);

  std::vector<std::vector<Face>> faces;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const double share = options_.smallest_face(full_edge[i]) / full_edge[i];
    const std::size_t count = photos[i].faces.size();
    faces.push_back(finish(photos[i], std::span(windows).subspan(begin, count),
                           share * longer_edge(images[i])));
    begin += count;
  }
  return faces;
}

}  // namespace

std::vector<Face> read_yunet_grid(const YunetGrid& grid, float least) {
  std::vector<Face> faces;
  const auto stride = static_cast<float>(grid.stride);
  const float least_product = least * least;
  for (int row = 0; row < grid.rows; ++row) {
    for (int column = 0; column < grid.columns; ++column) {
      const std::ptrdiff_t cell = static_cast<std::ptrdiff_t>(row) * grid.columns + column;
      const float product = grid.faces[cell] * grid.objects[cell];
      if (!(product >= least_product)) continue;
      const float* box = grid.boxes + 4 * cell;
      const float* points = grid.points + 10 * cell;
      const auto x = static_cast<float>(column);
      const auto y = static_cast<float>(row);
      const float width = std::exp(box[2]) * stride;
      const float height = std::exp(box[3]) * stride;
      Face face{
          {(x + box[0]) * stride - width / 2, (y + box[1]) * stride - height / 2, width, height},
          std::sqrt(product),
          {}};
      for (std::size_t i = 0; i < face.landmarks.size(); ++i) {
        face.landmarks[i] = {(x + points[2 * i]) * stride - 0.5F,
                             (y + points[2 * i + 1]) * stride - 0.5F};
      }
      if (std::isfinite(face.box.x + face.box.y + face.box.area())) faces.push_back(face);
    }
  }
  return faces;
}

Face turned_back(const Face& face, int quarters, int width, int height) {
  const auto w = static_cast<float>(width);
  const auto h = static_cast<float>(height);
  const auto point = [&](const Point& p) -> Point {  // between edges of pixels
    switch (quarters) {
      case 1:
        return {p.y, h - p.x};
      case 2:
        return {w - p.x, h - p.y};
      case 3:
        return {w - p.y, p.x};
      default:
        return p;
    }
  };
  const Point a = point({face.box.x, face.box.y});
  const Point b = point({face.box.x + face.box.width, face.box.y + face.box.height});
  Face back = face;
  back.box = {std::min(a.x, b.x), std::min(a.y, b.y), std::abs(b.x - a.x), std::abs(b.y - a.y)};
  for (Point& p : back.landmarks) {
    const Point moved = point({p.x + 0.5F, p.y + 0.5F});
    p = {moved.x - 0.5F, moved.y - 0.5F};
  }
  return back;
}

std::unique_ptr<Detector> make_yunet_detector(const DetectorOptions& options) {
  return std::make_unique<YunetDetector>(options, find_model("yunet"), find_model("mtcnn"));
}

}  // namespace facenet
