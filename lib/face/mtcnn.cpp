#include "face/mtcnn.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <stdexcept>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "face/nms.h"
#include "face/pyramid.h"
#include "nn/runtime/graph_network.h"
#include "weights/model_store.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

// The published cascade's constants. Tuning them shifts what the weights were trained on.
constexpr PixelScale kPixelScale{.mean = 127.5F, .divisor = 128.0F};
constexpr int kCell = 12;   ///< P-Net's window…
constexpr int kStride = 2;  ///< …and the step between its windows
/// The published code measures P-Net's shifts from the first to the last of its twelve pixels.
constexpr float kCellShift = 11.0F / 12.0F;
constexpr double kPyramidFactor = 0.709;
constexpr int kRefineEdge = 24;
constexpr int kOutputEdge = 48;
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
/// Windows a forward pass: what the cache holds (128 windows take 1.4 times as long each).
constexpr std::size_t kChunk = 32;

/// A place that may be a face, on its way through the cascade.
struct Window {
  int image = 0;
  Box box;
  float score = 0;
  std::array<float, 4>
      shift{};  ///< of the left, top, right, bottom edge, in box widths and heights
  Landmarks landmarks{};
};

void apply_shift(Window& window) {
  Box& box = window.box;
  const float left = box.x + window.shift[0] * box.width;
  const float top = box.y + window.shift[1] * box.height;
  const float right = box.x + box.width + window.shift[2] * box.width;
  const float bottom = box.y + box.height + window.shift[3] * box.height;
  box = {left, top, right - left, bottom - top};
}

void make_square(Box& box) {
  const float edge = std::max(box.width, box.height);
  const Point centre = box.centre();
  box = {centre.x - edge / 2, centre.y - edge / 2, edge, edge};
}

/// What R-Net and O-Net are shown is the square around the corrected box.
void correct(std::vector<Window>& windows) {
  for (Window& window : windows) {
    apply_shift(window);
    make_square(window.box);
  }
  // A correction that turns a box inside out leaves nothing to look at.
  std::erase_if(windows, [](const Window& window) { return !(window.box.width >= 1); });
}

using WindowIterator = std::vector<Window>::const_iterator;

/// The windows of an image stand together.
WindowIterator end_of_image(WindowIterator begin, WindowIterator end) {
  return std::find_if(begin, end, [&](const Window& w) { return w.image != begin->image; });
}

