#pragma once

#include <string>
#include <vector>

#include "face/face.h"
#include "image/image.h"
#include "image/warp.h"

namespace facenet {

/// Where a model's training put the five points in a chip.
struct AlignmentTemplate {
  std::string name;  ///< "arcface-112", "dlib-150"
  int size;          ///< chip edge in pixels
  Landmarks points;
};

/// Throws Error listing the known names.
const AlignmentTemplate& find_alignment(const std::string& name);

/// Where an upright face usually has its landmarks in the box that a detector draws around it: the
/// means of 564 faces found by yunet. For a face of which no more is known than a box.
Landmarks usual_landmarks(const Box& box);

/// The similarity that maps chip pixels (of a chip of `size` pixels a side) to image pixels, by
/// least squares over the five points (dlib::find_similarity_transform; Umeyama 1991).
Similarity chip_to_image(const AlignmentTemplate& target, int size, const Landmarks& landmarks);

/// The face turned, scaled and cut so that its landmarks fall on the template, `size` pixels a side
/// (0: the template's own size).
Image align(const Image& image, const AlignmentTemplate& target, const Landmarks& landmarks,
            int size = 0);

/// The middle `width` columns or `height` rows of such a chip whose edge is the larger of the two.
Image align(const Image& image, const AlignmentTemplate& target, const Landmarks& landmarks,
            int height, int width);

/// The chip of `edge` pixels a side, and around it `margin` pixels of surroundings at the same
/// scale: what training shifts, turns and scales before it cuts out the chip.
Image align_loosely(const Image& image, const AlignmentTemplate& target, const Landmarks& landmarks,
                    int edge, int margin);

}  // namespace facenet
