#include "image/decode.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "samples.h"

namespace facenet {
namespace {

using namespace facenet::test;
using ::testing::ElementsAre;

/// Where the upright picture finds its pixel (x, y) in the stored one, by the table of the EXIF
/// standard.
Image turn_by_hand(const Image& stored, int orientation) {
  const int right = stored.width - 1;
  const int bottom = stored.height - 1;
  const bool quarter = orientation >= 5;
  return paint(quarter ? stored.height : stored.width, quarter ? stored.width : stored.height,
               [&](int x, int y) {
                 switch (orientation) {
                   case 2:
                     return pixel(stored, right - x, y);
                   case 3:
                     return pixel(stored, right - x, bottom - y);
                   case 4:
                     return pixel(stored, x, bottom - y);
                   case 5:
                     return pixel(stored, y, x);
                   case 6:
                     return pixel(stored, y, bottom - x);
                   case 7:
                     return pixel(stored, right - y, bottom - x);
                   case 8:
                     return pixel(stored, right - y, x);
                   default:
                     return pixel(stored, x, y);
                 }
               });
}

class Decode : public ::testing::Test {
 protected:
  PhotoFile open(const std::string& bytes) { return PhotoFile(folder_.write("photo", bytes)); }
  Image decode(const std::string& bytes, int max_edge = 0) { return open(bytes).decode(max_edge); }

  TemporaryFolder folder_;
};

TEST_F(Decode, LosslessFormatsComeOutAsTheyWere) {
  const Image picture = asymmetric(37, 23);
  const VipsImagePtr image = vips_picture(picture);
  const std::vector<std::pair<ImageFormat, std::string>> files = {
      {ImageFormat::kPng, encode(image.get(), "pngsave_buffer")},
      {ImageFormat::kPng, encode(image.get(), "pngsave_buffer", "interlace", TRUE)},
      {ImageFormat::kTiff, encode(image.get(), "tiffsave_buffer")},
      {ImageFormat::kTiff, encode(image.get(), "tiffsave_buffer", "bigtiff", TRUE, "tile", TRUE)},
      {ImageFormat::kWebp, encode(image.get(), "webpsave_buffer", "lossless", TRUE)},
  };
  for (const auto& [format, bytes] : files) {
    const PhotoFile photo = open(bytes);
    EXPECT_EQ(photo.format(), format);
    EXPECT_EQ(photo.width(), 37);
    EXPECT_EQ(photo.height(), 23);
    EXPECT_EQ(largest_difference(photo.decode(), picture), 0) << to_string(format);
  }
}

TEST_F(Decode, LossyFormatsComeOutNearly) {
  const Image picture = asymmetric(64, 48);
  const VipsImagePtr image = vips_picture(picture);
  EXPECT_LE(largest_difference(decode(encode(image.get(), "jpegsave_buffer", "Q", 95)), picture),
            8);
  EXPECT_LE(
      largest_difference(decode(encode(image.get(), "jpegsave_buffer", "Q", 95, "interlace", TRUE)),
                         picture),
      8);
  EXPECT_LE(largest_difference(decode(encode(image.get(), "webpsave_buffer", "Q", 95)), picture),
            12);
}

TEST_F(Decode, EveryOrientationComesOutUpright) {
  const std::string jpeg =
      encode(vips_picture(asymmetric(48, 32)).get(), "jpegsave_buffer", "strip", TRUE);
  const Image stored = decode(jpeg);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const PhotoFile photo = open(with_exif_orientation(jpeg, orientation));
    const Image expected = turn_by_hand(stored, orientation);
    EXPECT_EQ(photo.width(), expected.width) << orientation;
    EXPECT_EQ(photo.height(), expected.height) << orientation;
    EXPECT_EQ(largest_difference(photo.decode(), expected), 0) << orientation;
  }
}

TEST_F(Decode, OrientationIsObeyedInTiffAndWebp) {
  const Image stored = asymmetric(48, 32);
  const VipsImagePtr image = vips_picture(stored);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    vips_image_set_int(image.get(), VIPS_META_ORIENTATION, orientation);
    const Image expected = turn_by_hand(stored, orientation);
    for (const std::string& bytes : {encode(image.get(), "tiffsave_buffer"),
                                     encode(image.get(), "webpsave_buffer", "lossless", TRUE)}) {
      const PhotoFile photo = open(bytes);
      EXPECT_EQ(largest_difference(photo.decode(), expected), 0)
          << to_string(photo.format()) << " " << orientation;
    }
  }
}

