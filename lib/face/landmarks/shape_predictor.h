#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "face/dlib_image.h"

namespace facenet {

struct ShapeCascades;

/// One of dlib's shape predictors (Kazemi and Sullivan 2014), read without trusting its file: a
/// process behind walls parses it, and what it says is checked here number by number. dlib's own
/// class reads a file that names pixels and leaves it does not have, and then reads out of bounds.
class ShapePredictor {
 public:
  /// `path` is a .dat file of dlib::shape_predictor. Throws Error naming it when it is damaged.
  explicit ShapePredictor(const std::string& path);
  ~ShapePredictor();
  ShapePredictor(ShapePredictor&&) noexcept;

  std::size_t count_points() const;
  /// What dlib::shape_predictor finds in the box, to the last bit. Several threads may call at
  /// once.
  std::vector<dlib::point> find(const DlibImage& image, const dlib::rectangle& box) const;

 private:
  std::unique_ptr<const ShapeCascades> cascades_;
};

}  // namespace facenet
