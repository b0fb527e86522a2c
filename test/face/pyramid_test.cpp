#include "face/pyramid.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace facenet {
namespace {

constexpr PixelScale kPlain{};

Image noise(int width, int height, unsigned seed) {
  Image image(width, height);
  std::mt19937 random(seed);
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(random());
  return image;
}

/// Brightness rises by one per pixel to the right, by two per pixel down; blue stays.
Image ramp(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.row(y)[3 * x] = static_cast<std::uint8_t>(x);
      image.row(y)[3 * x + 1] = static_cast<std::uint8_t>(2 * y);
      image.row(y)[3 * x + 2] = 77;
    }
  }
  return image;
}

std::vector<float> sample(const ImagePyramid& pyramid, const Box& region, int width, int height,
                          const PixelScale& scale = kPlain) {
  std::vector<float> out(static_cast<std::size_t>(width * height * 3));
  pyramid.sample(region, width, height, scale, out.data());
  return out;
}

float at(const std::vector<float>& out, int height, int x, int y, int channel) {
  return out[static_cast<std::size_t>((x * height + y) * 3 + channel)];
}

/// Mean over a rectangle of whole pixels.
double mean(const Image& image, int x, int y, int width, int height, int channel) {
  double sum = 0;
  for (int row = y; row < y + height; ++row) {
    for (int column = x; column < x + width; ++column) sum += image.row(row)[3 * column + channel];
  }
  return sum / (width * height);
}

TEST(ImagePyramid, CopiesColumnByColumn) {
  const Image image = noise(5, 4, 1);
  const ImagePyramid pyramid(image);
  const auto out = sample(pyramid, {1, 1, 3, 2}, 3, 2);
  for (int x = 0; x < 3; ++x) {
    for (int y = 0; y < 2; ++y) {
      for (int c = 0; c < 3; ++c) {
        EXPECT_FLOAT_EQ(at(out, 2, x, y, c), image.row(y + 1)[3 * (x + 1) + c]);
      }
    }
  }
}

TEST(ImagePyramid, ShrinksToMeans) {
  const Image image = noise(128, 64, 2);
  const ImagePyramid pyramid(image);
  for (const int factor : {1, 2, 4, 8, 16, 32}) {
    const int width = image.width / factor;
    const int height = image.height / factor;
    const auto out = sample(pyramid, {0, 0, 128, 64}, width, height);
    for (int x = 0; x < width; ++x) {
      for (int y = 0; y < height; ++y) {
        // Each of at most five halvings rounds to a whole number.
        EXPECT_NEAR(at(out, height, x, y, 1),
                    mean(image, x * factor, y * factor, factor, factor, 1), 1.5)
            << "shrunk by " << factor;
      }
    }
  }
}

TEST(ImagePyramid, WeighsPixelsByTheAreaThatIsCovered) {
  const Image image = noise(6, 6, 3);
  const ImagePyramid pyramid(image);
  // Two output pixels of 1.5 x 1.5 source pixels: one whole, a half, and a quarter at the corner.
  const auto out = sample(pyramid, {1, 1, 3, 3}, 2, 2);
  const auto value = [&](int x, int y) { return static_cast<double>(image.row(y)[3 * x]); };
  EXPECT_NEAR(at(out, 2, 0, 0, 0),
              (value(1, 1) + value(2, 1) / 2 + value(1, 2) / 2 + value(2, 2) / 4) / 2.25, 1e-3);
  EXPECT_NEAR(at(out, 2, 1, 1, 0),
              (value(3, 3) + value(2, 3) / 2 + value(3, 2) / 2 + value(2, 2) / 4) / 2.25, 1e-3);
}

