#pragma once

#include <span>
#include <vector>

#include "face/face.h"

namespace facenet {

/// By what the area that two boxes share is divided.
enum class OverlapMeasure {
  kUnion,    ///< the area of both together
  kSmaller,  ///< the area of the smaller: 1 when it lies inside the other
};

/// Non-maximum suppression: of boxes that overlap by more than `limit`, the one of the highest
/// score stays (the first of equals). Returns the indices of those that stay, the highest score
/// first.
std::vector<int> suppress_overlaps(std::span<const Box> boxes, std::span<const float> scores,
                                   float limit, OverlapMeasure measure);

}  // namespace facenet
