#include "face/mmod.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "face/confidence.h"
#include "face/landmarks/landmarker.h"
#include "face/nms.h"
#include "face/landmarks/find_predictor.h"
#include "face/tiled_pyramid.h"
#include "nn/runtime/graph_network.h"
#include "weights/mmod_settings.h"
#include "weights/model_store.h"

namespace facenet {
namespace {

/// Time and memory grow with the image's area: at 1600 x 1200 pixels a pass takes 200 MB.
constexpr int kMaxWorkingEdge = 1600;
/// Each doubling of a small image costs four times the time for faces of half the size.
constexpr double kMostEnlarged = 2;

/// The network was trained to say 1 of a face and -1 of anything else.
constexpr ConfidenceScale kScale{.steepness = 4, .lowest = -1};

/// Places whose confidence is high enough, in whole pixels of the pyramid's first level.
struct Detections {
  std::vector<Box> boxes;
  std::vector<float> confidences;
};

/// The view of a tile in the canvas [1, 3, height, width].
at::Tensor view_of(const at::Tensor& canvas, const Tile& tile) {
  return canvas.narrow(2, tile.y, tile.height).narrow(3, tile.x, tile.width);
}

class MmodDetector final : public Detector {
 public:
  MmodDetector(const DetectorOptions& options, const SafetensorsFile& file)
      : options_(options),
        settings_(read_mmod_settings(file)),
        normalisation_(read_model_info(file).normalisation),
        network_(file),
        landmarker_(need_landmark_predictor()) {}

  int working_edge(int width, int height) const override {
    const int edge = std::max(width, height);
    const double wanted = std::ceil(edge * smallest_window() / options_.smallest_face(edge));
    return static_cast<int>(std::min<double>({wanted, kMaxWorkingEdge, double(edge)}));
  }

  std::vector<std::vector<Face>> detect(std::span<const Image> images,
                                        std::span<const int> full_edge) const override {
    if (images.size() != full_edge.size()) throw std::logic_error("an edge for each image");
    const c10::InferenceMode inference;
    std::vector<std::vector<Face>> faces;
    for (std::size_t i = 0; i < images.size(); ++i) {
      const double share = options_.smallest_face(full_edge[i]) / full_edge[i];
      faces.push_back(find(images[i], share * std::max(images[i].width, images[i].height)));
    }
    return faces;
  }

 private:
  double smallest_window() const {
    int smallest = settings_.windows[0][0];
    for (const auto& [width, height] : settings_.windows) {
      smallest = std::min({smallest, width, height});
    }
    return smallest;
  }

  std::vector<Face> find(const Image& image, double smallest) const {
    if (image.empty()) return {};
    const int edge = std::max(image.width, image.height);
    const double most = std::clamp(static_cast<double>(kMaxWorkingEdge) / edge, 1.0, kMostEnlarged);
    const double scale = std::clamp(smallest_window() / smallest, 1.0, most);
    const auto width = static_cast<int>(std::lround(image.width * scale));
    const auto height = static_cast<int>(std::lround(image.height * scale));
    // Half a face may hang over the image's edge, and the network needs some pixels to stand on.
    if (std::min(width, height) * 2 < smallest_window()) return {};

    const TiledPyramid pyramid(width, height, settings_.padding, settings_.outer_padding);
    const at::Tensor map = network_.run(paint(image, pyramid)).at(0);
    const Detections detections = read(map, pyramid);
    const float to_x = static_cast<float>(image.width) / static_cast<float>(width);
    const float to_y = static_cast<float>(image.height) / static_cast<float>(height);
    std::vector<Box> boxes;
    std::vector<float> scores;
    // dlib::test_box_overlap's two tests.
    for (const int index :
         suppress_overlaps(detections.boxes, detections.confidences,
                           {{OverlapMeasure::kEnclosing, settings_.most_shared},
                            {OverlapMeasure::kSmaller, settings_.most_covered}})) {
      const auto i = static_cast<std::size_t>(index);
      const Box& found = detections.boxes[i];
      const Box box{found.x * to_x, found.y * to_y, found.width * to_x, found.height * to_y};
      if (std::min(box.width, box.height) < smallest) continue;
      boxes.push_back(box);
      scores.push_back(kScale.score_of(detections.confidences[i]));
    }
    const std::vector<Landmarks> landmarks = landmarker_.find(image, boxes);
    std::vector<Face> faces;
    faces.reserve(boxes.size());
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      faces.push_back({boxes[i], scores[i], landmarks[i]});
    }
    sort_faces(faces);
    return faces;
  }

