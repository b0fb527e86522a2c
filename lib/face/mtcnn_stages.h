#pragma once

#include <array>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "face/face.h"
#include "face/pyramid.h"
#include "nn/runtime/graph_network.h"
#include "weights/safetensors.h"

// The last two networks of MTCNN, which judge windows that were cut out of photos: the detector
// mtcnn runs them on what its first network proposes, yunet on what it has found.
namespace facenet {

/// A place that may be a face, on its way through the networks.
struct FaceWindow {
  int image = 0;
  Box box;
  float score = 0;
  std::array<float, 4>
      shift{};  ///< of the left, top, right, bottom edge, in box widths and heights
  Landmarks landmarks{};
};

void apply_shift(FaceWindow& window);
void make_square(Box& box);
/// What R-Net and O-Net are shown is the square around the corrected box. A correction that turns a
/// box inside out leaves nothing to look at: its width is below 1 then.
void correct(FaceWindow& window);

/// Landmarks from which a chip can be cut: near the box, the eyes apart. False for NaN.
bool plausible(const Face& face);

/// What the three networks were trained on: pixels scaled so…
inline constexpr PixelScale kMtcnnPixels{.mean = 127.5F, .divisor = 128.0F};
/// …in images that are transposed, after MATLAB's order of pixels. Memory for `count` of them:
/// [n, 3, width, height], channels last, so that it is what ImagePyramid::sample() writes.
at::Tensor transposed_images(std::int64_t count, std::int64_t width, std::int64_t height);

/// The output of shape [rows, channels, ...]: file formats keep neither the order of a network's
/// outputs nor their names. Throws Error when there is none.
at::Tensor mtcnn_output(const std::vector<at::Tensor>& outputs, std::int64_t rows,
                        std::int64_t channels);

/// R-Net and O-Net. Several threads may call at once.
class MtcnnStages {
 public:
  /// Of the weights file of mtcnn, which must outlive it. Throws Error when it is damaged.
  explicit MtcnnStages(const SafetensorsFile& file);

  /// R-Net's score and shift of each window; window.image is the index of its pyramid.
  void refine(std::span<const ImagePyramid> pyramids, std::span<FaceWindow> windows) const;
  /// O-Net's score, shift and landmarks.
  void place_landmarks(std::span<const ImagePyramid> pyramids, std::span<FaceWindow> windows) const;

 private:
  GraphNetwork refine_net_;
  GraphNetwork output_net_;
};

}  // namespace facenet
