#include "photos.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <stdexcept>

#include <gtest/gtest.h>

#include "image/decode.h"

namespace facenet {
namespace {

class ImageLibraryEnvironment : public testing::Environment {
 public:
  void SetUp() override { library_ = std::make_unique<ImageLibrary>("face_test"); }
  void TearDown() override { library_.reset(); }

 private:
  std::unique_ptr<ImageLibrary> library_;
};

const auto* const kEnvironment = testing::AddGlobalTestEnvironment(new ImageLibraryEnvironment);

std::string photo_path(const std::string& name) {
  const char* folder = std::getenv("FACENET_TEST_PHOTOS");
  const std::string path = std::string(folder == nullptr ? "" : folder) + "/" + name;
  if (!std::filesystem::exists(path)) {
    throw std::runtime_error("no " + path +
                             ": FACENET_TEST_PHOTOS must name the folder examples of Debian's "
                             "libdlib19.1 (scripts/test gets it)");
  }
  return path;
}

}  // namespace

Image test_photo(const std::string& name, int max_edge) {
  return PhotoFile(photo_path(name)).decode(max_edge);
}

std::vector<LabelledPhoto> labelled_photos() {
  const std::regex image("image file='([^']+)'");
  const std::regex box("box top='(-?\\d+)' left='(-?\\d+)' width='(\\d+)' height='(\\d+)'");
  std::vector<LabelledPhoto> photos;
  for (const char* list : {"faces/training.xml", "faces/testing.xml"}) {
    std::ifstream file(photo_path(list));
    std::smatch match;
    for (std::string line; std::getline(file, line);) {
      if (std::regex_search(line, match, image)) {
        photos.push_back({"faces/" + match[1].str(), {}});
      } else if (std::regex_search(line, match, box)) {
        photos.back().faces.push_back(
            {std::stof(match[2]), std::stof(match[1]), std::stof(match[3]), std::stof(match[4])});
      }
    }
  }
  return photos;
}

int best_match(const Box& box, const std::vector<Face>& faces, float limit) {
  int best = -1;
  for (std::size_t i = 0; i < faces.size(); ++i) {
    const float shared = overlap(box, faces[i].box);
    if (shared <= limit) continue;
    limit = shared;
    best = static_cast<int>(i);
  }
  return best;
}

int longer_edge(const Image& image) {
  return std::max(image.width, image.height);
}

std::vector<Face> find(const Detector& detector, const Image& image) {
  const int edge = longer_edge(image);
  return detector.detect({&image, 1}, {&edge, 1}).front();
}

Image mirrored(const Image& image) {
  Image result(image.width, image.height);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      std::copy_n(&image.row(y)[3 * x], 3, &result.row(y)[3 * (image.width - 1 - x)]);
    }
  }
  return result;
}

Image shifted(const Image& image, int right, int down) {
  Image result(image.width + right, image.height + down);
  std::fill(result.pixels.begin(), result.pixels.end(), std::uint8_t{128});
  for (int y = 0; y < image.height; ++y) {
    std::copy_n(image.row(y), 3 * image.width, &result.row(y + down)[3 * right]);
  }
  return result;
}

}  // namespace facenet
