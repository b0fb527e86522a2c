#pragma once

#include <string>
#include <vector>

#include "image/image.h"

namespace facenet {

/// A pair that verification got wrong.
struct FailedPair {
  std::string first, second;  ///< names of the images
  Image first_chip, second_chip;
  double distance = 0;  ///< infinite where an image has no face
  bool same = false;    ///< what they are in truth
};

/// An HTML page that shows the pairs side by side: the false rejects, the most distant first, then
/// the false accepts, the nearest first (paper, figure 6). It holds the faces and needs no other
/// file.
std::string failures_page(const std::string& title, double threshold,
                          std::vector<FailedPair> failures);

}  // namespace facenet
