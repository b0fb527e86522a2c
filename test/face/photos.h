#pragma once

#include <string>
#include <vector>

#include "face/detector.h"
#include "face/face.h"
#include "image/image.h"

namespace facenet {

/// One of the photos that Debian's libdlib19.1 ships ("faces/dogs.jpg"), its longer edge shrunk to
/// `max_edge` (0: as it is). Throws std::runtime_error that says how to get them.
Image test_photo(const std::string& name, int max_edge = 0);

/// A photo of faces/ and the boxes that dlib's author drew around the faces in it.
struct LabelledPhoto {
  std::string name;
  std::vector<Box> faces;
};
std::vector<LabelledPhoto> labelled_photos();

/// Index of the box that overlaps `box` most, and by more than `limit`; -1 when none does.
int best_match(const Box& box, const std::vector<Face>& faces, float limit);

int longer_edge(const Image& image);
/// What the detector finds in an image that is as large as its photo.
std::vector<Face> find(const Detector& detector, const Image& image);
Image mirrored(const Image& image);
/// The image with a grey border of this many pixels on its left and top.
Image shifted(const Image& image, int right, int down);

}  // namespace facenet
