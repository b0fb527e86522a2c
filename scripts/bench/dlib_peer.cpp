// dlib's own way from photos to face descriptors, to measure facenet against: HOG face detector,
// 5-point (or 68-point) predictor, 150-pixel chip, ResNet-29, 128 numbers a face.
//
//     dlib_peer RESNET.dat SHAPE_PREDICTOR.dat PHOTOS…
//
// Prints one JSON document: photos, faces, seconds of each stage, processor time, peak memory.
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <sys/resource.h>
#include <vector>

#include <dlib/image_io.h>
#include <dlib/image_processing.h>
#include <dlib/image_processing/frontal_face_detector.h>

#include "dlib_networks.h"

namespace {

using Network = dlib_networks::Resnet;
using RgbImage = dlib::matrix<dlib::rgb_pixel>;

struct Totals {
  long photos = 0, faces = 0, unreadable = 0;
  double decode = 0, detect = 0, landmarks = 0, embed = 0;
};

/// Adds the time that `work` takes to `seconds` and returns what it returned.
template <typename Work>
auto timed(double& seconds, Work work) {
  const auto start = std::chrono::steady_clock::now();
  auto result = work();
  seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

class Peer {
 public:
  Peer(const std::string& network, const std::string& predictor)
      : detector_(dlib::get_frontal_face_detector()) {
    dlib::deserialize(network) >> network_;
    dlib::deserialize(predictor) >> predictor_;
  }

  void add(const std::string& path, Totals& totals) {
    RgbImage photo;
    try {
      photo = timed(totals.decode, [&] {
        RgbImage image;
        dlib::load_image(image, path);
        return image;
      });
    } catch (const std::exception& error) {
      std::fprintf(stderr, "dlib_peer: %s: %s\n", path.c_str(), error.what());
      ++totals.unreadable;
      return;
    }
    ++totals.photos;
    const auto boxes = timed(totals.detect, [&] { return detector_(photo); });
    const auto chips = timed(totals.landmarks, [&] { return cut_chips(photo, boxes); });
    if (chips.empty()) return;
    const auto descriptors = timed(totals.embed, [&] { return network_(chips); });
    totals.faces += static_cast<long>(descriptors.size());
  }

 private:
  std::vector<RgbImage> cut_chips(const RgbImage& photo,
                                  const std::vector<dlib::rectangle>& boxes) const {
    std::vector<RgbImage> chips(boxes.size());
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      const auto shape = predictor_(photo, boxes[i]);
      dlib::extract_image_chip(photo, dlib::get_face_chip_details(shape, 150, 0.25), chips[i]);
    }
    return chips;
  }

  dlib::frontal_face_detector detector_;
  dlib::shape_predictor predictor_;
  Network network_;
};

double cpu_seconds(const rusage& usage) {
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

void print(const Totals& totals, double seconds) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"photos\": %ld, \"face_count\": %ld, \"unreadable\": %ld, \"seconds\": {\"decode\": %.3f, "
      "\"detect\": %.3f, \"landmarks\": %.3f, \"embed\": %.3f, \"total\": %.3f, \"cpu\": %.3f}, "
      "\"peak_rss_mib\": %.1f}\n",
      totals.photos, totals.faces, totals.unreadable, totals.decode, totals.detect,
      totals.landmarks, totals.embed, seconds, cpu_seconds(usage),
      static_cast<double>(usage.ru_maxrss) / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: dlib_peer RESNET.dat SHAPE_PREDICTOR.dat PHOTOS...\n");
    return 2;
  }
  try {
    Totals totals;
    double seconds = 0;
    timed(seconds, [&] {
      Peer peer(argv[1], argv[2]);
      for (int i = 3; i < argc; ++i) peer.add(argv[i], totals);
      return 0;
    });
    print(totals, seconds);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dlib_peer: %s\n", error.what());
    return 2;
  }
}
