#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "face/face.h"

namespace facenet {

/// By what the area that two boxes share is divided.
enum class OverlapMeasure {
  kUnion,      ///< the area of both together: intersection over union
  kSmaller,    ///< the area of the smaller: 1 when it lies inside the other
  kEnclosing,  ///< the area of the smallest box around both
};

struct OverlapLimit {
  OverlapMeasure measure = OverlapMeasure::kUnion;
  double most = 1;  ///< 0..1
};

/// Greedy non-maximum suppression (NMS): of boxes that overlap by more than one of the limits, the
/// one of the highest score stays (the first of equals). Returns the indices of those that stay,
/// the highest score first.
std::vector<int> suppress_overlaps(std::span<const Box> boxes, std::span<const float> scores,
                                   std::initializer_list<OverlapLimit> limits);

}  // namespace facenet