TEST_F(Decode, ShrinkingAndTurningGoTogether) {
  const Image stored = asymmetric(400, 200);
  const VipsImagePtr image = vips_picture(stored);
  const std::string jpeg = encode(image.get(), "jpegsave_buffer", "Q", 95, "strip", TRUE);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image expected = turn_by_hand(asymmetric(100, 50), orientation);
    EXPECT_LE(largest_difference(decode(with_exif_orientation(jpeg, orientation), 100), expected),
              6)
        << orientation;
  }
}

TEST_F(Decode, HeicIsDecodedAndTurnedByItsContainerAlone) {
  const Image picture = asymmetric(64, 48);
  const VipsImagePtr image = vips_picture(picture);
  vips_image_set_int(image.get(), VIPS_META_ORIENTATION, 6);  // goes to EXIF only
  std::string bytes;
  try {
    bytes = encode(image.get(), "heifsave_buffer", "Q", 95);
  } catch (const VipsFailure&) {
    GTEST_SKIP() << "this libvips has no HEIC encoder: " << take_vips_reason();
  }
  const PhotoFile photo = open(bytes);
  EXPECT_EQ(photo.format(), ImageFormat::kHeic);
  EXPECT_EQ(photo.width(), 64);
  EXPECT_LE(largest_difference(photo.decode(), picture), 16);
}

TEST_F(Decode, AvifIsDecoded) {
  const Image picture = asymmetric(64, 48);
  std::string bytes;
  try {
    bytes = encode(vips_picture(picture).get(), "heifsave_buffer", "compression",
                   VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "Q", 95);
  } catch (const VipsFailure&) {
    GTEST_SKIP() << "this libvips has no AVIF encoder: " << take_vips_reason();
  }
  const PhotoFile photo = open(bytes);
  EXPECT_EQ(photo.format(), ImageFormat::kAvif);
  EXPECT_LE(largest_difference(photo.decode(), picture), 16);
}

TEST_F(Decode, JpegXlIsDecoded) {
  const Image picture = asymmetric(64, 48);
  std::string bytes;
  try {
    bytes = encode(vips_picture(picture).get(), "jxlsave_buffer", "lossless", TRUE);
  } catch (const VipsFailure&) {
    GTEST_SKIP() << "this libvips has no JPEG XL encoder: " << take_vips_reason();
  }
  const PhotoFile photo = open(bytes);
  EXPECT_EQ(photo.format(), ImageFormat::kJpegXl);
  EXPECT_EQ(photo.width(), 64);
  EXPECT_LE(largest_difference(photo.decode(), picture), 4);
  EXPECT_EQ(photo.decode(32).width, 32);
  EXPECT_THROW(open(bytes.substr(0, bytes.size() / 2)).decode(), DecodeError);
}

TEST_F(Decode, GrayBecomesThreeEqualChannels) {
  const std::vector<std::uint8_t> samples = {0, 50, 100, 200, 250, 255};
  const VipsImagePtr image = vips_picture(samples, 3, 2, 1, VIPS_INTERPRETATION_B_W);
  const Image decoded = decode(encode(image.get(), "pngsave_buffer"));
  for (int i = 0; i < 6; ++i) {
    EXPECT_THAT(pixel(decoded, i % 3, i / 3),
                ::testing::Each(samples[static_cast<std::size_t>(i)]));
  }
}

TEST_F(Decode, SixteenBitsAreScaledToEight) {
  const Image picture = asymmetric(20, 10);
  const VipsImagePtr bytes = vips_picture(picture);
  const VipsImagePtr words = call_vips("colourspace", bytes.get(), VIPS_INTERPRETATION_RGB16);
  EXPECT_LE(largest_difference(decode(encode(words.get(), "pngsave_buffer")), picture), 1);
  EXPECT_LE(largest_difference(decode(encode(words.get(), "tiffsave_buffer")), picture), 1);
}

TEST_F(Decode, InkOfCmykIsNotLight) {
  const std::vector<std::uint8_t> samples = {0,   0, 0, 0,    // paper
                                             0,   0, 0, 255,  // black
                                             255, 0, 0, 0};   // cyan
  const VipsImagePtr small = vips_picture(samples, 3, 1, 4, VIPS_INTERPRETATION_CMYK);
  const VipsImagePtr image = call_vips("zoom", small.get(), 16, 16);
  for (const std::string& bytes :
       {encode(image.get(), "jpegsave_buffer", "Q", 95), encode(image.get(), "tiffsave_buffer")}) {
    const Image decoded = decode(bytes);
    EXPECT_THAT(pixel(decoded, 8, 8), ::testing::Each(::testing::Ge(245)));
    EXPECT_THAT(pixel(decoded, 24, 8), ::testing::Each(::testing::Le(70)));
    const Rgb cyan = pixel(decoded, 40, 8);
    EXPECT_LT(cyan[0] + 80, cyan[1]);
    EXPECT_LT(cyan[0] + 80, cyan[2]);
  }
}

