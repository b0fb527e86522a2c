#pragma once

#include <array>
#include <memory>
#include <vector>

#include "face/detector.h"

namespace facenet {

/// Finds faces with YuNet (Wu, Peng, Yu 2023: "YuNet: A Tiny Millisecond-level Face Detector") in
/// one pass over the photo, shrunk to a longer edge of 640 pixels, and a second one over a larger
/// copy where small faces are likely. Photos that lie on a side or stand on their head are turned.
/// MTCNN's last network has a say in the score, and places the landmarks. Throws Error when
/// weights are missing or damaged.
std::unique_ptr<Detector> make_yunet_detector(const DetectorOptions& options);

/// What the network says of the cells of one grid, row by row.
struct YunetGrid {
  int stride = 0;  ///< pixels between cells
  int rows = 0, columns = 0;
  const float* faces = nullptr;    ///< per cell: how likely there is a face…
  const float* objects = nullptr;  ///< …and how well its box fits
  const float* boxes = nullptr;    ///< 4 a cell: the centre in strides from the cell, log of size
  const float* points = nullptr;   ///< 10 a cell: x and y of five landmarks, in strides
};

/// The cells of a score of `least` or more, as faces in pixels; many a face.
std::vector<Face> read_yunet_grid(const YunetGrid& grid, float least);

/// A face found in an image that was turned clockwise by `quarters` of a turn (turned(),
/// image/turn.h), where it is in the image before, of `width` x `height` pixels.
Face turned_back(const Face& face, int quarters, int width, int height);

}  // namespace facenet
