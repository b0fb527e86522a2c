#include <gtest/gtest.h>

#include "image/decode.h"

namespace facenet {
namespace {

using namespace std::string_view_literals;

std::optional<ImageFormat> sniff(std::string_view bytes) {
  return sniff_format(std::as_bytes(std::span(bytes)));
}

TEST(Sniff, KnowsEveryFormatByItsFirstBytes) {
  EXPECT_EQ(sniff("\xff\xd8\xff\xe0\0\x10JFIF"sv), ImageFormat::kJpeg);
  EXPECT_EQ(sniff("\xff\xd8\xff\xe1\0\x10"
                  "Exif"sv),
            ImageFormat::kJpeg);
  EXPECT_EQ(sniff("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"sv), ImageFormat::kPng);
  EXPECT_EQ(sniff("RIFF\x24\0\0\0WEBPVP8 "sv), ImageFormat::kWebp);
  EXPECT_EQ(sniff("II*\0\x08\0\0\0"sv), ImageFormat::kTiff);
  EXPECT_EQ(sniff("MM\0*\0\0\0\x08"sv), ImageFormat::kTiff);
  EXPECT_EQ(sniff("II+\0\x08\0\0\0"sv), ImageFormat::kTiff);
  EXPECT_EQ(sniff("GIF87a\1\0\1\0"sv), ImageFormat::kGif);
  EXPECT_EQ(sniff("GIF89a\1\0\1\0"sv), ImageFormat::kGif);
  EXPECT_EQ(sniff("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0"sv), ImageFormat::kBmp);
}

TEST(Sniff, KnowsHeicAndAvifByTheirBrands) {
  EXPECT_EQ(sniff("\0\0\0\x18"
                  "ftypheic\0\0\0\0mif1heic"sv),
            ImageFormat::kHeic);
  EXPECT_EQ(sniff("\0\0\0\x18"
                  "ftypmif1\0\0\0\0mif1heic"sv),
            ImageFormat::kHeic);
  EXPECT_EQ(sniff("\0\0\0\x1c"
                  "ftypavif\0\0\0\0avifmif1miaf"sv),
            ImageFormat::kAvif);
  EXPECT_EQ(sniff("\0\0\0\x1c"
                  "ftypmif1\0\0\0\0mif1avifmiaf"sv),
            ImageFormat::kAvif);
  EXPECT_EQ(sniff("\0\0\0\x18"
                  "ftypmif1\0\0\0\0mif1miaf"sv),
            ImageFormat::kHeic);
  EXPECT_EQ(sniff("\0\0\0\x1c"
                  "ftypMiPr\0\0\0\0miafheicmif1"sv),
            ImageFormat::kHeic);
  EXPECT_EQ(sniff("\0\0\0\x18"
                  "ftypheix\0\0\0\0mif1heix"sv),
            ImageFormat::kHeic);
}

TEST(Sniff, IsNotFooledByLikeBeginnings) {
  EXPECT_EQ(sniff(""sv), std::nullopt);
  EXPECT_EQ(sniff("\xff\xd8"sv), std::nullopt);
  EXPECT_EQ(sniff("RIFF\x24\0\0\0WAVEfmt "sv), std::nullopt);
  EXPECT_EQ(sniff("RIFF"sv), std::nullopt);
  EXPECT_EQ(sniff("BMW builds cars and motorcycles"sv), std::nullopt);
  EXPECT_EQ(sniff("\0\0\0\x18"
                  "ftypisom\0\0\x02\0isomavc1"sv),
            std::nullopt);
  EXPECT_EQ(sniff("\0\0\0\x18"
                  "ftypqt  \0\0\0\0qt      "sv),
            std::nullopt);
  // The brand of a picture in the place of the version is no brand.
  EXPECT_EQ(sniff("\0\0\0\x18"
                  "ftypisomheicisomavc1"sv),
            std::nullopt);
  EXPECT_EQ(sniff("\x89PNG\n\x1a\n"sv), std::nullopt);  // mangled by a text transfer
}

TEST(Sniff, NamesEveryFormat) {
  EXPECT_EQ(to_string(ImageFormat::kJpeg), "JPEG");
  EXPECT_EQ(to_string(ImageFormat::kWebp), "WebP");
  EXPECT_EQ(to_string(ImageFormat::kHeic), "HEIC");
  EXPECT_EQ(to_string(ImageFormat::kAvif), "AVIF");
  EXPECT_EQ(to_string(ImageFormat::kJpegXl), "JPEG XL");
}

}  // namespace
}  // namespace facenet
