#include "image/degrade.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/decode.h"
#include "samples.h"

namespace facenet {
namespace {

using namespace facenet::test;

/// Fine detail that losses take away.
Image checkered(int width, int height) {
  return paint(width, height, [](int x, int y) {
    const auto value = static_cast<std::uint8_t>((x + y) % 2 == 0 ? 40 : 220);
    return Rgb{value, value, value};
  });
}

double mean_difference(const Image& a, const Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

TEST(ThroughJpeg, IsWhatIsReadFromAFile) {
  const TemporaryFolder folder;
  const Image picture = asymmetric(113, 61);
  const std::string path =
      folder.write("picture.jpg", encode(vips_picture(picture).get(), "jpegsave_buffer", "Q", 30));
  EXPECT_EQ(largest_difference(through_jpeg(picture, 30), PhotoFile(path).decode()), 0);
}

TEST(ThroughJpeg, LosesMoreAtLowerQuality) {
  const Image picture = checkered(64, 48);
  double last = 0;
  for (const int quality : {90, 70, 20, 3}) {
    const double lost = mean_difference(through_jpeg(picture, quality), picture);
    EXPECT_GT(lost, last) << quality;
    last = lost;
  }
}

TEST(ThroughJpeg, SaysWhatCannotBe) {
  for (const int quality : {0, 101}) {
    EXPECT_THAT([&] { through_jpeg(asymmetric(8, 8), quality); },
                ::testing::ThrowsMessage<Error>(
                    ::testing::HasSubstr("quality " + std::to_string(quality))));
  }
}

TEST(ThroughPixels, KeepsSmoothPicturesAndLosesDetail) {
  const Image smooth = asymmetric(112, 112);
  const Image less = through_pixels(smooth, 56 * 56);
  ASSERT_EQ(less.width, 112);
  ASSERT_EQ(less.height, 112);
  EXPECT_LT(mean_difference(less, smooth), 2);
  // At half the size each pixel is the mean of four: the checks become gray.
  const Image gray = paint(112, 112, [](int, int) { return Rgb{130, 130, 130}; });
  EXPECT_LT(mean_difference(through_pixels(checkered(112, 112), 56 * 56), gray), 3);
}

TEST(ThroughPixels, LeavesTheEdgesAsBrightAsTheyWere) {
  const Image white = paint(112, 112, [](int, int) { return Rgb{255, 255, 255}; });
  EXPECT_EQ(largest_difference(through_pixels(white, 40 * 40), white), 0);
}

TEST(ThroughPixels, LosesNothingWhereThereIsRoom) {
  const Image picture = checkered(116, 140);
  EXPECT_EQ(largest_difference(through_pixels(picture, 116 * 140), picture), 0);
  EXPECT_EQ(largest_difference(through_pixels(picture, 65'536), picture), 0);
  EXPECT_GT(largest_difference(through_pixels(picture, 80 * 80), picture), 50);
}

TEST(ThroughJpeg, RefusesAnEmptyPicture) {
  EXPECT_THROW(through_jpeg(Image(), 50), Error);
}

}  // namespace
}  // namespace facenet
