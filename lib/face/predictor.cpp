#include "face/predictor.h"

#include <filesystem>
#include <vector>

#include "base/format.h"
#include "nn/model_store.h"

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

}  // namespace facenet
