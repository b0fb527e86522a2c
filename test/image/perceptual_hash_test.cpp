#include "image/perceptual_hash.h"

#include <algorithm>
#include <bit>

#include <gtest/gtest.h>

#include "test/image/samples.h"

namespace facenet::test {
namespace {

int bits_apart(const Image& a, const Image& b) {
  return std::popcount(perceptual_hash(a) ^ perceptual_hash(b));
}

Image grey(int width, int height, const std::function<int(int x, int y)>& value) {
  return paint(width, height, [&](int x, int y) {
    const auto level = static_cast<std::uint8_t>(std::clamp(value(x, y), 0, 255));
    return Rgb{level, level, level};
  });
}

/// Patches of brightness, which another seed puts elsewhere.
Image scene(int width, int height, int seed, int brighter = 0) {
  return grey(width, height, [&](int x, int y) {
    const int cell = (x * 12 / width) * 31 + (y * 10 / height) * 17 + seed * 101;
    return cell * cell % 199 + brighter;
  });
}

TEST(PerceptualHash, ABitIsACellThatIsBrighterThanTheOneToItsLeft) {
  EXPECT_EQ(perceptual_hash(grey(90, 80, [](int x, int) { return x; })), ~std::uint64_t{0});
  EXPECT_EQ(perceptual_hash(grey(90, 80, [](int x, int) { return 90 - x; })), 0U);
  EXPECT_EQ(perceptual_hash(grey(90, 80, [](int, int) { return 7; })), 0U) << "of one colour";
  // Only the third cell of the first row is bright: one bit up, none for the step down.
  EXPECT_EQ(
      perceptual_hash(grey(90, 80, [](int x, int y) { return x / 10 == 2 && y < 10 ? 200 : 50; })),
      std::uint64_t{1} << 62);
  // In the last row of cells, the last.
  EXPECT_EQ(
      perceptual_hash(grey(90, 80, [](int x, int y) { return x >= 80 && y >= 70 ? 200 : 50; })),
      1U);
}

TEST(PerceptualHash, SizeAndBrightnessHardlyMatterAndTheSceneDoes) {
  const Image one = scene(640, 480, 1);
  EXPECT_LE(bits_apart(one, scene(320, 240, 1)), 2);
  EXPECT_LE(bits_apart(one, scene(1000, 750, 1)), 2);
  EXPECT_LE(bits_apart(one, scene(640, 480, 1, 40)), 2);
  for (int other = 2; other < 12; ++other)
    EXPECT_GT(bits_apart(one, scene(640, 480, other)), 10) << other;
}

TEST(PerceptualHash, PicturesOfAnySizeHaveOne) {
  EXPECT_EQ(perceptual_hash(Image()), 0U);
  for (const auto& [width, height] : {std::pair{1, 1}, {3, 2}, {8, 7}, {1, 500}, {500, 1}})
    EXPECT_EQ(perceptual_hash(grey(width, height, [](int, int) { return 9; })), 0U)
        << width << " x " << height;
}

}  // namespace
}  // namespace facenet::test
