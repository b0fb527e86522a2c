#include "face/pyramid.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace facenet {
namespace {

constexpr int kChannels = 3;

/// Means of 2 x 2 pixels; an odd last row or column is its own neighbour.
Image halve(const Image& image) {
  Image half((image.width + 1) / 2, (image.height + 1) / 2);
  for (int y = 0; y < half.height; ++y) {
    const std::uint8_t* upper = image.row(2 * y);
    const std::uint8_t* lower = image.row(std::min(2 * y + 1, image.height - 1));
    std::uint8_t* out = half.row(y);
    const int pairs = image.width / 2;
    for (int x = 0; x < pairs; ++x) {
      for (int c = 0; c < kChannels; ++c) {
        const int left = 2 * x * kChannels + c;
        const int right = left + kChannels;
        const int sum = upper[left] + upper[right] + lower[left] + lower[right];
        out[x * kChannels + c] = static_cast<std::uint8_t>((sum + 2) / 4);
      }
    }
    if (pairs == half.width) continue;
    for (int c = 0; c < kChannels; ++c) {
      const int last = (image.width - 1) * kChannels + c;
      out[pairs * kChannels + c] = static_cast<std::uint8_t>((upper[last] + lower[last] + 1) / 2);
    }
  }
  return half;
}

/// An axis of the source: its pixels, and where its content ends (an odd image's half ends in the
/// middle of a pixel).
struct Axis {
  int pixels;
  double extent;
};

/// Which source pixels make each output pixel along one axis, and how much of each.
class Taps {
 public:
  struct Span {
    int first;                       ///< source pixel
    std::span<const float> weights;  ///< of the pixels from `first` on; none where all is outside
  };

  /// Output pixel i covers the source from start + i * step to start + (i + 1) * step.
  Taps(const Axis& axis, double start, double step, int count) {
    ends_.reserve(static_cast<std::size_t>(count));
    firsts_.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      const double begin = start + i * step;
      firsts_.push_back(step >= 1 ? average(axis, begin, begin + step)
                                  : interpolate(axis, begin + step / 2));
      ends_.push_back(weights_.size());
    }
  }

  Span operator[](int i) const {
    const auto index = static_cast<std::size_t>(i);
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return {firsts_[index], std::span(weights_).subspan(begin, ends_[index] - begin)};
  }

  /// The source pixels from the first to behind the last that any output pixel needs.
  std::pair<int, int> range() const {
    std::pair<int, int> range{0, 0};
    for (int i = 0; i < static_cast<int>(ends_.size()); ++i) {
      const auto [first, weights] = (*this)[i];
      if (weights.empty()) continue;
      if (range.second == 0) range.first = first;
      range.second = first + static_cast<int>(weights.size());
    }
    return range;
  }

 private:
  int average(const Axis& axis, double begin, double end) {
    const double from = std::max(begin, 0.0);
    const double to = std::min(end, axis.extent);
    if (from >= to) return 0;
    const int first = static_cast<int>(from);
    const int last = std::min(static_cast<int>(std::ceil(to)), axis.pixels);
    for (int pixel = first; pixel < last; ++pixel) {
      const double covered = std::min(to, pixel + 1.0) - std::max<double>(from, pixel);
      weights_.push_back(static_cast<float>(covered / (end - begin)));
    }
    return first;
  }

  int interpolate(const Axis& axis, double position) {
    if (position < 0 || position >= axis.extent) return 0;
    const double centred = std::clamp(position - 0.5, 0.0, axis.pixels - 1.0);
    const int first = static_cast<int>(centred);
    const auto fraction = static_cast<float>(centred - first);
    weights_.push_back(1.0F - fraction);
    if (first + 1 < axis.pixels) weights_.push_back(fraction);
    return first;
  }

  std::vector<int> firsts_;
  std::vector<std::size_t> ends_;  ///< behind the last weight of each output pixel
  std::vector<float> weights_;
};

/// One output row, not yet shrunk across: the inner loop runs over contiguous memory. `row` holds
/// the source's columns from `first_column` on.
void blend_rows(const Image& source, const Taps::Span& tap, int first_column,
                std::span<float> row) {
  std::fill(row.begin(), row.end(), 0.0F);
  int y = tap.first;
  for (const float weight : tap.weights) {
    const std::uint8_t* pixels =
        source.row(y++) + static_cast<std::ptrdiff_t>(first_column) * kChannels;
    for (std::size_t i = 0; i < row.size(); ++i) row[i] += weight * static_cast<float>(pixels[i]);
  }
}

}  // namespace

ImagePyramid::ImagePyramid(const Image& image) {
  std::size_t count = 1;
  for (int edge = std::max(image.width, image.height); edge > 1; edge = (edge + 1) / 2) ++count;
  halves_.reserve(count);
  levels_.push_back(&image);
  while (levels_.size() < count) levels_.push_back(&halves_.emplace_back(halve(*levels_.back())));
}

int ImagePyramid::level_for(double shrink) const {
  // Never more than what is asked for: the rest is averaged exactly.
  const int level = shrink < 2 ? 0 : static_cast<int>(std::log2(shrink));
  return std::min(level, static_cast<int>(levels_.size()) - 1);
}

/// Calls put(x, y, values) with the three values of every pixel.
template <class Put>
void ImagePyramid::sample_rows(const Box& region, int width, int height, const Put& put) const {
  const double step_x = static_cast<double>(region.width) / width;
  const double step_y = static_cast<double>(region.height) / height;
  const int level = level_for(std::min(step_x, step_y));
  const double half = std::ldexp(1.0, -level);
  const Image& source = *levels_[static_cast<std::size_t>(level)];
  const Taps columns({source.width, image().width * half}, region.x * half, step_x * half, width);
  const Taps rows({source.height, image().height * half}, region.y * half, step_y * half, height);

  const auto [first, end] = columns.range();
  std::vector<float> row(static_cast<std::size_t>(end - first) * kChannels);
  for (int y = 0; y < height; ++y) {
    blend_rows(source, rows[y], first, row);
    for (int x = 0; x < width; ++x) {
      const auto [column, weights] = columns[x];
      const float* from = row.data() + static_cast<std::ptrdiff_t>(column - first) * kChannels;
      float sum[kChannels] = {0, 0, 0};
      for (const float weight : weights) {
        for (int c = 0; c < kChannels; ++c) sum[c] += weight * *from++;
      }
      put(x, y, sum);
    }
  }
}

void ImagePyramid::sample(const Box& region, int width, int height, const PixelScale& scale,
                          float* out) const {
  sample_rows(region, width, height, [&](int x, int y, const float* values) {
    float* pixel = out + (static_cast<std::ptrdiff_t>(x) * height + y) * kChannels;
    for (int c = 0; c < kChannels; ++c) pixel[c] = (values[c] - scale.mean) / scale.divisor;
  });
}

Image ImagePyramid::sample(const Box& region, int width, int height) const {
  Image image(width, height);
  sample_rows(region, width, height, [&](int x, int y, const float* values) {
    std::uint8_t* pixel = image.row(y) + static_cast<std::ptrdiff_t>(x) * kChannels;
    for (int c = 0; c < kChannels; ++c) {
      pixel[c] = static_cast<std::uint8_t>(std::min(values[c] + 0.5F, 255.0F));
    }
  });
  return image;
}

}  // namespace facenet
