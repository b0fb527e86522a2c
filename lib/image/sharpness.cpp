#include "image/sharpness.h"

#include <cmath>
#include <vector>

namespace facenet {
namespace {

/// Brightness by the weights of ITU-R BT.601.
std::vector<float> brightness(const Image& image) {
  std::vector<float> grey(image.pixels.size() / 3);
  for (std::size_t i = 0; i < grey.size(); ++i) {
    const std::uint8_t* pixel = image.pixels.data() + 3 * i;
    grey[i] = 0.299F * pixel[0] + 0.587F * pixel[1] + 0.114F * pixel[2];
  }
  return grey;
}

}  // namespace

double sharpness(const Image& image) {
  constexpr std::size_t kParts = 5;  // the outermost on each side do not count
  const auto width = static_cast<std::size_t>(image.width);
  const auto height = static_cast<std::size_t>(image.height);
  if (width < kParts || height < kParts) return 0;
  const std::vector<float> grey = brightness(image);
  const std::size_t left = width / kParts;
  const std::size_t top = height / kParts;
  double detail = 0;
  double sum = 0;
  double squares = 0;
  for (std::size_t y = top; y < height - top; ++y) {
    for (std::size_t x = left; x < width - left; ++x) {
      const float* at = grey.data() + y * width + x;
      const double value = at[0];
      const double laplacian = 4 * value - at[-1] - at[1] - *(at - width) - at[width];
      detail += laplacian * laplacian;
      sum += value;
      squares += value * value;
    }
  }
  const double count = static_cast<double>((width - 2 * left) * (height - 2 * top));
  const double variance = squares / count - (sum / count) * (sum / count);
  return variance < 1e-3 ? 0 : std::sqrt(detail / count / variance);
}

}  // namespace facenet