TEST_F(Decode, TransparencyShowsWhite) {
  const std::vector<std::uint8_t> samples = {200, 100, 0, 255, 200, 100, 0, 0, 200, 100, 0, 51};
  const VipsImagePtr image = vips_picture(samples, 3, 1, 4, VIPS_INTERPRETATION_sRGB);
  const VipsImagePtr words = call_vips("colourspace", image.get(), VIPS_INTERPRETATION_RGB16);
  for (const std::string& bytes : {encode(image.get(), "pngsave_buffer"),
                                   encode(image.get(), "webpsave_buffer", "lossless", TRUE),
                                   encode(words.get(), "pngsave_buffer")}) {
    const Image decoded = decode(bytes);
    EXPECT_THAT(pixel(decoded, 0, 0), ElementsAre(200, 100, 0));
    EXPECT_THAT(pixel(decoded, 1, 0), ElementsAre(255, 255, 255));
    // A fifth of the colour over four fifths of white.
    const Rgb mixed = pixel(decoded, 2, 0);
    EXPECT_NEAR(mixed[0], 244, 1);
    EXPECT_NEAR(mixed[1], 224, 1);
    EXPECT_NEAR(mixed[2], 204, 1);
  }
}

TEST_F(Decode, GrayTransparencyShowsWhite) {
  const std::vector<std::uint8_t> samples = {40, 255, 40, 0};
  const VipsImagePtr image = vips_picture(samples, 2, 1, 2, VIPS_INTERPRETATION_B_W);
  const Image decoded = decode(encode(image.get(), "pngsave_buffer"));
  EXPECT_THAT(pixel(decoded, 0, 0), ElementsAre(40, 40, 40));
  EXPECT_THAT(pixel(decoded, 1, 0), ElementsAre(255, 255, 255));
}

TEST_F(Decode, ColourBeneathTransparencyDoesNotBleedWhenShrunk) {
  // Columns of opaque white and of transparent black: all of it is white to the eye.
  std::vector<std::uint8_t> samples;
  for (int i = 0; i < 64 * 64; ++i) {
    samples.insert(samples.end(), 4, i % 2 == 0 ? std::uint8_t{255} : std::uint8_t{0});
  }
  const VipsImagePtr image = vips_picture(samples, 64, 64, 4, VIPS_INTERPRETATION_sRGB);
  EXPECT_THAT(decode(encode(image.get(), "pngsave_buffer"), 16).pixels, ::testing::Each(255));
}

/// Pixels of `colour` with a profile that libvips has built in, or with any bytes for one.
std::string with_profile(const Rgb& colour, const void* profile, std::size_t size) {
  const VipsImagePtr image = vips_picture(paint(32, 32, [&](int, int) { return colour; }));
  vips_image_set_blob_copy(image.get(), VIPS_META_ICC_NAME, profile, size);
  return encode(image.get(), "jpegsave_buffer", "Q", 100, "subsample_mode",
                VIPS_FOREIGN_SUBSAMPLE_OFF);
}

TEST_F(Decode, EmbeddedProfilesAreConverted) {
  VipsBlob* profile = nullptr;
  ASSERT_EQ(vips_profile_load("p3", &profile, nullptr), 0);
  std::size_t size = 0;
  const void* data = vips_blob_get(profile, &size);
  // The red and the green of sRGB as Display P3 writes them.
  const Rgb red = pixel(decode(with_profile({234, 51, 35}, data, size)), 16, 16);
  const Rgb green = pixel(decode(with_profile({117, 251, 76}, data, size)), 16, 16);
  vips_area_unref(VIPS_AREA(profile));
  EXPECT_GE(red[0], 251);
  EXPECT_LE(red[1], 12);
  EXPECT_LE(red[2], 12);
  EXPECT_LE(green[0], 16);
  EXPECT_GE(green[1], 251);
  EXPECT_LE(green[2], 16);
}

