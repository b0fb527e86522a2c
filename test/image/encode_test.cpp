#include "image/encode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/decode.h"
#include "samples.h"

namespace facenet {
namespace {

using namespace facenet::test;

TEST(EncodePng, WritesTheSignatureAndTheSize) {
  const std::vector<std::byte> png = encode_png(asymmetric(300, 5));
  ASSERT_GE(png.size(), 33U);
  const std::string head(reinterpret_cast<const char*>(png.data()), 25);
  EXPECT_EQ(head, "\x89PNG\r\n\x1a\n" + big_endian(13, 4) + "IHDR" + big_endian(300, 4) +
                      big_endian(5, 4) + "\x08");
}

TEST(EncodePng, LosesNothing) {
  const TemporaryFolder folder;
  const Image picture = asymmetric(41, 29);
  const std::string path = folder.path("chip[n=2].png");
  write_png(path, picture, false);
  EXPECT_EQ(largest_difference(PhotoFile(path).decode(), picture), 0);
}

TEST(EncodePng, SaysWhenThereIsNothingToEncode) {
  EXPECT_THROW(encode_png(Image()), Error);
}

TEST(Encode, OtherFormatsLoseLittle) {
  const TemporaryFolder folder;
  const Image picture = asymmetric(160, 120);
  for (const ImageFormat format : {ImageFormat::kJpeg, ImageFormat::kWebp}) {
    const std::string path = folder.path("picture");
    write_picture(path, picture, format, true);
    const PhotoFile file(path);
    EXPECT_EQ(file.format(), format);
    EXPECT_LT(largest_difference(file.decode(), picture), 24) << to_string(format);
  }
  EXPECT_THROW(encode(picture, ImageFormat::kGif), Error);
  EXPECT_THROW(encode(Image(16384, 1), ImageFormat::kWebp), Error) << "than which none is wider";
}

TEST(Encode, TheEndingOfANameSaysTheFormat) {
  EXPECT_EQ(picture_format_of("a.b/people.JPG"), ImageFormat::kJpeg);
  EXPECT_EQ(picture_format_of("people.jpeg"), ImageFormat::kJpeg);
  EXPECT_EQ(picture_format_of("people.png"), ImageFormat::kPng);
  EXPECT_EQ(picture_format_of("people.webp"), ImageFormat::kWebp);
  for (const char* none : {"people", "people.gif", ".png", "png", "people.jpg.txt", ""})
    EXPECT_FALSE(picture_format_of(none)) << none;
}

TEST(WritePng, ReplacesAFileOnlyWhenTold) {
  const TemporaryFolder folder;
  const std::string path = folder.write("chip.png", "precious");
  EXPECT_THROW(write_png(path, asymmetric(4, 4), false), Error);
  EXPECT_EQ(read_bytes(path), "precious");
  write_png(path, asymmetric(4, 4), true);
  EXPECT_EQ(largest_difference(PhotoFile(path).decode(), asymmetric(4, 4)), 0);
}

TEST(WritePng, SaysWhichFileItCannotWrite) {
  const TemporaryFolder folder;
  const std::string path = folder.path("missing/chip.png");
  try {
    write_png(path, asymmetric(4, 4), false);
    FAIL() << "wrote into a folder that is not there";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr(path));
  }
}

}  // namespace
}  // namespace facenet
