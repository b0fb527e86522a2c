// What dlib's own networks say of images, to check facenet's import of their files against.
//
//     dlib_witness resnet dlib_face_recognition_resnet_model_v1.dat CHIPS.png…
//     dlib_witness mmod mmod_human_face_detector.dat IMAGES.png…
//     dlib_witness time dlib_face_recognition_resnet_model_v1.dat BATCH ROUNDS
//
// Prints a line a file: the vector of a 150 x 150 chip, {"image", "vector": […]}; or the faces in
// an image, {"image", "faces": [[left, top, width, height, confidence], …]}. "time" prints the
// seconds a chip of the first network over a batch, the least of the rounds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <limits>
#include <string>
#include <vector>

#include <dlib/image_io.h>

#include "dlib_networks.h"

namespace {

using RgbImage = dlib::matrix<dlib::rgb_pixel>;

template <typename Network>
Network load(const char* path) {
  Network network;
  dlib::deserialize(path) >> network;
  return network;
}

void print_vector(dlib_networks::Resnet& network, const RgbImage& chip) {
  const dlib::matrix<float, 0, 1> vector = network(chip);
  const char* separator = "\"vector\": [";
  for (const float value : vector) {
    std::printf("%s%.9g", separator, value);
    separator = ", ";
  }
}

void print_faces(dlib_networks::Mmod& network, const RgbImage& image) {
  std::printf("\"faces\": [");
  const char* separator = "";
  for (const dlib::mmod_rect& face : network(image)) {
    std::printf("%s[%ld, %ld, %lu, %lu, %.6f]", separator, face.rect.left(), face.rect.top(),
                face.rect.width(), face.rect.height(), face.detection_confidence);
    separator = ", ";
  }
}

template <typename Network, typename Print>
void show(char** argv, Print print) {
  auto network = load<Network>(argv[2]);
  for (char** path = argv + 3; *path != nullptr; ++path) {
    RgbImage image;
    dlib::load_image(image, *path);
    std::printf("{\"image\": \"%s\", ", *path);
    print(network, image);
    std::printf("]}\n");
  }
}

double seconds_a_chip(const char* weights, std::size_t batch, int rounds) {
  auto network = load<dlib_networks::Resnet>(weights);
  RgbImage chip(150, 150);
  for (long i = 0; i < chip.size(); ++i) {
    const auto value = static_cast<unsigned char>(i * 37);
    chip(i) = dlib::rgb_pixel(value, value, value);
  }
  const std::vector<RgbImage> chips(batch, chip);
  double least = std::numeric_limits<double>::infinity();
  for (int round = 0; round <= rounds; ++round) {  // the first reserves the memory
    const auto start = std::chrono::steady_clock::now();
    network(chips, batch);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    least = std::min(least, took.count());
  }
  return least / static_cast<double>(batch);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 3 ? argv[1] : "";
  try {
    if (what == "resnet") {
      show<dlib_networks::Resnet>(argv, print_vector);
    } else if (what == "mmod") {
      show<dlib_networks::Mmod>(argv, print_faces);
    } else if (what == "time" && argc == 5) {
      std::printf("%g\n", seconds_a_chip(argv[2], std::stoul(argv[3]), std::stoi(argv[4])));
    } else {
      std::fprintf(stderr, "usage: dlib_witness resnet|mmod NETWORK.dat IMAGES.png...\n"
                           "       dlib_witness time RESNET.dat BATCH ROUNDS\n");
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dlib_witness: %s\n", error.what());
    return 2;
  }
}
