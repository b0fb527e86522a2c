#include "image/warp.h"

#include <cmath>
#include <numbers>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "samples.h"

namespace facenet {
namespace {

using namespace facenet::test;

Similarity turned(double degrees, double scale, double tx, double ty) {
  const double angle = degrees * std::numbers::pi / 180;
  return {scale * std::cos(angle), scale * std::sin(angle), tx, ty};
}

Image noise(int width, int height) {
  std::uint32_t state = 7;
  return paint(width, height, [&](int, int) {
    const auto next = [&] {
      state = state * 1664525 + 1013904223;
      return static_cast<std::uint8_t>(state >> 24);
    };
    return Rgb{next(), next(), next()};
  });
}

double sample_or_black(const Image& image, int x, int y, int channel) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return 0;
  return pixel(image, x, y)[static_cast<std::size_t>(channel)];
}

/// The definition of bilinear interpolation: every pixel weighs in by its tent.
double tents(const Image& image, double x, double y, int channel) {
  double sum = 0;
  for (int j = static_cast<int>(std::floor(y)) - 1; j <= y + 1; ++j) {
    for (int i = static_cast<int>(std::floor(x)) - 1; i <= x + 1; ++i) {
      const double weight = std::max(0.0, 1 - std::abs(x - i)) * std::max(0.0, 1 - std::abs(y - j));
      sum += weight * sample_or_black(image, i, j, channel);
    }
  }
  return sum;
}

/// The mean of `fine` x `fine` points of the square that the pixel (x, y) of the result covers.
double area_mean(const Image& source, const Similarity& to_source, int x, int y, int channel,
                 int fine) {
  double sum = 0;
  for (int j = 0; j < fine; ++j) {
    for (int i = 0; i < fine; ++i) {
      const auto at = to_source.apply(x - 0.5 + (i + 0.5) / fine, y - 0.5 + (j + 0.5) / fine);
      sum += tents(source, at[0], at[1], channel);
    }
  }
  return sum / fine / fine;
}

void expect_like_reference(const Image& source, const Similarity& to_source, int size, int fine,
                           double tolerance) {
  const Image result = warp(source, to_source, size, size);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        EXPECT_NEAR(pixel(result, x, y)[static_cast<std::size_t>(channel)],
                    area_mean(source, to_source, x, y, channel, fine), tolerance)
            << x << " " << y;
      }
    }
  }
}

TEST(Similarity, InverseUndoes) {
  const Similarity there = turned(33, 2.5, -7, 11);
  const auto point = there.apply(3, 4);
  const auto back = there.inverse().apply(point[0], point[1]);
  EXPECT_NEAR(back[0], 3, 1e-12);
  EXPECT_NEAR(back[1], 4, 1e-12);
  EXPECT_NEAR(there.scale(), 2.5, 1e-12);
  EXPECT_NEAR(there.inverse().scale(), 0.4, 1e-12);
}

TEST(Similarity, NothingUndoesScaleZero) {
  EXPECT_THROW((Similarity{0, 0, 1, 1}.inverse()), std::logic_error);
}

TEST(Warp, IdentityIsExact) {
  const Image source = noise(31, 17);
  EXPECT_EQ(largest_difference(warp(source, {}, 31, 17), source), 0);
}

TEST(Warp, WholeShiftsAreExactAndBlackOutside) {
  const Image source = noise(10, 10);
  const Image result = warp(source, {1, 0, -3, 4}, 12, 12);
  const Image expected = paint(12, 12, [&](int x, int y) {
    const bool inside = x >= 3 && y + 4 < 10 && x - 3 < 10;
    return inside ? pixel(source, x - 3, y + 4) : Rgb{};
  });
  EXPECT_EQ(largest_difference(result, expected), 0);
}

