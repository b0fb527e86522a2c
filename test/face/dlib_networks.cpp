#include "dlib_networks.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <dlib/dnn.h>
#include <dlib/image_processing/frontal_face_detector.h>

namespace facenet {
namespace {

template <int N, template <typename> class Norm, int Stride, typename Subnet>
using Block =
    Norm<dlib::con<N, 3, 3, 1, 1, dlib::relu<Norm<dlib::con<N, 3, 3, Stride, Stride, Subnet>>>>>;

template <int N, template <typename> class Norm, typename Subnet>
using Residual = dlib::relu<dlib::add_prev1<Block<N, Norm, 1, dlib::tag1<Subnet>>>>;

template <int N, template <typename> class Norm, typename Subnet>
using ResidualDown = dlib::relu<dlib::add_prev2<
    dlib::avg_pool<2, 2, 2, 2, dlib::skip1<dlib::tag2<Block<N, Norm, 2, dlib::tag1<Subnet>>>>>>>;

template <template <typename> class Norm>
using Resnet = dlib::loss_metric<dlib::fc<
    6, dlib::relu<dlib::fc_no_bias<
           9, dlib::avg_pool_everything<ResidualDown<
                  13, Norm,
                  ResidualDown<11, Norm,
                               Residual<7, Norm,
                                        dlib::max_pool<3, 3, 2, 2,
                                                       dlib::relu<Norm<dlib::con<
                                                           7, 7, 7, 2, 2,
                                                           dlib::input_rgb_image_sized<
                                                               kSmallResnetEdge>>>>>>>>>>>>>;

template <template <typename> class Norm>
using Mmod = dlib::loss_mmod<
    dlib::con<2, 5, 5, 1, 1,
              dlib::relu<Norm<dlib::con<
                  8, 5, 5, 2, 2,
                  dlib::relu<Norm<dlib::con<
                      6, 5, 5, 2, 2, dlib::input_rgb_image_pyramid<dlib::pyramid_down<6>>>>>>>>>>;

using Pixels = dlib::matrix<dlib::rgb_pixel>;

Box to_box(const dlib::rectangle& rect) {
  return {static_cast<float>(rect.left()), static_cast<float>(rect.top()),
          static_cast<float>(rect.width()), static_cast<float>(rect.height())};
}

Pixels to_matrix(const Image& image) {
  Pixels pixels(image.height, image.width);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const std::uint8_t* from = &image.row(y)[3 * x];
      pixels(y, x) = dlib::rgb_pixel(from[0], from[1], from[2]);
    }
  }
  return pixels;
}

/// Fills every layer's numbers, in the order of dlib's visit.
template <class Network>
void randomise(Network& network, unsigned seed) {
  std::mt19937 engine(seed);
  dlib::visit_layer_parameters(network, [&](dlib::tensor& parameters) {
    const float reach = 2 / std::sqrt(static_cast<float>(parameters.size()) / 8 + 1);
    std::uniform_real_distribution<float> distribution(-reach, reach);
    std::generate(parameters.begin(), parameters.end(), [&] { return distribution(engine); });
  });
}

}  // namespace

std::vector<std::vector<float>> save_small_resnet(const std::string& path, bool as_trained,
                                                  std::span<const Image> chips) {
  std::vector<Pixels> images;
  for (const Image& chip : chips) images.push_back(to_matrix(chip));
  Resnet<dlib::bn_con> trained;
  trained(images[0]);  // gives its layers their sizes
  randomise(trained, 1);
  trained(images);  // a batch, from which it gathers statistics
  Resnet<dlib::affine> network = trained;
  std::vector<std::vector<float>> outputs;
  for (const Pixels& image : images) {
    const dlib::matrix<float, 0, 1> output = network(image);
    outputs.emplace_back(output.begin(), output.end());
  }
  trained.clean();
  network.clean();
  if (as_trained) {
    dlib::serialize(path) << trained;
  } else {
    dlib::serialize(path) << network;
  }
  return outputs;
}

std::vector<DlibDetection> save_small_mmod(const std::string& path, const Image& image,
                                           double confidence) {
  dlib::mmod_options options;
  options.detector_windows = {{24, 24, "upright"}, {36, kSmallMmodWindow, "lying"}};
  options.overlaps_nms = dlib::test_box_overlap(0.3, 0.7);
  Mmod<dlib::bn_con> trained(options);
  const Pixels pixels = to_matrix(image);
  trained(pixels);  // gives its layers their sizes
  randomise(trained, 2);
  Mmod<dlib::affine> network = trained;
  // So that of some ten thousand places some hundred say more than 0, for each window.
  network(pixels);
  const dlib::tensor& map = network.subnet().get_output();
  constexpr std::ptrdiff_t kPositive = 400;
  const auto places = static_cast<std::ptrdiff_t>(map.nr() * map.nc());
  dlib::tensor& last = network.subnet().layer_details().get_layer_params();
  for (const std::ptrdiff_t window : {0, 1}) {
    const float* begin = map.host() + window * places;
    std::vector<float> values(begin, begin + places);
    std::ranges::nth_element(values, values.end() - kPositive);
    *(last.end() - 2 + window) -= *(values.end() - kPositive);
  }

  std::vector<dlib::mmod_rect> found;
  dlib::resizable_tensor input;
  network.to_tensor(&pixels, &pixels + 1, input);
  network.subnet().forward(input);
  network.loss_details().to_label(input, network.subnet(), &found, confidence);
  std::vector<DlibDetection> detections;
  for (const dlib::mmod_rect& rect : found) {
    detections.push_back(
        {{static_cast<float>(rect.rect.left()), static_cast<float>(rect.rect.top()),
          static_cast<float>(rect.rect.width()), static_cast<float>(rect.rect.height())},
         rect.detection_confidence});
  }
  network.clean();
  dlib::serialize(path) << network;
  return detections;
}

std::vector<DlibDetection> dlib_faces(const Image& image, double confidence) {
  static const dlib::frontal_face_detector made = dlib::get_frontal_face_detector();
  dlib::frontal_face_detector detector = made;
  std::vector<dlib::rect_detection> found;
  detector(to_matrix(image), found, confidence);
  std::vector<DlibDetection> detections;
  for (const dlib::rect_detection& detection : found)
    detections.push_back({to_box(detection.rect), detection.detection_confidence});
  return detections;
}

std::vector<Box> dlib_tiles(int width, int height, int padding, int outer_padding) {
  const dlib::pyramid_down<6> pyramid;
  std::vector<dlib::rectangle> tiles;
  long rows = 0;
  long columns = 0;
  dlib::impl::compute_tiled_image_pyramid_details(
      pyramid, height, width, static_cast<unsigned long>(padding),
      static_cast<unsigned long>(outer_padding), tiles, rows, columns);
  tiles.emplace_back(columns, rows);
  std::vector<Box> boxes;
  for (const dlib::rectangle& tile : tiles) boxes.push_back(to_box(tile));
  return boxes;
}

}  // namespace facenet
