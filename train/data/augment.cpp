#include "train/data/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/random.h"
#include "image/degrade.h"

namespace facenet {
namespace {

/// Rec. 601: how bright the channels look.
constexpr std::array<double, 3> kLuma = {0.299, 0.587, 0.114};
constexpr double kWhite = 255;
/// Above this quality nothing shows.
constexpr double kBestJpeg = 95;
constexpr double kSmallestCover = 0.1;  ///< edge of an occlusion, of the input's

/// The map that does `first`, then `second`.
Similarity after(const Similarity& second, const Similarity& first) {
  const auto [tx, ty] = second.apply(first.tx, first.ty);
  return {second.a * first.a - second.b * first.b, second.a * first.b + second.b * first.a, tx, ty};
}

/// Pixels of a picture `factor` times as large in those of the original: edges scale, centres lie
/// half a pixel inside.
Similarity shrunk(double factor) {
  return {1 / factor, 0, 0.5 / factor - 0.5, 0.5 / factor - 0.5};
}

bool share(double value) {
  return value >= 0 && value <= 1;
}

}  // namespace

void AugmentOptions::validate() const {
  for (const double value : {shift, brightness, contrast, balance, jpeg_share, resolution_share,
                             occlusion_share, occlusion_edge}) {
    if (!share(value))
      fail<UsageError>("shares of augmentation must lie between 0 and 1, not {}", value);
  }
  if (!share(scale)) fail<UsageError>("faces are scaled by up to 1 + 0 to 1, not 1 + {}", scale);
  if (!(rotation >= 0 && rotation <= 180)) {
    fail<UsageError>("faces are turned by up to 0 to 180 degrees, not {}", rotation);
  }
  if (jpeg_quality < 1 || jpeg_quality > 100) {
    fail<UsageError>("JPEG quality goes from 1 to 100, not {}", jpeg_quality);
  }
  if (least_edge < 1) fail<UsageError>("faces are shrunk to 1 pixel or more, not {}", least_edge);
}

/// Values to values, linearly: out = matrix * in + offset.
struct Augmenter::Colour {
  std::array<std::array<float, 3>, 3> matrix{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  std::array<float, 3> offset{};
};

Augmenter::Augmenter(const ChipGeometry& geometry, const ModelInfo& network,
                     const AugmentOptions& options)
    : geometry_(geometry),
      normalisation_(network.normalisation),
      options_(options),
      height_(network.height),
      width_(network.width) {
  geometry_.validate();
  options_.validate();
  if (height_ < 1 || width_ < 1 || network.channels != 3) {
    fail("{}: cannot be trained: its input has no fixed size, or does not have three channels",
         network.name);
  }
  if (network.alignment != geometry_.alignment) {
    fail("{} takes faces aligned as {}, but those of the file are {}", network.name,
         network.alignment, geometry_.alignment);
  }
  const int edge = std::max(height_, width_);
  const int beside = (edge - width_) / 2, above = (edge - height_) / 2;
  const Similarity middle{1, 0, double(beside), double(above)};
  const Similarity margin{1, 0, double(geometry_.margin), double(geometry_.margin)};
  crop_ = after(margin, after(shrunk(double(edge) / geometry_.edge), middle));
}

Image Augmenter::loose(std::span<const std::uint8_t> chip) const {
  Image image(geometry_.side(), geometry_.side());
  std::ranges::copy(chip, image.pixels.begin());
  return image;
}

Image Augmenter::plain(std::span<const std::uint8_t> chip) const {
  if (crop_.a != 1) return warp(loose(chip), crop_, width_, height_);
  const auto left = static_cast<int>(crop_.tx), top = static_cast<int>(crop_.ty);
  Image image(width_, height_);
  for (int y = 0; y < height_; ++y) {
    const auto first = 3 * static_cast<std::size_t>((top + y) * geometry_.side() + left);
    std::ranges::copy(chip.subspan(first, 3 * static_cast<std::size_t>(width_)), image.row(y));
  }
  return image;
}

Similarity Augmenter::varied_crop(Random& random) const {
  const double reach = options_.shift * geometry_.edge;
  const double angle =
      random.uniform(-options_.rotation, options_.rotation) * std::numbers::pi / 180;
  const double limit = std::log1p(options_.scale);
  const double scale = std::exp(random.uniform(-limit, limit));
  // About the chip's middle, which is that of the template's square too.
  const double middle = (geometry_.side() - 1) / 2.0;
  const Similarity to_middle{1, 0, -middle, -middle};
  const Similarity turn{scale * std::cos(angle), scale * std::sin(angle),
                        middle + random.uniform(-reach, reach),
                        middle + random.uniform(-reach, reach)};
  return after(turn, after(to_middle, crop_));
}

/// The network's crop, moved and of less resolution where options and luck want it.
Image Augmenter::cut(std::span<const std::uint8_t> chip, Random& random) const {
  const Similarity crop = options_.geometry ? varied_crop(random) : crop_;
  const bool coarse = options_.resolution && random.chance(options_.resolution_share);
  const int edge = std::max(height_, width_);
  if (coarse && options_.least_edge < edge) {
    // Evenly on a scale of ratios: half of 40 pixels is as much of a loss as half of 80.
    const double factor = std::exp(random.uniform(std::log(double(options_.least_edge) / edge), 0));
    // A pixel more on all sides, or enlarging would mix black into the borders.
    const int width = static_cast<int>(std::ceil(width_ * factor)) + 2;
    const int height = static_cast<int>(std::ceil(height_ * factor)) + 2;
    const Similarity inwards{1, 0, 1, 1};
    const Image small =
        warp(loose(chip), after(crop, after(shrunk(factor), inwards.inverse())), width, height);
    return warp(small, after(inwards, shrunk(1 / factor)), width_, height_);
  }
  return options_.geometry ? warp(loose(chip), crop, width_, height_) : plain(chip);
}

/// Contrast about the picture's mean, saturation about each pixel's luma, then brightness and white
/// balance: all of them linear, so that one matrix does them in one go.
Augmenter::Colour Augmenter::varied_colour(const Image& image, Random& random) const {
  double mean = 0;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    for (std::size_t c = 0; c < 3; ++c) mean += kLuma[c] * image.pixels[i + c];
  }
  mean /= static_cast<double>(image.pixels.size()) / 3;
  const double contrast = 1 + random.uniform(-options_.contrast, options_.contrast);
  const double saturation = 1 + random.uniform(-options_.contrast, options_.contrast);
  const double light = kWhite * random.uniform(-options_.brightness, options_.brightness);
  Colour colour;
  for (std::size_t c = 0; c < 3; ++c) {
    const double gain = 1 + random.uniform(-options_.balance, options_.balance);
    for (std::size_t from = 0; from < 3; ++from) {
      const double own = c == from ? saturation : 0;
      colour.matrix[c][from] =
          static_cast<float>(gain * contrast * (own + (1 - saturation) * kLuma[from]));
    }
    colour.offset[c] = static_cast<float>(gain * ((1 - contrast) * mean + light));
  }
  return colour;
}

void Augmenter::cover(Image& image, Random& random) const {
  const double least = std::min(kSmallestCover, options_.occlusion_edge);
  const auto side = [&](int extent) {
    return static_cast<int>(std::lround(extent * random.uniform(least, options_.occlusion_edge)));
  };
  const int width = side(width_), height = side(height_);
  const auto place = [&](int room) {
    return static_cast<int>(random.below(static_cast<std::size_t>(room) + 1));
  };
  const int left = place(width_ - width), top = place(height_ - height);
  std::array<std::uint8_t, 3> colour{};
  for (std::uint8_t& value : colour) value = static_cast<std::uint8_t>(random.below(256));
  for (int y = top; y < top + height; ++y) {
    for (int x = left; x < left + width; ++x) std::ranges::copy(colour, image.row(y) + 3 * x);
  }
}

void Augmenter::normalise(const Image& image, const Colour& colour, bool mirrored,
                          float* out) const {
  const auto& [matrix, offset] = colour;
  std::array<float, 3> factor{}, shift{};
  for (std::size_t c = 0; c < 3; ++c) {
    factor[c] = 1 / normalisation_.divisor[c];
    shift[c] = normalisation_.mean[c];
  }
  const std::ptrdiff_t step = mirrored ? -3 : 3;
  for (int y = 0; y < height_; ++y) {
    const std::uint8_t* in = image.row(y) + (mirrored ? 3 * (width_ - 1) : 0);
    for (int x = 0; x < width_; ++x, in += step, out += 3) {
      const std::array<float, 3> rgb = {float(in[0]), float(in[1]), float(in[2])};
      for (std::size_t c = 0; c < 3; ++c) {
        const std::size_t from = normalisation_.bgr ? 2 - c : c;
        const float value = matrix[from][0] * rgb[0] + matrix[from][1] * rgb[1] +
                            matrix[from][2] * rgb[2] + offset[from];
        out[c] = (std::clamp(value, 0.0F, 255.0F) - shift[c]) * factor[c];
      }
    }
  }
}

void Augmenter::write(std::span<const std::uint8_t> chip, std::uint64_t seed, float* out) const {
  Random random(seed);
  const bool mirrored = options_.mirror && random.chance(0.5);
  Image image = cut(chip, random);
  if (options_.occlusion && random.chance(options_.occlusion_share)) cover(image, random);
  if (options_.jpeg && random.chance(options_.jpeg_share)) {
    const double best = std::max<double>(kBestJpeg, options_.jpeg_quality);
    image = through_jpeg(image, static_cast<int>(random.uniform(options_.jpeg_quality, best)));
  }
  normalise(image, options_.colour ? varied_colour(image, random) : Colour{}, mirrored, out);
}

void Augmenter::write_plain(std::span<const std::uint8_t> chip, float* out) const {
  normalise(plain(chip), {}, false, out);
}

}  // namespace facenet
