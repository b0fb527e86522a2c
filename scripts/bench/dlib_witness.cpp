// What dlib's own networks say of images, to check facenet's import of their files against.
//
//     dlib_witness resnet dlib_face_recognition_resnet_model_v1.dat CHIPS.png…
//     dlib_witness mmod mmod_human_face_detector.dat IMAGES.png…
//
// Prints a line a file: the vector of a 150 x 150 chip, {"image", "vector": […]}; or the faces in
// an image, {"image", "faces": [[left, top, width, height, confidence], …]}.
#include <cstdio>
#include <exception>
#include <string>

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

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 3 ? argv[1] : "";
  try {
    if (what == "resnet") {
      show<dlib_networks::Resnet>(argv, print_vector);
    } else if (what == "mmod") {
      show<dlib_networks::Mmod>(argv, print_faces);
    } else {
      std::fprintf(stderr, "usage: dlib_witness resnet|mmod NETWORK.dat IMAGES.png...\n");
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dlib_witness: %s\n", error.what());
    return 2;
  }
}
