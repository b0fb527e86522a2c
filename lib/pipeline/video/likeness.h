#pragma once

#include <vector>

#include "image/image.h"

namespace facenet {

/// The brightness of a picture in cells, 0 to 255, row by row.
struct BrightnessCells {
  int columns = 0, rows = 0;
  std::vector<float> values;
};

/// Of a frame in which faces are searched: to tell whether another shows anything that it does not.
BrightnessCells frame_cells(const Image& frame);

/// Whether two frames look the same everywhere, so that faces are where they were, and nobody came:
/// a change in a place of the size of the smallest face counts as much as one of all of the frame.
bool is_same_frame(const BrightnessCells& a, const BrightnessCells& b);

/// Of a face that was cut out: what it looks like, without how bright its parts are lit.
BrightnessCells chip_cells(const Image& chip);

/// How alike two of chip_cells() are: their correlation, 1 for the same picture.
double likeness(const BrightnessCells& a, const BrightnessCells& b);

/// From this on two faces of neighbouring frames are taken to be one picture of one person, which
/// says nothing new. Of 5,841 faces in LFW, no two reach 0.92 that are not of one photo, and 0.95
/// where they were shrunk to 12 pixels before.
inline constexpr double kSamePicture = 0.97;

}  // namespace facenet
