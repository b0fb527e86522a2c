// dlib's own way from photos to face descriptors, to measure facenet against: HOG face detector,
// 5-point (or 68-point) predictor, 150-pixel chip, ResNet-29, 128 numbers a face.
//
//     dlib_peer RESNET.dat SHAPE_PREDICTOR.dat PHOTOS…
//
// Prints one JSON document: photos, faces, seconds of each stage, processor time, peak memory.
// The network is defined as in dlib's public-domain example dnn_face_recognition_ex.cpp.
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <sys/resource.h>
#include <vector>

#include <dlib/dnn.h>
#include <dlib/image_io.h>
#include <dlib/image_processing.h>
#include <dlib/image_processing/frontal_face_detector.h>

namespace {

template <template <int, template <typename> class, int, typename> class Block, int N,
          template <typename> class BN, typename Subnet>
using Residual = dlib::add_prev1<Block<N, BN, 1, dlib::tag1<Subnet>>>;

template <template <int, template <typename> class, int, typename> class Block, int N,
          template <typename> class BN, typename Subnet>
using ResidualDown = dlib::add_prev2<
    dlib::avg_pool<2, 2, 2, 2, dlib::skip1<dlib::tag2<Block<N, BN, 2, dlib::tag1<Subnet>>>>>>;

template <int N, template <typename> class BN, int Stride, typename Subnet>
using Block =
    BN<dlib::con<N, 3, 3, 1, 1, dlib::relu<BN<dlib::con<N, 3, 3, Stride, Stride, Subnet>>>>>;

template <int N, typename Subnet>
using Same = dlib::relu<Residual<Block, N, dlib::affine, Subnet>>;
template <int N, typename Subnet>
using Down = dlib::relu<ResidualDown<Block, N, dlib::affine, Subnet>>;

template <typename Subnet>
using Level0 = Down<256, Subnet>;
template <typename Subnet>
using Level1 = Same<256, Same<256, Down<256, Subnet>>>;
template <typename Subnet>
using Level2 = Same<128, Same<128, Down<128, Subnet>>>;
template <typename Subnet>
using Level3 = Same<64, Same<64, Same<64, Down<64, Subnet>>>>;
template <typename Subnet>
using Level4 = Same<32, Same<32, Same<32, Subnet>>>;

using Network = dlib::loss_metric<dlib::fc_no_bias<
    128, dlib::avg_pool_everything<Level0<Level1<Level2<Level3<Level4<dlib::max_pool<
             3, 3, 2, 2,
             dlib::relu<dlib::affine<
                 dlib::con<32, 7, 7, 2, 2, dlib::input_rgb_image_sized<150>>>>>>>>>>>>>;

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
      "{\"photos\": %ld, \"faces\": %ld, \"unreadable\": %ld, \"seconds\": {\"decode\": %.3f, "
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
