#pragma once

#include "image/image.h"

namespace facenet {

/// The image as it comes back from a JPEG file of this quality (1 to 100; colour at half the
/// resolution below 90, as cameras and libvips do). Throws Error.
Image recompress_jpeg(const Image& image, int quality);

}  // namespace facenet
