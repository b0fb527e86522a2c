#pragma once

#include "image/image.h"

namespace facenet {

/// What a picture looks like after it was stored with losses; the result has the picture's size.

/// As a JPEG file of this quality, 1 to 100 on libjpeg's scale; below 90 with colours at half the
/// resolution, as most programs write them. Throws Error for another quality and an empty picture.
Image through_jpeg(const Image& image, int quality);

/// Shrunk to about `pixels` pixels in its proportions, and enlarged again. A picture that has no
/// more than that stays as it is.
Image through_pixels(const Image& image, int pixels);

}  // namespace facenet
