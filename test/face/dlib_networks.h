#pragma once

#include <span>
#include <string>
#include <vector>

#include "face/face.h"
#include "image/image.h"

// Small networks of dlib with random weights, which dlib itself saves and runs: the witnesses for
// the import of dlib's files. Their types take dlib's headers a minute to compile, so they stand in
// a file of their own. So does dlib's detector of faces: here it is optimised, as tests are not.
namespace facenet {

/// Residual blocks as in dlib's face recognition network, over a 43 x 43 image; on the way down one
/// pair of values to be added has the same size and one has not. Two dense layers, with and without
/// bias.
constexpr int kSmallResnetEdge = 43;
/// Saves one, as dlib's users do for running it (batch normalisation made affine layers) or as
/// training left it, and returns its outputs for `chips`, a row each: the same for both.
std::vector<std::vector<float>> save_small_resnet(const std::string& path, bool as_trained,
                                                  std::span<const Image> chips);

/// A detector like dlib's for faces, of two window sizes, 24 x 24 and 36 x 20 pixels.
constexpr int kSmallMmodWindow = 20;
struct DlibDetection {
  Box box;
  double confidence;
};
/// Saves one and returns what it finds in `image` with a confidence above `confidence`.
std::vector<DlibDetection> save_small_mmod(const std::string& path, const Image& image,
                                           double confidence);

/// What dlib's own detector of faces finds in `image`.
std::vector<DlibDetection> dlib_faces(const Image& image, double confidence);

/// dlib's layout of a pyramid on a canvas: (x, y, width, height) of each level, then of the canvas.
std::vector<Box> dlib_tiles(int width, int height, int padding, int outer_padding);

}  // namespace facenet
