#include "image/warp.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace facenet {
namespace {

// Samples closer than the source's pixels give the mean of an area, whichever way it is turned.
// Their number is the square of the scale; where it is large, whole blocks of pixels are averaged
// first, which leaves a scale of 2 to 3. Larger blocks would be faster, but blur.
constexpr double kFewSamples = 4;
constexpr double kLargestBlock = 1 << 20;  // no photo is larger

// One bilinear sample weighs the pixels up to one away, so below this scale it passes over none of
// them, and more samples would only blur.
constexpr double kOneSample = 1.6;

/// Samples along an edge of an output pixel that covers `scale` x `scale` pixels of the source.
int samples_for(double scale) {
  if (scale <= kOneSample) return 1;
  return static_cast<int>(std::ceil(1.5 * std::min(scale, kFewSamples)));
}

using Point = std::array<double, 2>;

/// Reads the source between its pixels and adds up what it finds.
class Sampler {
 public:
  explicit Sampler(const Image& source) : source_(source) {}

  /// Whether all four neighbours of the point are pixels of the source.
  bool inside(const Point& point) const {
    return point[0] >= 0 && point[0] < source_.width - 1 && point[1] >= 0 &&
           point[1] < source_.height - 1;
  }

  /// Whether that holds for all the squares of a row of pixels: their hull is a parallelogram.
  bool row_inside(const Similarity& to_source, int width, int y) const {
    return inside(to_source.apply(-0.5, y - 0.5)) && inside(to_source.apply(-0.5, y + 0.5)) &&
           inside(to_source.apply(width - 0.5, y - 0.5)) &&
           inside(to_source.apply(width - 0.5, y + 0.5));
  }

  /// For points that are inside().
  void add_inside(const Point& point, std::array<float, 3>& sum) const {
    const int left = static_cast<int>(point[0]);
    const int top = static_cast<int>(point[1]);
    const auto right_part = static_cast<float>(point[0] - left);
    const auto bottom_part = static_cast<float>(point[1] - top);
    const std::uint8_t* upper = source_.row(top) + 3 * static_cast<std::ptrdiff_t>(left);
    const std::uint8_t* lower = upper + 3 * static_cast<std::ptrdiff_t>(source_.width);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const float above = mix(upper[channel], upper[channel + 3], right_part);
      const float below = mix(lower[channel], lower[channel + 3], right_part);
      sum[channel] += above + (below - above) * bottom_part;
    }
  }

  /// For any point: what lies outside the source is black.
  void add(const Point& point, std::array<float, 3>& sum) const {
    if (inside(point)) return add_inside(point, sum);
    if (point[0] <= -1 || point[0] >= source_.width || point[1] <= -1 ||
        point[1] >= source_.height) {
      return;
    }
    const int left = static_cast<int>(std::floor(point[0]));
    const int top = static_cast<int>(std::floor(point[1]));
    const auto right_part = static_cast<float>(point[0] - left);
    const auto bottom_part = static_cast<float>(point[1] - top);
    add_pixel(left, top, (1 - right_part) * (1 - bottom_part), sum);
    add_pixel(left + 1, top, right_part * (1 - bottom_part), sum);
    add_pixel(left, top + 1, (1 - right_part) * bottom_part, sum);
    add_pixel(left + 1, top + 1, right_part * bottom_part, sum);
  }

 private:
  static float mix(std::uint8_t from, std::uint8_t to, float part) {
    const auto start = static_cast<float>(from);
    return start + (static_cast<float>(to) - start) * part;
  }

  void add_pixel(int x, int y, float weight, std::array<float, 3>& sum) const {
    if (x < 0 || x >= source_.width || y < 0 || y >= source_.height) return;
    const std::uint8_t* pixel = source_.row(y) + 3 * static_cast<std::ptrdiff_t>(x);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      sum[channel] += weight * static_cast<float>(pixel[channel]);
    }
  }

  const Image& source_;
};

bool finite(const Similarity& s) {
  return std::isfinite(s.a) && std::isfinite(s.b) && std::isfinite(s.tx) && std::isfinite(s.ty);
}

/// From `begin` to before `end`, along one axis of the source.
struct Range {
  int begin, end;
};

/// The pixels that lie between the two coordinates, `margin` more, and no further than `margin`
/// beyond the source's `size`.
Range covered(double from, double to, int margin, int size) {
  const auto limit = [&](double at) {
    return static_cast<int>(std::clamp(at, -double(margin), double(size) + margin));
  };
  return {limit(std::floor(from) - margin), limit(std::ceil(to) + margin + 1)};
}

/// The part of a source that a result needs, each pixel the mean of `block` x `block`. Blocks
/// that stick out of the source are black there.
class Blocks {
 public:
  Blocks(const Image& source, const Similarity& to_source, int width, int height, int block)
      : source_(source), block_(block) {
    std::array<double, 4> x{};
    std::array<double, 4> y{};
    for (std::size_t corner = 0; corner < 4; ++corner) {
      const auto at = to_source.apply(corner % 2 == 0 ? -0.5 : width - 0.5,
                                      corner / 2 == 0 ? -0.5 : height - 0.5);
      x[corner] = at[0];
      y[corner] = at[1];
    }
    columns_ = covered(std::ranges::min(x), std::ranges::max(x), block, source.width);
    rows_ = covered(std::ranges::min(y), std::ranges::max(y), block, source.height);
  }

