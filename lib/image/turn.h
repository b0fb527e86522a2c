#pragma once

#include "image/image.h"

namespace facenet {

/// The image turned clockwise by this many quarters of a turn (0 to 3).
Image turned(const Image& image, int quarters);

}  // namespace facenet
