#pragma once

#include <array>

#include "image/image.h"

namespace facenet {

/// x' = a x - b y + tx,  y' = b x + a y + ty: rotation, uniform scale and shift, in pixel
/// coordinates whose integers are pixel centres.
struct Similarity {
  double a = 1, b = 0, tx = 0, ty = 0;

  std::array<double, 2> apply(double x, double y) const {
    return {a * x - b * y + tx, b * x + a * y + ty};
  }
  double scale() const;
  /// Throws std::logic_error when the scale is zero.
  Similarity inverse() const;
};

/// `width` x `height` pixels of `source`, pixel (x, y) taken at `to_source.apply(x, y)`. Bilinear;
/// where the source is shrunk (scale > 1) it is averaged over the area that a pixel covers, so that
/// nothing aliases. Outside the source the picture is black, as in dlib's and ArcFace's chips.
Image warp(const Image& source, const Similarity& to_source, int width, int height);

}  // namespace facenet