TEST_F(Decode, ADamagedProfileIsIgnored) {
  const std::string garbage(500, 'x');
  const Rgb colour =
      pixel(decode(with_profile({200, 60, 90}, garbage.data(), garbage.size())), 9, 9);
  EXPECT_NEAR(colour[0], 200, 2);
  EXPECT_NEAR(colour[1], 60, 2);
  EXPECT_NEAR(colour[2], 90, 2);
}

TEST_F(Decode, PalettesBecomeColours) {
  const std::array<Rgb, 4> colours = {Rgb{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}};
  const Image picture = paint(16, 16, [&](int x, int y) {
    const int square = x / 8 + y / 8 * 2;
    return colours[static_cast<std::size_t>(square)];
  });
  const VipsImagePtr image = vips_picture(picture);
  const std::string png = encode(image.get(), "pngsave_buffer", "palette", TRUE, "dither", 0.0);
  ASSERT_NE(png.find("PLTE"), std::string::npos);
  EXPECT_LE(largest_difference(decode(png), picture), 2);
  EXPECT_LE(
      largest_difference(decode(encode(image.get(), "gifsave_buffer", "dither", 0.0)), picture), 2);
}

TEST_F(Decode, TheFirstOfSeveralPicturesIsThePhoto) {
  const Image frames = paint(24, 48, [](int, int y) {
    return y < 16 ? Rgb{250, 0, 0} : y < 32 ? Rgb{0, 250, 0} : Rgb{0, 0, 250};
  });
  const VipsImagePtr image = vips_picture(frames);
  vips_image_set_int(image.get(), VIPS_META_PAGE_HEIGHT, 16);
  for (const std::string& bytes :
       {encode(image.get(), "gifsave_buffer"), encode(image.get(), "tiffsave_buffer"),
        encode(image.get(), "webpsave_buffer", "lossless", TRUE)}) {
    const PhotoFile photo = open(bytes);
    EXPECT_EQ(photo.height(), 16) << to_string(photo.format());
    const Image decoded = photo.decode();
    const Image first = paint(24, 16, [](int, int) { return Rgb{250, 0, 0}; });
    EXPECT_LE(largest_difference(decoded, first), 6) << to_string(photo.format());
  }
}

TEST_F(Decode, BmpOfTrueColour) {
  const Image picture = asymmetric(21, 9);
  const auto code = [&](int x, int y) {
    const Rgb rgb = pixel(picture, x, y);
    return std::uint32_t{rgb[0]} << 16 | std::uint32_t{rgb[1]} << 8 | rgb[2];
  };
  for (const int bits : {24, 32}) {
    for (const bool top_down : {false, true}) {
      const Bmp bmp{.width = 21, .height = 9, .bits = bits, .top_down = top_down};
      const PhotoFile photo = open(make_bmp(bmp, code));
      EXPECT_EQ(photo.format(), ImageFormat::kBmp);
      EXPECT_EQ(largest_difference(photo.decode(), picture), 0) << bits << " " << top_down;
    }
  }
}

TEST_F(Decode, BmpWithBitFields) {
  const Image picture = asymmetric(21, 9);
  const auto code = [&](int x, int y) {
    const Rgb rgb = pixel(picture, x, y);
    return std::uint32_t{rgb[0]} >> 3 << 11 | std::uint32_t{rgb[1]} >> 2 << 5 | rgb[2] >> 3;
  };
  const Bmp bmp{.width = 21, .height = 9, .bits = 16, .masks = {0xf800, 0x07e0, 0x001f}};
  EXPECT_LE(largest_difference(decode(make_bmp(bmp, code)), picture), 8);  // five bits a channel
}

TEST_F(Decode, BmpWithPalette) {
  const std::vector<Rgb> palette = {Rgb{10, 20, 30}, {200, 0, 100}};
  const auto code = [](int x, int y) { return static_cast<std::uint32_t>((x * y + x) % 3 == 0); };
  const Image expected = paint(21, 9, [&](int x, int y) { return palette[code(x, y)]; });
  for (const int bits : {1, 4, 8}) {
    const Bmp bmp{.width = 21, .height = 9, .bits = bits, .palette = palette};
    EXPECT_EQ(largest_difference(decode(make_bmp(bmp, code)), expected), 0) << bits;
  }
}

TEST_F(Decode, OnePixel) {
  const VipsImagePtr image = vips_picture(paint(1, 1, [](int, int) { return Rgb{9, 99, 199}; }));
  for (const int max_edge : {0, 1, 100}) {
    const Image decoded = decode(encode(image.get(), "pngsave_buffer"), max_edge);
    ASSERT_EQ(decoded.pixels.size(), 3U);
    EXPECT_THAT(pixel(decoded, 0, 0), ElementsAre(9, 99, 199));
  }
  EXPECT_EQ(decode(encode(image.get(), "jpegsave_buffer"), 1).width, 1);
}

