#include "face/mtcnn.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <stdexcept>

#include <ATen/core/Tensor.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "face/mtcnn_stages.h"
#include "face/nms.h"
#include "face/pyramid.h"
#include "nn/runtime/graph_network.h"
#include "weights/model_store.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

// The published cascade's constants. Tuning them shifts what the weights were trained on.
constexpr int kCell = 12;   ///< P-Net's window…
constexpr int kStride = 2;  ///< …and the step between its windows
/// The published code measures P-Net's shifts from the first to the last of its twelve pixels.
constexpr float kCellShift = 11.0F / 12.0F;
constexpr double kPyramidFactor = 0.709;
constexpr float kProposeScore = 0.6F;
constexpr float kRefineScore = 0.7F;
constexpr double kLevelOverlap = 0.5;
constexpr double kOverlap = 0.7;
/// Windows that overlap a face's by this much look at the same face.
constexpr float kSameFace = 0.7F;

/// Pixels that the smallest face has in the image that a photo is shrunk to. Twice as many find no
/// more faces and move landmarks by a fortieth of the distance between the eyes.
constexpr double kWorkingFace = 24;
/// Photos are shrunk to this longer edge at most, unless a share of the edge is asked for: the time
/// grows with the area. 12 megapixels at full size, for faces of 20 pixels, take eleven times as
/// long as for the faces of 60 pixels that are found so.
constexpr double kLargestWorkingEdge = 1600;

using WindowIterator = std::vector<FaceWindow>::const_iterator;

/// The windows of an image stand together.
WindowIterator end_of_image(WindowIterator begin, WindowIterator end) {
  return std::find_if(begin, end, [&](const FaceWindow& w) { return w.image != begin->image; });
}

/// Non-maximum suppression in each image apart.
std::vector<FaceWindow> suppress(const std::vector<FaceWindow>& windows, OverlapLimit limit) {
  std::vector<FaceWindow> stay;
  for (auto begin = windows.begin(); begin != windows.end();) {
    const auto end = end_of_image(begin, windows.end());
    std::vector<Box> boxes;
    std::vector<float> scores;
    for (auto window = begin; window != end; ++window) {
      boxes.push_back(window->box);
      scores.push_back(window->score);
    }
    for (const int index : suppress_overlaps(boxes, scores, {limit})) {
      stay.push_back(begin[index]);
    }
    begin = end;
  }
  return stay;
}

/// P-Net's windows in one level of the pyramid, in image pixels.
std::vector<FaceWindow> windows_in_level(const std::vector<at::Tensor>& outputs, int image,
                                         float scale_x, float scale_y) {
  const at::Tensor probability = mtcnn_output(outputs, 1, 2)[0][1];
  const at::Tensor shift = mtcnn_output(outputs, 1, 4)[0].flatten(1);
  if (probability.dim() != 2 || shift.dim() != 2 || shift.size(1) != probability.numel())
    fail("the weights of the detector mtcnn do not judge every place: import them again");
  const at::Tensor cells = (probability >= kProposeScore).flatten().nonzero().flatten();
  const at::Tensor scores = probability.flatten().index_select(0, cells);
  const at::Tensor shifts = shift.index_select(1, cells).t().contiguous();
  const std::int64_t rows = probability.size(1);

  std::vector<FaceWindow> windows(static_cast<std::size_t>(cells.numel()));
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const std::int64_t cell = cells.data_ptr<std::int64_t>()[i];
    const std::int64_t column = cell / rows;
    const auto x = static_cast<float>(column * kStride);
    const auto y = static_cast<float>(cell % rows * kStride);
    windows[i].image = image;
    windows[i].box = {x * scale_x, y * scale_y, kCell * scale_x, kCell * scale_y};
    windows[i].score = scores.data_ptr<float>()[i];
    for (std::size_t edge = 0; edge < 4; ++edge) {
      windows[i].shift[edge] = shifts.data_ptr<float>()[4 * i + edge] * kCellShift;
    }
  }
  return windows;
}

/// Several windows lead to most faces, each with its own guess at the landmarks: their mean,
/// weighed by score, errs less than the best window's. (Of LFW's View 1 images, all pairs, it
/// accepts 99.06 % instead of 98.94 % of the same people at FAR 1e-3.) Box and score stay the best
/// window's.
void agree_on_landmarks(std::vector<FaceWindow>& faces, const std::vector<FaceWindow>& windows) {
  auto first = windows.begin();
  for (FaceWindow& face : faces) {
    while (first->image != face.image) ++first;
    Landmarks sum{};
    float weight = 0;
    for (auto other = first; other != windows.end() && other->image == face.image; ++other) {
      if (overlap(face.box, other->box) < kSameFace) continue;
      weight += other->score;
      for (std::size_t i = 0; i < sum.size(); ++i) {
        sum[i].x += other->score * other->landmarks[i].x;
        sum[i].y += other->score * other->landmarks[i].y;
      }
    }
    for (std::size_t i = 0; i < sum.size(); ++i) {
      face.landmarks[i] = {sum[i].x / weight, sum[i].y / weight};
    }
  }
}

