#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include <dlib/image_processing/shape_predictor.h>

#include "face/face.h"
#include "test/support/temporary_folder.h"

namespace facenet {

/// Points FACENET_MODELS, where weights and predictors are looked for, to an empty folder while it
/// lives.
class ModelFolder {
 public:
  ModelFolder() {
    if (const char* value = std::getenv("FACENET_MODELS")) before_ = value;
    setenv("FACENET_MODELS", folder_.path().c_str(), 1);
  }
  ~ModelFolder() { setenv("FACENET_MODELS", before_.c_str(), 1); }
  ModelFolder(const ModelFolder&) = delete;
  ModelFolder& operator=(const ModelFolder&) = delete;

  std::string path(const std::string& name) const { return folder_.path(name); }
  std::string predictor(int points) const {
    return path("shape_predictor_" + std::to_string(points) + "_face_landmarks.dat");
  }

 private:
  TemporaryFolder folder_;
  std::string before_;
};

/// A predictor that finds the same points in every box: shares of its width and height.
inline void write_predictor(const std::string& path, const std::vector<Point>& shares) {
  dlib::matrix<float, 0, 1> shape(static_cast<long>(2 * shares.size()));
  for (std::size_t i = 0; i < shares.size(); ++i) {
    shape(static_cast<long>(2 * i)) = shares[i].x;
    shape(static_cast<long>(2 * i + 1)) = shares[i].y;
  }
  dlib::serialize(path) << dlib::shape_predictor(shape, {}, {});
}

}  // namespace facenet