TEST_F(Decode, SizesAreExact) {
  for (const auto& [width, height] : {std::pair{400, 300}, {401, 299}, {333, 1001}, {1023, 7}}) {
    const VipsImagePtr image = vips_picture(asymmetric(width, height));
    for (const std::string& bytes :
         {encode(image.get(), "jpegsave_buffer"), encode(image.get(), "pngsave_buffer")}) {
      const PhotoFile photo = open(bytes);
      for (const int edge :
           {1, 2, 3, 10, 49, 50, 51, 99, 100, 101, 128, 199, 200, 201, 299, 333, 399, 5000}) {
        const double scale = std::min(1.0, double(edge) / std::max(width, height));
        const Image decoded = photo.decode(edge);
        EXPECT_EQ(decoded.width, std::max(1L, std::lround(width * scale))) << edge;
        EXPECT_EQ(decoded.height, std::max(1L, std::lround(height * scale))) << edge;
      }
    }
  }
}

/// Where the light of the picture's red channel has its middle, as parts of its edges.
std::pair<double, double> centroid(const Image& image) {
  double sum = 0;
  double across = 0;
  double down = 0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const double light = pixel(image, x, y)[0];
      sum += light;
      across += light * (x + 0.5);
      down += light * (y + 0.5);
    }
  }
  return {across / sum / image.width, down / sum / image.height};
}

TEST_F(Decode, ShrinkingShiftsNothing) {
  for (const auto& [width, height] : {std::pair{1600, 1200}, {1601, 1203}, {1607, 1199}}) {
    const int left = width * 7 / 10;
    const int top = height * 6 / 10;
    const Image spot = paint(width, height, [&](int x, int y) {
      const bool inside = x >= left && x < left + 200 && y >= top && y < top + 200;
      return inside ? Rgb{255, 255, 255} : Rgb{0, 0, 0};
    });
    const VipsImagePtr image = vips_picture(spot);
    for (const std::string& bytes :
         {encode(image.get(), "jpegsave_buffer", "Q", 98), encode(image.get(), "pngsave_buffer")}) {
      const PhotoFile photo = open(bytes);
      for (const int edge : {0, 1500, 1000, 800, 500, 400, 301, 200}) {
        const Image decoded = photo.decode(edge);
        const auto [across, down] = centroid(decoded);
        EXPECT_NEAR(across * decoded.width, (left + 100.0) / width * decoded.width, 0.1) << edge;
        EXPECT_NEAR(down * decoded.height, (top + 100.0) / height * decoded.height, 0.1) << edge;
      }
    }
  }
}

TEST_F(Decode, ShrinkingDoesNotAlias) {
  const Image checks = paint(512, 512, [](int x, int y) {
    const auto light = static_cast<std::uint8_t>((x + y) % 2 == 0 ? 255 : 0);
    return Rgb{light, light, light};
  });
  const std::string png = encode(vips_picture(checks).get(), "pngsave_buffer");
  for (const int edge : {256, 200, 128, 100, 37}) {
    const Image decoded = decode(png, edge);
    const auto [least, most] = std::ranges::minmax_element(decoded.pixels);
    EXPECT_GE(*least, 100) << edge;
    EXPECT_LE(*most, 155) << edge;
  }
}

TEST_F(Decode, ThePathMayHoldAnything) {
  const Image picture = asymmetric(12, 8);
  const std::string png = encode(vips_picture(picture).get(), "pngsave_buffer");
  for (const std::string name :
       {"a[page=7].png", "a.png[strip]", "it's \"quoted\".png", "two\nlines.png",
        "\xff\xfe\x80.png", "%s%n.png", "no-suffix", "wrong.jpg", "-dash", ":colon:"}) {
    EXPECT_EQ(largest_difference(PhotoFile(folder_.write(name, png)).decode(), picture), 0) << name;
  }
}

TEST_F(Decode, OnePhotoDecodesAsOftenAsAsked) {
  const PhotoFile photo = open(encode(vips_picture(asymmetric(64, 32)).get(), "jpegsave_buffer"));
  const Image first = photo.decode();
  EXPECT_EQ(photo.decode(16).width, 16);
  EXPECT_EQ(largest_difference(photo.decode(), first), 0);
}

}  // namespace
}  // namespace facenet
