#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "face/face.h"
#include "image/image.h"

namespace facenet {

/// Finds five landmarks in the boxes of dlib's detectors with one of dlib's shape predictors: that
/// of 68 points, or that of five points (the corners of the eyes and the base of the nose), which
/// are completed by the mean face.
class Landmarker {
 public:
  /// `path` is a shape_predictor_*.dat. Throws Error naming it when it is damaged or finds another
  /// number of points.
  explicit Landmarker(const std::string& path);
  ~Landmarker();

  /// Of each box, rounded to whole pixels. Several threads may call at once.
  std::vector<Landmarks> find(const Image& image, std::span<const Box> boxes) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace facenet
