#pragma once

#include <cstdint>
#include <span>

#include "image/image.h"
#include "image/warp.h"
#include "train/data/chip_cache.h"
#include "weights/model_info.h"

namespace facenet {

class Random;

/// How a face is varied each time that a network sees it. Every kind can be switched off; the
/// numbers are the largest change, or how often one is made.
struct AugmentOptions {
  bool mirror = true;      ///< every other face
  bool geometry = true;    ///< all faces: shift, scale, turn
  bool colour = true;      ///< all faces: brightness, contrast, saturation, white balance
  bool jpeg = true;        ///< some faces: compressed and decoded
  bool resolution = true;  ///< some faces: shrunk and enlarged
  bool occlusion = true;   ///< some faces: a rectangle of one colour (Zhong et al., AAAI 2020)

  double shift = 0.04;      ///< share of the template's edge
  double scale = 0.07;      ///< up to a factor of 1 + scale, down to 1 / (1 + scale)
  double rotation = 8;      ///< degrees
  double brightness = 0.2;  ///< share of the range of values
  double contrast = 0.25;   ///< and saturation: share of the deviation from the mean
  double balance = 0.06;    ///< share of each channel's value

  double jpeg_share = 0.05;  ///< of faces
  int jpeg_quality = 20;     ///< the least
  double resolution_share = 0.15;
  int least_edge = 20;  ///< pixels of the template's square that are left
  double occlusion_share = 0.1;
  double occlusion_edge = 0.5;  ///< of the rectangle's sides, of the network's input

  /// Throws UsageError.
  void validate() const;
};

/// Loose chips to network inputs: height * width * 3 floats, channels last (rows top to bottom,
/// pixels left to right, channels in the network's order), normalised as the network wants them.
/// May be used by several threads at once.
class Augmenter {
 public:
  /// `network`: height, width, channels (3) and normalisation count; its alignment should be
  /// that of `geometry`. Throws Error when it is another, or the network has no fixed size.
  Augmenter(const ChipGeometry& geometry, const ModelInfo& network,
            const AugmentOptions& options = {});

  /// A variation; which one depends on the chip and `seed` alone.
  void write(std::span<const std::uint8_t> chip, std::uint64_t seed, float* out) const;

  /// What inference sees: the middle height x width of the template's square scaled to the larger
  /// of the two. The chip's central pixels themselves where that is the cache's own edge.
  Image plain(std::span<const std::uint8_t> chip) const;
  void write_plain(std::span<const std::uint8_t> chip, float* out) const;

  int height() const { return height_; }
  int width() const { return width_; }
  /// height() * width() * 3.
  std::size_t values() const {
    return static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_) * 3;
  }

 private:
  struct Colour;

  Image loose(std::span<const std::uint8_t> chip) const;
  Similarity varied_crop(Random& random) const;
  Image cut(std::span<const std::uint8_t> chip, Random& random) const;
  Colour varied_colour(const Image& image, Random& random) const;
  void cover(Image& image, Random& random) const;
  void normalise(const Image& image, const Colour& colour, bool mirrored, float* out) const;

  ChipGeometry geometry_;
  Normalisation normalisation_;
  AugmentOptions options_;
  int height_, width_;
  Similarity crop_;  ///< of the network's pixels to the chip's
};

}  // namespace facenet
