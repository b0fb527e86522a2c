#pragma once

#include "image/image.h"

namespace facenet {

/// How much of the contrast in the middle of the picture is in its finest detail: the root mean
/// square of the brightness after the five-point Laplacian, over the standard deviation of the
/// brightness. High contrast alone does not make it larger. The middle is three fifths of each
/// side: around a face there may be background, or the edge of the photo. 0 for a picture of one
/// colour, or of less than five pixels a side.
double sharpness(const Image& image);

}  // namespace facenet