/// Non-maximum suppression in each image apart.
std::vector<Window> suppress(const std::vector<Window>& windows, OverlapLimit limit) {
  std::vector<Window> stay;
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

/// A network's outputs differ in their number of channels, and file formats keep neither their
/// order nor their names.
at::Tensor output_with(const std::vector<at::Tensor>& outputs, std::int64_t channels) {
  for (const at::Tensor& output : outputs) {
    if (output.dim() >= 2 && output.size(1) == channels) return output;
  }
  fail("the weights of the detector mtcnn have no output of {} channels: import them again",
       channels);
}

/// [n, channels, ...] as contiguous rows.
at::Tensor rows_with(const std::vector<at::Tensor>& outputs, std::int64_t channels) {
  return output_with(outputs, channels).flatten(1).contiguous();
}

/// Memory for `count` images as the networks were trained to see them: transposed, after MATLAB's
/// order of pixels. [n, 3, width, height], channels last, so that its memory is what
/// ImagePyramid::sample() writes.
at::Tensor transposed_images(std::int64_t count, std::int64_t width, std::int64_t height) {
  return at::empty({count, width, height, 3}, at::kFloat).permute({0, 3, 1, 2});
}

/// P-Net's windows in one level of the pyramid, in image pixels.
std::vector<Window> windows_in_level(const std::vector<at::Tensor>& outputs, int image,
                                     float scale_x, float scale_y) {
  const at::Tensor probability = output_with(outputs, 2)[0][1];
  const at::Tensor shift = output_with(outputs, 4)[0].flatten(1);
  const at::Tensor cells = (probability >= kProposeScore).flatten().nonzero().flatten();
  const at::Tensor scores = probability.flatten().index_select(0, cells);
  const at::Tensor shifts = shift.index_select(1, cells).t().contiguous();
  const std::int64_t rows = probability.size(1);

  std::vector<Window> windows(static_cast<std::size_t>(cells.numel()));
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

/// Five x, then five y, as shares of the square that O-Net was shown. Half a pixel leads from edges
/// to centres of pixels: without it, landmarks of a mirror image lie one pixel beside those of the
/// image, whatever the size of the face.
Landmarks landmarks_in(const Box& box, const float* shares) {
  Landmarks landmarks;
  for (std::size_t i = 0; i < landmarks.size(); ++i) {
    landmarks[i] = {box.x + shares[i] * box.width - 0.5F,
                    box.y + shares[i + landmarks.size()] * box.height - 0.5F};
  }
  return landmarks;
}

/// Landmarks from which a chip can be cut: near the box, the eyes apart. False for NaN.
bool plausible(const Face& face) {
  const Box& box = face.box;
  const auto near_box = [&](const Point& p) {
    return std::abs(p.x - box.centre().x) <= box.width &&
           std::abs(p.y - box.centre().y) <= box.height;
  };
  const float eyes = std::hypot(face.landmarks[1].x - face.landmarks[0].x,
                                face.landmarks[1].y - face.landmarks[0].y);
  return eyes > 0 && std::all_of(face.landmarks.begin(), face.landmarks.end(), near_box);
}

/// Several windows lead to most faces, each with its own guess at the landmarks: their mean,
/// weighed by score, errs less than the best window's. (Of LFW's View 1 images, all pairs, it
/// accepts 99.06 % instead of 98.94 % of the same people at FAR 1e-3.) Box and score stay the best
/// window's.
void agree_on_landmarks(std::vector<Window>& faces, const std::vector<Window>& windows) {
  auto first = windows.begin();
  for (Window& face : faces) {
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

/// One of the two networks that judge windows cut out of the images.
struct Stage {
  const GraphNetwork& network;
  int edge;
  float threshold;
  bool landmarks;
};

at::Tensor cut_out(std::span<const Window> windows, std::span<const ImagePyramid> pyramids,
                   int edge) {
  const at::Tensor images =
      transposed_images(static_cast<std::int64_t>(windows.size()), edge, edge);
  auto* pixels = images.data_ptr<float>();
  for (const Window& window : windows) {
    const ImagePyramid& pyramid = pyramids[static_cast<std::size_t>(window.image)];
    pyramid.sample(window.box, edge, edge, kPixelScale, pixels);
    pixels += static_cast<std::ptrdiff_t>(edge) * edge * 3;
  }
  return images;
}

void judge(const Stage& stage, std::span<const ImagePyramid> pyramids, std::span<Window> windows) {
  const std::vector<at::Tensor> outputs = stage.network.run(cut_out(windows, pyramids, stage.edge));
  const at::Tensor scores = rows_with(outputs, 2);
  const at::Tensor shifts = rows_with(outputs, 4);
  const at::Tensor points = stage.landmarks ? rows_with(outputs, 10) : at::Tensor();
  for (std::size_t i = 0; i < windows.size(); ++i) {
    windows[i].score = scores.data_ptr<float>()[2 * i + 1];
    std::copy_n(shifts.data_ptr<float>() + 4 * i, 4, windows[i].shift.begin());
    if (!stage.landmarks) continue;
    windows[i].landmarks = landmarks_in(windows[i].box, points.data_ptr<float>() + 10 * i);
  }
}

/// Shows the windows of all images to the next network and drops those below its threshold.
void look_again(const Stage& stage, std::span<const ImagePyramid> pyramids,
                std::vector<Window>& windows) {
  for (std::size_t begin = 0; begin < windows.size(); begin += kChunk) {
    const std::size_t count = std::min(kChunk, windows.size() - begin);
    judge(stage, pyramids, std::span(windows).subspan(begin, count));
  }
  std::erase_if(windows, [&](const Window& window) { return !(window.score >= stage.threshold); });
}

class MtcnnDetector final : public Detector {
 public:
  MtcnnDetector(const DetectorOptions& options, const std::string& weights)
      : options_(options),
        file_(weights),
        propose_net_(file_, "pnet."),
        refine_net_(file_, "rnet."),
        output_net_(file_, "onet.") {}

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

  std::vector<Window> propose(const ImagePyramid& pyramid, int image, double smallest) const;
  std::vector<Face> finish(std::span<const Window> windows, double smallest) const;

  DetectorOptions options_;
  SafetensorsFile file_;  ///< the networks use its memory
  GraphNetwork propose_net_;
  GraphNetwork refine_net_;
  GraphNetwork output_net_;
};

std::vector<Window> MtcnnDetector::propose(const ImagePyramid& pyramid, int image,
                                           double smallest) const {
  const Box whole{0, 0, static_cast<float>(pyramid.image().width),
                  static_cast<float>(pyramid.image().height)};
  std::vector<Window> found;
  // A face of fewer pixels than P-Net's window is not there to be found by enlarging.
  for (double face = std::max<double>(smallest, kCell);; face /= kPyramidFactor) {
    const auto width = static_cast<int>(std::lround(whole.width * kCell / face));
    const auto height = static_cast<int>(std::lround(whole.height * kCell / face));
    if (std::min(width, height) < kCell) break;
    const at::Tensor input = transposed_images(1, width, height);
    pyramid.sample(whole, width, height, kPixelScale, input.data_ptr<float>());
    const std::vector<Window> level =
        windows_in_level(propose_net_.run(input), image, whole.width / static_cast<float>(width),
                         whole.height / static_cast<float>(height));
    std::ranges::copy(suppress(level, {OverlapMeasure::kUnion, kLevelOverlap}),
                      std::back_inserter(found));
  }
  found = suppress(found, {OverlapMeasure::kUnion, kOverlap});
  correct(found);
  return found;
}

std::vector<Face> MtcnnDetector::finish(std::span<const Window> windows, double smallest) const {
  std::vector<Face> faces;
  for (const Window& window : windows) {
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
  std::vector<Window> windows;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const int edge = std::max(images[i].width, images[i].height);
    smallest.push_back(smallest_share(full_edge[i]) * edge);
    pyramids.emplace_back(images[i]);
    std::ranges::copy(propose(pyramids[i], static_cast<int>(i), smallest[i]),
                      std::back_inserter(windows));
  }

  look_again({refine_net_, kRefineEdge, kRefineScore, false}, pyramids, windows);
  windows = suppress(windows, {OverlapMeasure::kUnion, kOverlap});
  correct(windows);
  const auto score = static_cast<float>(options_.score);
  look_again({output_net_, kOutputEdge, score, true}, pyramids, windows);
  std::ranges::for_each(windows, apply_shift);
  std::vector<Window> found = suppress(windows, {OverlapMeasure::kSmaller, kOverlap});
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
  return std::make_unique<MtcnnDetector>(options, find_model(kDefaultDetector));
}

}  // namespace facenet
