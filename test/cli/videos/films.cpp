#include "test/cli/videos/films.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/format.h"

namespace facenet::test {

void make_film(const std::string& path, const std::vector<Scene>& scenes, const std::string& more) {
  std::string inputs, filter, parts;
  int input = 0;
  for (std::size_t s = 0; s < scenes.size(); ++s) {
    const Scene& scene = scenes[s];
    std::string last = fmt::format("wall{}", s);
    filter += fmt::format("color=gray:s=480x240:r=10:d={}[{}];", scene.seconds, last);
    for (std::size_t p = 0; p < scene.photos.size(); ++p, ++input) {
      inputs += fmt::format(" -loop 1 -framerate 10 -t {} -i '{}'", scene.seconds, scene.photos[p]);
      const std::string next = fmt::format("scene{}_{}", s, p);
      filter +=
          fmt::format("[{}][{}]overlay=x='{}+{}*sin(2*t)':y='45+{}*cos(3*t)':shortest=1[{}];", last,
                      input, 50 + 220 * p, scene.is_still ? 0 : 40, scene.is_still ? 0 : 25, next);
      last = next;
    }
    parts += fmt::format("[{}]", last);
  }
  filter += fmt::format("{}concat=n={}", parts, scenes.size());
  const std::string command = fmt::format(
      "ffmpeg -nostdin -y -v error{} -filter_complex \"{}\" -pix_fmt yuv420p {} '{}' </dev/null",
      inputs, filter, more, path);
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
}

}  // namespace facenet::test
