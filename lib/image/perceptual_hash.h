#pragma once

#include <cstdint>

#include "image/image.h"

namespace facenet {

/// 64 bits that say what the picture looks like as a whole, and hardly change when it is resized,
/// compressed, made brighter or cut a little: the difference hash. The picture's brightness is
/// averaged in 8 rows of 9 cells, and a bit says whether a cell is brighter than the one to its
/// left.
///
/// Of frames of one video of YouTube Faces, half of all pairs differ in at most 10 bits; of photos
/// that have nothing to do with each other, 7 pairs in 100,000.
std::uint64_t perceptual_hash(const Image& image);

}  // namespace facenet
