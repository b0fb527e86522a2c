#include "image/sharpness.h"

#include <cmath>

#include <gtest/gtest.h>

namespace facenet {
namespace {

constexpr int kSize = 40;

/// Grey waves of this many pixels, around 128.
Image waves(double length, double height) {
  Image image(kSize, kSize);
  for (int y = 0; y < kSize; ++y)
    for (int x = 0; x < kSize; ++x)
      for (int c = 0; c < 3; ++c)
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>(
            std::lround(128 + height * std::sin(2 * 3.14159265358979 * x / length)));
  return image;
}

TEST(Sharpness, IsWhatTheLaplacianDoesToAWave) {
  // On a wave along x the Laplacian multiplies by 2 - 2 cos(2 pi / length).
  for (const double length : {4.0, 8.0, 16.0})
    EXPECT_NEAR(sharpness(waves(length, 100)), 2 - 2 * std::cos(2 * 3.14159265358979 / length),
                0.06)
        << length;
}

TEST(Sharpness, DoesNotRiseWithContrast) {
  EXPECT_NEAR(sharpness(waves(8, 100)), sharpness(waves(8, 25)), 0.02);
}

TEST(Sharpness, IsThatOfTheMiddle) {
  Image framed = waves(16, 100);
  for (int y = 0; y < kSize; ++y)
    for (int x = 0; x < kSize; ++x)
      if (x < 7 || y < 7 || x >= kSize - 7 || y >= kSize - 7)
        for (int c = 0; c < 3; ++c) framed.row(y)[3 * x + c] = 0;
  EXPECT_EQ(sharpness(framed), sharpness(waves(16, 100)));
}

TEST(Sharpness, OfNothingToSeeIsZero) {
  EXPECT_EQ(sharpness(waves(8, 0)), 0);
  EXPECT_EQ(sharpness(Image(4, 50)), 0);
  EXPECT_EQ(sharpness(Image()), 0);
}

}  // namespace
}  // namespace facenet