TEST(Warp, QuarterTurnsAreExact) {
  const Image source = noise(23, 23);
  // x' = 22 - y, y' = x
  const Image expected = paint(23, 23, [&](int x, int y) { return pixel(source, 22 - y, x); });
  EXPECT_EQ(largest_difference(warp(source, {0, 1, 22, 0}, 23, 23), expected), 0);
  // By way of sine and cosine, which miss zero by a little.
  EXPECT_EQ(largest_difference(warp(source, turned(90, 1, 22, 0), 23, 23), expected), 0);
}

TEST(Warp, EnlargingInterpolates) {
  expect_like_reference(noise(40, 40), turned(25, 0.6, 4.3, 2.9), 30, 1, 0.51);
}

TEST(Warp, EdgesFadeToBlack) {
  expect_like_reference(noise(12, 12), turned(-140, 0.9, 15.2, 10.1), 24, 1, 0.51);
}

TEST(Warp, ShrinkingAveragesTheAreaOfAPixel) {
  // Noise, whose neighbours differ by 85 in the mean, is the worst that few samples can meet.
  expect_like_reference(noise(120, 120), turned(20, 1.7, 20, 5), 24, 24, 7);
  expect_like_reference(noise(120, 120), turned(-65, 3.4, 10, 90), 16, 32, 3);
  const Image smooth = asymmetric(300, 300);
  for (const double scale : {1.2, 2.9, 4.1, 7.5, 12.0}) {
    expect_like_reference(smooth, turned(30, scale, 150 - 4 * scale, 150 - 10 * scale), 12, 20,
                          1.5);
  }
}

TEST(Warp, ShrinkingDoesNotAlias) {
  const Image checks = paint(300, 300, [](int x, int y) {
    const auto light = static_cast<std::uint8_t>((x + y) % 2 == 0 ? 255 : 0);
    return Rgb{light, light, light};
  });
  for (const double scale : {2.0, 2.5, 3.0, 4.0, 7.3}) {
    for (const double degrees : {0.0, 10.0, 45.0}) {
      // 20 pixels whose middle is the middle of the checks.
      Similarity to_source = turned(degrees, scale, 0, 0);
      const auto middle = to_source.apply(9.5, 9.5);
      to_source.tx = 150 - middle[0];
      to_source.ty = 150 - middle[1];
      const Image result = warp(checks, to_source, 20, 20);
      const auto [least, most] = std::ranges::minmax_element(result.pixels);
      // A square on its corner does not hold quite as much light as dark.
      EXPECT_GE(*least, 90) << scale << " " << degrees;
      EXPECT_LE(*most, 165) << scale << " " << degrees;
    }
  }
}

TEST(Warp, ShrinkingByEightIsTheMeanOfSixtyFour) {
  const Image source = asymmetric(80, 80);
  const Image result = warp(source, {8, 0, 3.5, 3.5}, 10, 10);
  for (int y = 1; y < 9; ++y) {  // at the edges, black is mixed in
    for (int x = 1; x < 9; ++x) {
      int sum = 0;
      for (int i = 0; i < 64; ++i) sum += pixel(source, 8 * x + i % 8, 8 * y + i / 8)[0];
      EXPECT_NEAR(pixel(result, x, y)[0], sum / 64.0, 1);
    }
  }
}

TEST(Warp, NothingIsReadOutsideTheSource) {
  const Image source = noise(5, 5);
  EXPECT_THAT(warp(source, {1, 0, 1e12, -1e12}, 3, 3).pixels, ::testing::Each(0));
  EXPECT_THAT(warp(source, {std::nan(""), 0, 0, 0}, 3, 3).pixels, ::testing::Each(0));
  EXPECT_THAT(warp(Image(), {}, 3, 3).pixels, ::testing::Each(0));
  EXPECT_TRUE(warp(source, {}, 0, 0).empty());
}

TEST(Warp, AnEnormousScaleStillEnds) {
  const Image white = paint(8, 8, [](int, int) { return Rgb{255, 255, 255}; });
  EXPECT_LE(pixel(warp(white, {1e9, 0, 0, 0}, 1, 1), 0, 0)[0], 1);
}

}  // namespace
}  // namespace facenet
