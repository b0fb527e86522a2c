#pragma once

#include <vector>

#include "face/face.h"
#include "image/image.h"

namespace facenet {

/// A network's view of a pixel: (value - mean) / divisor.
struct PixelScale {
  float mean = 0;
  float divisor = 1;
};

/// An image and its halves, from which any rectangle is resampled at a cost that depends on the
/// size of the result and not on that of the rectangle: a detector looks at thousands of windows of
/// all sizes. Refers to the image, which must outlive it.
class ImagePyramid {
 public:
  explicit ImagePyramid(const Image& image);
  // A copy would point at the original's halves; a moved vector keeps its elements' addresses.
  ImagePyramid(const ImagePyramid&) = delete;
  ImagePyramid& operator=(const ImagePyramid&) = delete;
  ImagePyramid(ImagePyramid&&) = default;
  ImagePyramid& operator=(ImagePyramid&&) = default;

  const Image& image() const { return *levels_.front(); }

  /// Writes `region` as width x height pixels to `out` COLUMN BY COLUMN: value c of pixel (x, y) at
  /// out[(x * height + y) * 3 + c]. Averages over the area of a pixel when shrinking, interpolates
  /// when enlarging; what lies outside the image is black (before `scale`).
  void sample(const Box& region, int width, int height, const PixelScale& scale, float* out) const;

  /// The same as an image.
  Image sample(const Box& region, int width, int height) const;

 private:
  template <class Put>
  void sample_rows(const Box& region, int width, int height, const Put& put) const;
  int level_for(double shrink) const;

  std::vector<Image> halves_;
  std::vector<const Image*> levels_;  ///< the image, then its halves
};

}  // namespace facenet
