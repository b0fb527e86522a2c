#include "image/jpeg.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "samples.h"

namespace facenet {
namespace {

using namespace facenet::testing;

TEST(RecompressJpeg, LosesMoreAtLowerQuality) {
  const Image picture = asymmetric(61, 47);
  int last = 0;
  for (const int quality : {98, 60, 5}) {
    const Image after = recompress_jpeg(picture, quality);
    ASSERT_EQ(after.width, picture.width);
    ASSERT_EQ(after.height, picture.height);
    const int lost = largest_difference(after, picture);
    EXPECT_GT(lost, last);
    last = lost;
  }
}

TEST(RecompressJpeg, KeepsAnEvenColour) {
  Image gray(40, 30);
  for (std::uint8_t& value : gray.pixels) value = 128;
  EXPECT_LE(largest_difference(recompress_jpeg(gray, 10), gray), 2);
}

TEST(RecompressJpeg, SaysWhenThereIsNothingToEncode) {
  EXPECT_THROW(recompress_jpeg(Image(), 50), Error);
}

}  // namespace
}  // namespace facenet
