#include "face/landmarks/find_predictor.h"

#include <filesystem>
#include <vector>

#include "base/error.h"
#include "weights/model_store.h"

namespace facenet {

std::string find_landmark_predictor() {
  std::vector<std::string> folders = model_folders();
  folders.emplace_back("/usr/share/dlib");  // Debian's libdlib-data
  for (const std::string& folder : folders) {
    for (const int points : {5, 68}) {
      std::string path = fmt::format("{}/shape_predictor_{}_face_landmarks.dat", folder, points);
      if (std::filesystem::exists(path)) return path;
    }
  }
  return {};
}

std::string need_landmark_predictor() {
  std::string path = find_landmark_predictor();
  if (path.empty()) {
    fail(
        "no landmark predictor of dlib (shape_predictor_5_face_landmarks.dat) in {}; run "
        "scripts/models dlib, or choose another --detector",
        fmt::join(model_folders(), ", "));
  }
  return path;
}

}  // namespace facenet