  /// The canvas [1, 3, height, width] with the image's pyramid on it, whose first level is the
  /// image, enlarged where it is smaller.
  at::Tensor paint(const Image& image, const TiledPyramid& pyramid) const {
    const at::Tensor bytes = at::from_blob(const_cast<std::uint8_t*>(image.pixels.data()),
                                           {1, image.height, image.width, 3}, at::kByte);
    const auto per_channel = [](const std::array<float, 3>& values) {
      return at::tensor(at::ArrayRef<float>(values)).reshape({1, 3, 1, 1});
    };
    at::Tensor pixels = bytes.permute({0, 3, 1, 2}).to(at::kFloat).contiguous();
    if (normalisation_.bgr) pixels = pixels.flip(1);
    pixels.sub_(per_channel(normalisation_.mean)).div_(per_channel(normalisation_.divisor));
    const Tile& first = pyramid.tiles[0];
    if (first.width != image.width || first.height != image.height) {
      pixels =
          at::upsample_bilinear2d(pixels, {first.height, first.width}, /*align_corners=*/false);
    }
    const at::Tensor canvas = at::zeros({1, 3, pyramid.height, pyramid.width});
    view_of(canvas, first).copy_(pixels);
    for (std::size_t i = 1; i < pyramid.tiles.size(); ++i) {
      const Tile& tile = pyramid.tiles[i];
      pixels = at::upsample_bilinear2d(pixels, {tile.height, tile.width}, /*align_corners=*/true);
      view_of(canvas, tile).copy_(pixels);
    }
    return canvas;
  }

  /// All places in the map [1, windows, rows, columns] whose confidence is high enough.
  Detections read(const at::Tensor& map, const TiledPyramid& pyramid) const {
    if (map.dim() != 4 || map.size(1) != std::ssize(settings_.windows)) {
      fail(
          "the weights of the detector mmod do not give one map for each window: import them "
          "again");
    }
    const at::Tensor flat = map.flatten();
    const at::Tensor cells = (flat > kScale.confidence_of(options_.score)).nonzero().flatten();
    const at::Tensor confidences = flat.index_select(0, cells);
    const std::int64_t rows = map.size(2);
    const std::int64_t columns = map.size(3);
    Detections detections;
    for (std::int64_t i = 0; i < cells.numel(); ++i) {
      const std::int64_t cell = cells.data_ptr<std::int64_t>()[i];
      const auto& [width, height] =
          settings_.windows[static_cast<std::size_t>(cell / columns / rows)];
      const auto x = settings_.first[0] + settings_.step[0] * static_cast<int>(cell % columns);
      const auto y =
          settings_.first[1] + settings_.step[1] * static_cast<int>(cell / columns % rows);
      const int level = pyramid.tile_at(x, y);
      const Tile& tile = pyramid.tiles[static_cast<std::size_t>(level)];
      const double half_width = (width - 1) / 2.0;
      const double half_height = (height - 1) / 2.0;
      // All edges are inclusive, as dlib rounds them.
      const auto edge = [&](double coordinate) {
        return static_cast<float>(std::floor(coordinate_in_image(level, coordinate) + 0.5));
      };
      const float left = edge(x - tile.x - half_width);
      const float top = edge(y - tile.y - half_height);
      detections.boxes.push_back({left, top, edge(x - tile.x + half_width) - left + 1,
                                  edge(y - tile.y + half_height) - top + 1});
      detections.confidences.push_back(confidences.data_ptr<float>()[i]);
    }
    return detections;
  }

  DetectorOptions options_;
  MmodSettings settings_;
  Normalisation normalisation_;
  GraphNetwork network_;
  Landmarker landmarker_;
};

}  // namespace

std::unique_ptr<Detector> make_mmod_detector(const DetectorOptions& options) {
  return std::make_unique<MmodDetector>(options, SafetensorsFile(find_model("mmod")));
}

}  // namespace facenet