  Image means() const {
    Image result((columns_.end - columns_.begin) / block_ + 1,
                 (rows_.end - rows_.begin) / block_ + 1);
    const auto area = static_cast<std::uint64_t>(block_) * static_cast<std::uint64_t>(block_);
    std::vector<std::uint64_t> sums(static_cast<std::size_t>(result.width) * 3);
    for (int y = 0; y < result.height; ++y) {
      std::fill(sums.begin(), sums.end(), 0);
      const int top = rows_.begin + y * block_;
      for (int row = std::max(top, 0); row < std::min(top + block_, source_.height); ++row) {
        add_row(row, sums);
      }
      std::transform(sums.begin(), sums.end(), result.row(y), [area](std::uint64_t sum) {
        return static_cast<std::uint8_t>((sum + area / 2) / area);
      });
    }
    return result;
  }

  /// Takes the result's pixels to those of means().
  Similarity to_means(const Similarity& to_source) const {
    const double middle = (block_ - 1) / 2.0;
    return {to_source.a / block_, to_source.b / block_,
            (to_source.tx - columns_.begin - middle) / block_,
            (to_source.ty - rows_.begin - middle) / block_};
  }

 private:
  void add_row(int row, std::vector<std::uint64_t>& sums) const {
    const std::uint8_t* pixels = source_.row(row);
    const int blocks = static_cast<int>(sums.size() / 3);
    for (int i = 0; i < blocks; ++i) {
      const int left = columns_.begin + i * block_;
      std::array<std::uint32_t, 3> sum{};
      for (int x = std::max(left, 0); x < std::min(left + block_, source_.width); ++x) {
        for (std::size_t channel = 0; channel < 3; ++channel) {
          sum[channel] += pixels[3 * static_cast<std::size_t>(x) + channel];
        }
      }
      for (std::size_t channel = 0; channel < 3; ++channel) {
        sums[3 * static_cast<std::size_t>(i) + channel] += sum[channel];
      }
    }
  }

  const Image& source_;
  int block_;
  Range columns_{};
  Range rows_{};
};

/// The points of a pixel's square that are sampled, from its middle, in the source's pixels.
std::vector<Point> sample_offsets(const Similarity& to_source, int samples) {
  const Similarity turn{to_source.a, to_source.b, 0, 0};
  const auto offset = [samples](int i) { return (i + 0.5) / samples - 0.5; };
  std::vector<Point> offsets;
  for (int down = 0; down < samples; ++down) {
    for (int across = 0; across < samples; ++across) {
      offsets.push_back(turn.apply(offset(across), offset(down)));
    }
  }
  return offsets;
}

/// `width` x `height` pixels, each the mean of `samples` x `samples` points spread over the square
/// that it covers.
Image sample_areas(const Image& source, const Similarity& to_source, int width, int height,
                   int samples) {
  const Sampler sampler(source);
  const std::vector<Point> offsets = sample_offsets(to_source, samples);
  const float share = 1.0F / static_cast<float>(offsets.size());
  const float half = 0.5F * static_cast<float>(offsets.size());  // rounds the mean
  Image result(width, height);
  for (int y = 0; y < height; ++y) {
    std::uint8_t* out = result.row(y);
    const bool inside = sampler.row_inside(to_source, width, y);
    for (int x = 0; x < width; ++x) {
      const Point middle = to_source.apply(x, y);
      std::array<float, 3> sum = {half, half, half};
      for (const Point& offset : offsets) {
        const Point point = {middle[0] + offset[0], middle[1] + offset[1]};
        inside ? sampler.add_inside(point, sum) : sampler.add(point, sum);
      }
      for (const float channel : sum) *out++ = static_cast<std::uint8_t>(channel * share);
    }
  }
  return result;
}

}  // namespace

double Similarity::scale() const {
  return std::hypot(a, b);
}

Similarity Similarity::inverse() const {
  const double square = a * a + b * b;
  if (square == 0) throw std::logic_error("a similarity of scale zero has no inverse");
  Similarity back;
  back.a = a / square;
  back.b = -b / square;
  back.tx = -(back.a * tx - back.b * ty);
  back.ty = -(back.b * tx + back.a * ty);
  return back;
}

Image warp(const Image& source, const Similarity& to_source, int width, int height) {
  if (source.empty() || !finite(to_source)) return {width, height};
  const double scale = to_source.scale();
  if (scale <= kFewSamples) {
    return sample_areas(source, to_source, width, height, samples_for(scale));
  }
  const int block = static_cast<int>(std::min(scale / 2, kLargestBlock));
  const Blocks blocks(source, to_source, width, height, block);
  const Similarity to_means = blocks.to_means(to_source);
  return sample_areas(blocks.means(), to_means, width, height, samples_for(to_means.scale()));
}

}  // namespace facenet
