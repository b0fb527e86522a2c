#include "face/mtcnn_stages.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/empty.h>

#include "base/error.h"

namespace facenet {
namespace {

constexpr int kRefineEdge = 24;
constexpr int kOutputEdge = 48;
/// Windows a forward pass: what the cache holds (128 windows take 1.4 times as long each).
constexpr std::size_t kChunk = 32;

[[noreturn]] void fail_without_output(std::int64_t channels) {
  fail("the weights of the detector mtcnn have no output of {} channels: import them again",
       channels);
}

/// [rows, channels], contiguous.
at::Tensor rows_with(const std::vector<at::Tensor>& outputs, std::size_t rows,
                     std::int64_t channels) {
  const auto count = static_cast<std::int64_t>(rows);
  const at::Tensor output = mtcnn_output(outputs, count, channels);
  if (output.numel() != count * channels) fail_without_output(channels);
  return output.contiguous();
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

/// One of the two networks, and the edge of the windows that it is shown.
struct Stage {
  const GraphNetwork& network;
  int edge;
  bool landmarks;
};

at::Tensor cut_out(std::span<const FaceWindow> windows, std::span<const ImagePyramid> pyramids,
                   int edge) {
  const at::Tensor images =
      transposed_images(static_cast<std::int64_t>(windows.size()), edge, edge);
  auto* pixels = images.data_ptr<float>();
  for (const FaceWindow& window : windows) {
    const ImagePyramid& pyramid = pyramids[static_cast<std::size_t>(window.image)];
    pyramid.sample(window.box, edge, edge, kMtcnnPixels, pixels);
    pixels += static_cast<std::ptrdiff_t>(edge) * edge * 3;
  }
  return images;
}

void judge_chunk(const Stage& stage, std::span<const ImagePyramid> pyramids,
                 std::span<FaceWindow> windows) {
  const std::vector<at::Tensor> outputs = stage.network.run(cut_out(windows, pyramids, stage.edge));
  const std::size_t rows = windows.size();
  const at::Tensor scores = rows_with(outputs, rows, 2);
  const at::Tensor shifts = rows_with(outputs, rows, 4);
  const at::Tensor points = stage.landmarks ? rows_with(outputs, rows, 10) : at::Tensor();
  for (std::size_t i = 0; i < windows.size(); ++i) {
    windows[i].score = scores.data_ptr<float>()[2 * i + 1];
    std::copy_n(shifts.data_ptr<float>() + 4 * i, 4, windows[i].shift.begin());
    if (!stage.landmarks) continue;
    windows[i].landmarks = landmarks_in(windows[i].box, points.data_ptr<float>() + 10 * i);
  }
}

void judge(const Stage& stage, std::span<const ImagePyramid> pyramids,
           std::span<FaceWindow> windows) {
  for (std::size_t begin = 0; begin < windows.size(); begin += kChunk) {
    const std::size_t count = std::min(kChunk, windows.size() - begin);
    judge_chunk(stage, pyramids, windows.subspan(begin, count));
  }
}

}  // namespace

void apply_shift(FaceWindow& window) {
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

void correct(FaceWindow& window) {
  apply_shift(window);
  make_square(window.box);
}

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

at::Tensor transposed_images(std::int64_t count, std::int64_t width, std::int64_t height) {
  return at::empty({count, width, height, 3}, at::kFloat).permute({0, 3, 1, 2});
}

at::Tensor mtcnn_output(const std::vector<at::Tensor>& outputs, std::int64_t rows,
                        std::int64_t channels) {
  for (const at::Tensor& output : outputs) {
    if (output.dim() >= 2 && output.size(0) == rows && output.size(1) == channels) return output;
  }
  fail_without_output(channels);
}

MtcnnStages::MtcnnStages(const SafetensorsFile& file)
    : refine_net_(file, "rnet."), output_net_(file, "onet.") {}

void MtcnnStages::refine(std::span<const ImagePyramid> pyramids,
                         std::span<FaceWindow> windows) const {
  judge({refine_net_, kRefineEdge, false}, pyramids, windows);
}

void MtcnnStages::place_landmarks(std::span<const ImagePyramid> pyramids,
                                  std::span<FaceWindow> windows) const {
  judge({output_net_, kOutputEdge, true}, pyramids, windows);
}

}  // namespace facenet
