#include "pipeline/video/likeness.h"

#include <cmath>
#include <cstdint>
#include <random>

#include <gtest/gtest.h>

namespace facenet {
namespace {

/// Grey, with some noise.
Image wall(unsigned seed, int noise = 6) {
  Image image(960, 540);
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> any(-noise, noise);
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(120 + any(random));
  return image;
}

/// What a face of `edge` pixels is from afar: a lighter disk with two dark places.
void put_face(Image& image, int left, int top, int edge) {
  for (int y = 0; y < edge; ++y)
    for (int x = 0; x < edge; ++x) {
      const double u = 2.0 * (x + 0.5) / edge - 1, v = 2.0 * (y + 0.5) / edge - 1;
      if (u * u + v * v > 1) continue;
      const bool is_eye = std::hypot(std::abs(u) - 0.4, v + 0.2) < 0.25;
      std::uint8_t* pixel = image.row(top + y) + std::ptrdiff_t{3} * (left + x);
      for (int c = 0; c < 3; ++c) pixel[c] = is_eye ? 60 : 150;
    }
}

TEST(Likeness, NoiseDoesNotMakeAnotherFrame) {
  EXPECT_TRUE(is_same_frame(frame_cells(wall(1)), frame_cells(wall(2))));
}

TEST(Likeness, AFaceOfTheSmallestSizeMakesAnotherFrameWhereverItIs) {
  const BrightnessCells before = frame_cells(wall(1));
  const Image noisy = wall(2);
  for (int left = 0; left < 12; ++left)
    for (int top = 0; top < 12; ++top) {
      Image frame = noisy;
      put_face(frame, 300 + left, 200 + top, 10);
      EXPECT_FALSE(is_same_frame(before, frame_cells(frame))) << left << ' ' << top;
    }
  Image corner = wall(2);
  put_face(corner, 950, 530, 10);
  EXPECT_FALSE(is_same_frame(before, frame_cells(corner)));
}

TEST(Likeness, FramesOfAnotherSizeAreOthers) {
  EXPECT_FALSE(is_same_frame(frame_cells(Image(960, 540)), frame_cells(Image(540, 960))));
  EXPECT_FALSE(is_same_frame({}, {}));
}

/// Blobs that depend on the seed.
Image chip(unsigned seed, double gain = 1, int noise = 0) {
  Image image(112, 112);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> any(0, 1);
  std::vector<double> grey(std::size_t{112} * 112, 100);
  for (int blob = 0; blob < 12; ++blob) {
    const double x0 = 112 * any(random), y0 = 112 * any(random), height = 120 * any(random) - 60;
    for (int y = 0; y < 112; ++y)
      for (int x = 0; x < 112; ++x)
        grey[static_cast<std::size_t>(y) * 112 + static_cast<std::size_t>(x)] +=
            height * std::exp(-((x - x0) * (x - x0) + (y - y0) * (y - y0)) / 128);
  }
  std::uniform_int_distribution<int> any_noise(-noise, noise);
  std::mt19937 other(seed + 1000);
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] =
        static_cast<std::uint8_t>(std::clamp(gain * grey[i / 3] + any_noise(other), 0.0, 255.0));
  return image;
}

TEST(Likeness, OfOnePictureIsHighInOtherLightAndWithNoise) {
  EXPECT_NEAR(likeness(chip_cells(chip(1)), chip_cells(chip(1))), 1, 1e-5);
  EXPECT_GT(likeness(chip_cells(chip(1)), chip_cells(chip(1, 0.7))), 0.99);
  EXPECT_GT(likeness(chip_cells(chip(1)), chip_cells(chip(1, 1, 10))), kSamePicture);
}

TEST(Likeness, OfOthersIsLow) {
  for (unsigned seed = 2; seed < 20; ++seed)
    EXPECT_LT(likeness(chip_cells(chip(1)), chip_cells(chip(seed))), 0.8) << seed;
}

TEST(Likeness, APictureOfOneColourIsLikeNone) {
  EXPECT_EQ(likeness(chip_cells(Image(112, 112)), chip_cells(Image(112, 112))), 0);
}

}  // namespace
}  // namespace facenet