TEST(ImagePyramid, FollowsARampAtAnyScale) {
  const Image image = ramp(250, 120);
  const ImagePyramid pyramid(image);
  std::mt19937 random(3);
  std::uniform_real_distribution<float> inset(2, 20);
  for (int round = 0; round < 100; ++round) {
    const float left = inset(random);
    const float top = inset(random);
    const Box region{left, top, 250 - left - inset(random), 120 - top - inset(random)};
    const int width = 5 + round * 4;  // from shrinking 40 times to enlarging twice
    const int height = 3 + round * 2;
    const auto out = sample(pyramid, region, width, height);
    // A pixel of a half that is covered in part counts with its whole mean: off by at most an
    // eighth of an output pixel. Five halvings round up by an eighth each on average.
    const double tolerance = 1 + std::max(region.width / static_cast<float>(width),
                                          region.height / static_cast<float>(height)) /
                                     8;
    for (int x = 0; x < width; ++x) {
      for (int y = 0; y < height; ++y) {
        // The value at a place is its distance from the centre of the first pixel.
        const float place_x =
            region.x + (static_cast<float>(x) + 0.5F) * region.width / static_cast<float>(width) -
            0.5F;
        const float place_y =
            region.y + (static_cast<float>(y) + 0.5F) * region.height / static_cast<float>(height) -
            0.5F;
        ASSERT_NEAR(at(out, height, x, y, 0), place_x, tolerance);
        ASSERT_NEAR(at(out, height, x, y, 1), 2 * place_y, 2 * tolerance);
        ASSERT_NEAR(at(out, height, x, y, 2), 77, 1e-3);
      }
    }
  }
}

TEST(ImagePyramid, IsBlackOutside) {
  Image white(40, 30);
  std::fill(white.pixels.begin(), white.pixels.end(), std::uint8_t{255});
  const ImagePyramid pyramid(white);
  for (const int edge : {8, 16, 64, 160}) {  // of a region of 80 pixels: shrinking and enlarging
    const auto out = sample(pyramid, {-20, -25, 80, 80}, edge, edge);
    const float pixel = 80 / static_cast<float>(edge);
    for (int x = 0; x < edge; ++x) {
      for (int y = 0; y < edge; ++y) {
        const float left = static_cast<float>(x) * pixel - 20;
        const float top = static_cast<float>(y) * pixel - 25;
        const bool inside = left >= 0 && left + pixel <= 40 && top >= 0 && top + pixel <= 30;
        const bool outside = left + pixel <= 0 || left >= 40 || top + pixel <= 0 || top >= 30;
        if (inside) {
          EXPECT_FLOAT_EQ(at(out, edge, x, y, 0), 255);
        } else if (outside) {
          EXPECT_FLOAT_EQ(at(out, edge, x, y, 0), 0);
        }
      }
    }
  }
  for (const float value : sample(pyramid, {100, 100, 50, 50}, 4, 4)) EXPECT_EQ(value, 0);
}

TEST(ImagePyramid, AveragesOddSizesWithoutLosingTheLastPixels) {
  const Image image = noise(37, 23, 4);
  const ImagePyramid pyramid(image);
  const auto out = sample(pyramid, {0, 0, 37, 23}, 1, 1);
  // A constant channel keeps its value when the odd last columns are halved rightly; noise shows
  // that every pixel has about the same weight.
  EXPECT_NEAR(out[0], mean(image, 0, 0, 37, 23, 0), 6);
  Image grey(37, 23);
  std::fill(grey.pixels.begin(), grey.pixels.end(), std::uint8_t{90});
  const ImagePyramid even(grey);
  for (int edge = 1; edge < 60; ++edge) {
    for (const float value : sample(even, {0, 0, 37, 23}, edge, edge)) ASSERT_NEAR(value, 90, 1e-3);
  }
}

TEST(ImagePyramid, ScalesValues) {
  Image image(2, 2);
  image.pixels = {0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 255};
  const auto out =
      sample(ImagePyramid(image), {0, 0, 2, 2}, 2, 2, {.mean = 127.5F, .divisor = 128});
  EXPECT_FLOAT_EQ(at(out, 2, 0, 0, 0), -127.5F / 128);
  EXPECT_FLOAT_EQ(at(out, 2, 1, 1, 2), 127.5F / 128);
}

TEST(ImagePyramid, LooksIntoTheSmallestImages) {
  const Image image = noise(1, 1, 5);
  const ImagePyramid pyramid(image);
  EXPECT_FLOAT_EQ(sample(pyramid, {0, 0, 1, 1}, 1, 1)[0], image.pixels[0]);
  for (const float value : sample(ImagePyramid(Image()), {0, 0, 4, 4}, 2, 2)) EXPECT_EQ(value, 0);
}

}  // namespace
}  // namespace facenet