void correct_all(std::vector<FaceWindow>& windows) {
  std::ranges::for_each(windows, correct);
  std::erase_if(windows, [](const FaceWindow& window) { return !(window.box.width >= 1); });
}

void drop_below(float score, std::vector<FaceWindow>& windows) {
  std::erase_if(windows, [&](const FaceWindow& window) { return !(window.score >= score); });
}

class MtcnnDetector final : public Detector {
 public:
  MtcnnDetector(const DetectorOptions& options, const std::string& weights)
      : options_(options), file_(weights), propose_net_(file_, "pnet."), stages_(file_) {}

  int working_edge(int width, int height) const override {
    const int edge = std::max(width, height);
    return std::min(edge, static_cast<int>(std::ceil(kWorkingFace / smallest_share(edge))));
  }

  std::vector<std::vector<Face>> detect(std::span<const Image> images,
                                        std::span<const int> full_edge) const override;

 private:
  /// The smallest face as a share of the longer edge.
  double smallest_share(int full_edge) const {
    const double asked = options_.smallest_face(full_edge) / full_edge;
    return options_.min_face > 0 ? asked : std::max(asked, kWorkingFace / kLargestWorkingEdge);
  }

  std::vector<FaceWindow> propose(const ImagePyramid& pyramid, int image, double smallest) const;
  std::vector<Face> finish(std::span<const FaceWindow> windows, double smallest) const;

  DetectorOptions options_;
  SafetensorsFile file_;  ///< the networks use its memory
  GraphNetwork propose_net_;
  MtcnnStages stages_;
};

std::vector<FaceWindow> MtcnnDetector::propose(const ImagePyramid& pyramid, int image,
                                               double smallest) const {
  const Box whole{0, 0, static_cast<float>(pyramid.image().width),
                  static_cast<float>(pyramid.image().height)};
  std::vector<FaceWindow> found;
  // A face of fewer pixels than P-Net's window is not there to be found by enlarging.
  for (double face = std::max<double>(smallest, kCell);; face /= kPyramidFactor) {
    const auto width = static_cast<int>(std::lround(whole.width * kCell / face));
    const auto height = static_cast<int>(std::lround(whole.height * kCell / face));
    if (std::min(width, height) < kCell) break;
    const at::Tensor input = transposed_images(1, width, height);
    pyramid.sample(whole, width, height, kMtcnnPixels, input.data_ptr<float>());
    const std::vector<FaceWindow> level =
        windows_in_level(propose_net_.run(input), image, whole.width / static_cast<float>(width),
                         whole.height / static_cast<float>(height));
    std::ranges::copy(suppress(level, {OverlapMeasure::kUnion, kLevelOverlap}),
                      std::back_inserter(found));
  }
  found = suppress(found, {OverlapMeasure::kUnion, kOverlap});
  correct_all(found);
  return found;
}

std::vector<Face> MtcnnDetector::finish(std::span<const FaceWindow> windows,
                                        double smallest) const {
  std::vector<Face> faces;
  for (const FaceWindow& window : windows) {
    const Face face{window.box, window.score, window.landmarks};
    if (std::min(face.box.width, face.box.height) >= smallest && plausible(face)) {
      faces.push_back(face);
    }
  }
  sort_faces(faces);
  return faces;
}

std::vector<std::vector<Face>> MtcnnDetector::detect(std::span<const Image> images,
                                                     std::span<const int> full_edge) const {
  if (images.size() != full_edge.size()) throw std::logic_error("an edge for each image");
  const c10::InferenceMode inference;
  std::vector<ImagePyramid> pyramids;
  std::vector<double> smallest;
  std::vector<FaceWindow> windows;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const int edge = std::max(images[i].width, images[i].height);
    smallest.push_back(smallest_share(full_edge[i]) * edge);
    pyramids.emplace_back(images[i]);
    std::ranges::copy(propose(pyramids[i], static_cast<int>(i), smallest[i]),
                      std::back_inserter(windows));
  }

  stages_.refine(pyramids, windows);
  drop_below(kRefineScore, windows);
  windows = suppress(windows, {OverlapMeasure::kUnion, kOverlap});
  correct_all(windows);
  stages_.place_landmarks(pyramids, windows);
  drop_below(static_cast<float>(options_.score), windows);
  std::ranges::for_each(windows, apply_shift);
  std::vector<FaceWindow> found = suppress(windows, {OverlapMeasure::kSmaller, kOverlap});
  agree_on_landmarks(found, windows);

  std::vector<std::vector<Face>> faces(images.size());
  for (auto begin = found.cbegin(); begin != found.cend();) {
    const auto end = end_of_image(begin, found.cend());
    const auto image = static_cast<std::size_t>(begin->image);
    faces[image] = finish({begin, end}, smallest[image]);
    begin = end;
  }
  return faces;
}

}  // namespace

std::unique_ptr<Detector> make_mtcnn_detector(const DetectorOptions& options) {
  return std::make_unique<MtcnnDetector>(options, find_model("mtcnn"));
}

}  // namespace facenet
