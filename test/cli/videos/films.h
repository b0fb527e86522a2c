#pragma once

#include <string>
#include <vector>

namespace facenet::test {

/// People who move about before a grey wall for a while, side by side.
struct Scene {
  std::vector<std::string> photos;  ///< paths of photos of 150 x 150 pixels
  double seconds = 3;
  bool is_still = false;  ///< nobody moves
};

/// Makes a film of these scenes, 480 x 240 pixels, ten frames a second, as its name ends, with
/// Debian's ffmpeg. `more`: further options for it.
void make_film(const std::string& path, const std::vector<Scene>& scenes,
               const std::string& more = "-c:v libx264 -g 10");

}  // namespace facenet::test
