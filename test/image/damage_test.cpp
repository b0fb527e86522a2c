// Files that are cut, broken, hostile or no photos at all.

#include "image/damage.h"

#include <filesystem>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/decode.h"
#include "samples.h"

namespace facenet {
namespace {

using namespace facenet::test;
using ::testing::AnyOf;
using ::testing::HasSubstr;

/// The reason that opening and decoding the file gives; empty when it decodes.
std::string reason_of(const std::string& path, const DecodeOptions& options = {}) {
  try {
    PhotoFile(path, options).decode();
  } catch (const DecodeError& error) {
    return error.what();
  }
  return {};
}

class Damage : public ::testing::Test {
 protected:
  void SetUp() override {
    ::testing::internal::CaptureStderr();
    ::testing::internal::CaptureStdout();
  }
  void TearDown() override {
    EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  }

  std::string reason(const std::string& bytes, const DecodeOptions& options = {}) {
    return reason_of(folder_.write("photo", bytes), options);
  }

  TemporaryFolder folder_;
};

struct Sample {
  std::string name;
  std::string bytes;
};

/// One file of each kind, of a picture that compresses badly enough to be cut in many places.
std::vector<Sample> one_of_each() {
  std::uint32_t state = 1;
  const Image noise = paint(160, 120, [&](int x, int y) {
    state = state * 1664525 + 1013904223;
    return Rgb{static_cast<std::uint8_t>(state >> 24), static_cast<std::uint8_t>(x),
               static_cast<std::uint8_t>(y)};
  });
  const VipsImagePtr image = vips_picture(noise);
  std::vector<Sample> samples = {
      {"jpeg", encode(image.get(), "jpegsave_buffer")},
      {"progressive jpeg", encode(image.get(), "jpegsave_buffer", "interlace", TRUE)},
      {"png", encode(image.get(), "pngsave_buffer")},
      {"interlaced png", encode(image.get(), "pngsave_buffer", "interlace", TRUE)},
      {"webp", encode(image.get(), "webpsave_buffer")},
      {"lossless webp", encode(image.get(), "webpsave_buffer", "lossless", TRUE)},
      {"tiff", encode(image.get(), "tiffsave_buffer")},
      {"gif", encode(image.get(), "gifsave_buffer")},
      {"bmp", make_bmp({.width = 160, .height = 120, .bits = 24},
                       [&](int x, int y) { return std::uint32_t{pixel(noise, x, y)[0]}; })},
  };
  try {
    samples.push_back({"heic", encode(image.get(), "heifsave_buffer")});
  } catch (const VipsFailure&) {
    vips_error_clear();  // no encoder here
  }
  return samples;
}

TEST_F(Damage, WholeFilesDecode) {
  for (const Sample& sample : one_of_each()) EXPECT_EQ(reason(sample.bytes), "") << sample.name;
}

TEST_F(Damage, CutFilesAreCutShort) {
  for (const Sample& sample : one_of_each()) {
    const std::size_t size = sample.bytes.size();
    for (const std::size_t length : {std::size_t{40}, std::size_t{300}, size / 10, size * 3 / 10,
                                     size / 2, size * 7 / 10, size * 9 / 10, size - 40}) {
      EXPECT_EQ(reason(sample.bytes.substr(0, length)), "the file is cut short")
          << sample.name << " after " << length << " of " << size;
    }
  }
}

TEST_F(Damage, ATiffWhoseDirectoryComesFirstCanBeCutToo) {
  const auto entry = [](std::uint32_t tag, std::uint32_t value) {
    return little_endian(tag, 2) + little_endian(4, 2) + little_endian(1, 4) +
           little_endian(value, 4);
  };
  const std::string tiff = "II" + little_endian(42, 2) + little_endian(8, 4) + little_endian(9, 2) +
                           entry(256, 40) + entry(257, 40) + entry(258, 8) + entry(259, 1) +
                           entry(262, 1) + entry(273, 8 + 2 + 9 * 12 + 4) + entry(277, 1) +
                           entry(278, 40) + entry(279, 1600) + little_endian(0, 4) +
                           std::string(1600, 'x');
  EXPECT_EQ(reason(tiff), "");
  EXPECT_EQ(reason(tiff.substr(0, tiff.size() - 300)), "the file is cut short");
}

TEST_F(Damage, NoLengthOfAFileDoesHarm) {
  for (const Sample& sample : one_of_each()) {
    for (std::size_t length = 0; length < 64; ++length) {
      EXPECT_NE(reason(sample.bytes.substr(0, length)), "") << sample.name << " " << length;
    }
  }
}

TEST_F(Damage, FlippedBytesNeverCrash) {
  for (const Sample& sample : one_of_each()) {
    for (std::size_t i = 0; i < 40; ++i) {
      std::string bytes = sample.bytes;
      bytes[i * bytes.size() / 40 + i] ^= '\x55';
      EXPECT_THAT(reason(bytes), ::testing::Not(HasSubstr("\n"))) << sample.name << " " << i;
    }
  }
}

std::string sloppy_jpeg() {
  return encode(vips_picture(asymmetric(128, 96)).get(), "jpegsave_buffer", "restart_interval", 4);
}

TEST_F(Damage, GarbageAfterAJpegIsNoDamage) {
  EXPECT_EQ(reason(sloppy_jpeg() + std::string(5000, 'g')), "");
  EXPECT_EQ(reason(sloppy_jpeg() + sloppy_jpeg()), "");
}

TEST_F(Damage, StrayBytesBeforeAJpegMarkerAreNoDamage) {
  std::string jpeg = sloppy_jpeg();
  jpeg.insert(jpeg.find("\xff\xda"), "stray");
  EXPECT_EQ(reason(jpeg), "");
}

TEST_F(Damage, AWrongRestartMarkerIsNoDamage) {
  std::string jpeg = sloppy_jpeg();
  const std::size_t marker = jpeg.find("\xff\xd2", jpeg.find("\xff\xda"));
  ASSERT_NE(marker, std::string::npos);
  jpeg[marker + 1] = '\xd3';
  EXPECT_EQ(reason(jpeg), "");
}

TEST_F(Damage, AHoleInAJpegIsNoReasonToLoseThePhoto) {
  std::string jpeg = sloppy_jpeg();
  const std::size_t middle = jpeg.size() * 2 / 3;
  std::fill_n(jpeg.begin() + static_cast<std::ptrdiff_t>(middle), 20, '\0');
  EXPECT_EQ(reason(jpeg), "");
}

TEST_F(Damage, WhatIsNoPhotoIsNamed) {
  EXPECT_EQ(reason(""), "the file is empty");
  EXPECT_EQ(reason("BMW builds cars and motorcycles in Munich."),
            "not a photo (its first bytes are those of text)");
  EXPECT_EQ(reason("x"), "not a photo (its first bytes are those of text)");
  EXPECT_EQ(reason("%PDF-1.7\n%\x80\x81"),
            "not a photo (its first bytes are those of a PDF document)");
  EXPECT_EQ(reason(std::string("\0\0\0\x18"
                               "ftypisom\0\0\2\0isomavc1mp41",
                               28)),
            "not a photo (its first bytes are those of a film)");
  EXPECT_EQ(reason(std::string("\0\1\2\3\4\5\6\7", 8)),
            "not a photo (its first bytes are of no known format)");
}

TEST_F(Damage, BombsAreRefusedByTheirHeader) {
  const std::string bomb = bare_png(60000, 60000, "nothing");
  EXPECT_EQ(reason(bomb),
            "3,600,000,000 pixels are more than the limit of 300,000,000; raise it with "
            "--max-pixels");
}

TEST_F(Damage, TheLimitOfPixelsIsInclusive) {
  const std::string png = encode(vips_picture(asymmetric(20, 10)).get(), "pngsave_buffer");
  EXPECT_EQ(reason(png, {.max_pixels = 200}), "");
  EXPECT_EQ(reason(png, {.max_pixels = 199}),
            "200 pixels are more than the limit of 199; raise it with --max-pixels");
}

TEST_F(Damage, OptionsAreChecked) {
  EXPECT_NO_THROW(DecodeOptions{}.validate());
  EXPECT_THROW(DecodeOptions{.max_pixels = 0}.validate(), UsageError);
}

TEST_F(Damage, WhatCannotBeOpenedSaysWhy) {
  EXPECT_EQ(reason_of(folder_.path("missing")), "cannot be opened: No such file or directory");
  EXPECT_EQ(reason_of(folder_.path("")), "a folder, not a file");
  const std::string pipe = folder_.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(reason_of(pipe), "not a regular file");
}

TEST_F(Damage, WhatDependsOnOptionsOrOnTheMomentMayBeTriedAgain) {
  const std::string photo =
      folder_.write("photo", encode(vips_picture(asymmetric(20, 10)).get(), "pngsave_buffer"));
  EXPECT_TRUE(may_be_tried_again(reason_of(photo, {.max_pixels = 10})));
  EXPECT_TRUE(may_be_tried_again(reason_of(folder_.path("missing"))));
  EXPECT_TRUE(may_be_tried_again("the JPEG data cannot be decoded: vips_tracked: out of memory"));
  EXPECT_FALSE(may_be_tried_again(""));
  EXPECT_FALSE(may_be_tried_again("the file is cut short"));
  std::string reason;
  std::thread([&] {  // which has no decoder yet
    // One more file may be opened: the photo, and not the socket of a decoder.
    const int next = ::dup(0);
    ::close(next);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit tight{static_cast<rlim_t>(next) + 1, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &tight);
    reason = reason_of(photo);
    ::setrlimit(RLIMIT_NOFILE, &before);
  })
      .join();
  EXPECT_TRUE(may_be_tried_again(reason)) << reason;
}

TEST_F(Damage, AFileThatClaimsGigabytesIsNoShortageOfMemory) {
  EXPECT_TRUE(is_shortage("heif: Memory allocation error: Failed to allocate 600 bytes"));
  EXPECT_FALSE(
      is_shortage("heif: Memory allocation error: Security limit exceeded: iloc box "
                  "contained 4294967295 bytes, total memory size"));
}

TEST_F(Damage, ABmpFileTooLargeForImageMagickSaysWhatToDo) {
  const Bmp bmp{.width = 9000, .height = 4500, .bits = 1, .palette = {Rgb{}, Rgb{255, 255, 255}}};
  const std::string photo =
      folder_.write("photo", make_bmp(bmp, [](int x, int) { return x & 1U; }));
  // Only where ImageMagick's policy is Debian's, or a stricter one.
  EXPECT_THAT(reason_of(photo), AnyOf("", "too large for a BMP file; save it as PNG or JPEG"));
}

TEST_F(Damage, AFileThatVanishesSaysSo) {
  const std::string path =
      folder_.write("photo", encode(vips_picture(asymmetric(20, 10)).get(), "pngsave_buffer"));
  const PhotoFile photo(path);
  std::filesystem::remove(path);
  EXPECT_THROW(photo.decode(), DecodeError);
}

TEST_F(Damage, AFileThatBecomesAnotherSaysSo) {
  const auto png = [](int width) {
    return encode(vips_picture(asymmetric(width, 10)).get(), "pngsave_buffer");
  };
  const PhotoFile photo(folder_.write("photo", png(20)));
  folder_.write("photo", png(30));
  try {
    photo.decode();
    ADD_FAILURE() << "decoded a photo of another size";
  } catch (const DecodeError& error) {
    EXPECT_STREQ(error.what(), "the file changed while it was read");
  }
}

TEST_F(Damage, PhotosDecodedTogetherKeepTheirReasonsApart) {
  std::vector<std::string> paths;
  std::vector<std::string> alone;
  for (const Sample& sample : one_of_each()) {
    paths.push_back(folder_.write("whole " + sample.name, sample.bytes));
    std::string broken = sample.bytes;
    std::fill(broken.begin() + 30, broken.end(), '\x55');
    paths.push_back(folder_.write("broken " + sample.name, broken));
    paths.push_back(folder_.write("cut " + sample.name, sample.bytes.substr(0, broken.size() / 2)));
  }
  for (const std::string& path : paths) alone.push_back(reason_of(path));

  std::vector<std::vector<std::string>> together(4);
  {
    std::vector<std::jthread> threads;
    for (auto& reasons : together) {
      threads.emplace_back([&] {
        for (const std::string& path : paths) reasons.push_back(reason_of(path));
      });
    }
  }
  for (const auto& reasons : together) EXPECT_EQ(reasons, alone);
}

}  // namespace
}  // namespace facenet
