#include "image/turn.h"

#include <gtest/gtest.h>

namespace facenet {
namespace {

/// Every pixel another.
Image numbered(int width, int height) {
  Image image(width, height);
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return image;
}

/// One quarter clockwise: the last row becomes the first column.
Image quarter(const Image& image) {
  Image out(image.height, image.width);
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x)
      for (int c = 0; c < 3; ++c)
        out.row(x)[3 * (image.height - 1 - y) + c] = image.row(y)[3 * x + c];
  return out;
}

TEST(Turned, IsSoManyQuartersClockwise) {
  for (const auto& [width, height] : {std::pair{1, 1}, {5, 3}, {70, 33}, {32, 64}, {1, 40}}) {
    const Image image = numbered(width, height);
    Image expected = image;
    for (int quarters = 0; quarters < 4; ++quarters) {
      const Image found = turned(image, quarters);
      EXPECT_EQ(found.width, expected.width);
      EXPECT_EQ(found.height, expected.height);
      EXPECT_EQ(found.pixels, expected.pixels) << width << " x " << height << ", " << quarters;
      expected = quarter(expected);
    }
    EXPECT_EQ(expected.pixels, image.pixels);
  }
  EXPECT_TRUE(turned(Image(), 1).empty());
}

}  // namespace
}  // namespace facenet
