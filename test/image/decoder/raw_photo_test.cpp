// Raw photos, as their cameras' previews show them. The files are made here, by the letter of TIFF
// 6.0 and of the DNG specification.
#include <algorithm>
#include <fcntl.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "image/decode.h"
#include "image/raw_tiff.h"
#include "test/image/samples.h"

namespace facenet::test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

enum TiffType : std::uint32_t {
  kByte = 1,
  kText = 2,
  kShort = 3,
  kLong = 4,
  kRational = 5,
  kSignedRational = 10
};

struct Entry {
  std::uint32_t tag;
  TiffType type;
  std::string value;  ///< its bytes
};

std::uint32_t size_of(TiffType type) {
  if (type == kByte || type == kText) return 1;
  return type == kShort ? 2 : type == kLong ? 4 : 8;
}

std::string numbers(TiffType type, const std::vector<std::uint32_t>& values) {
  std::string bytes;
  for (const std::uint32_t value : values) bytes += little_endian(value, type == kShort ? 2 : 4);
  return bytes;
}

/// A directory that stands at `place`, and behind it what does not fit into its entries.
std::string directory(std::vector<Entry> entries, std::uint32_t place) {
  std::ranges::sort(entries, {}, &Entry::tag);
  const auto count = static_cast<std::uint32_t>(entries.size());
  std::string head = little_endian(count, 2);
  std::string rest;
  for (const Entry& entry : entries) {
    head += little_endian(entry.tag, 2) + little_endian(entry.type, 2);
    head += little_endian(static_cast<std::uint32_t>(entry.value.size()) / size_of(entry.type), 4);
    if (entry.value.size() <= 4) {
      head += entry.value + std::string(4 - entry.value.size(), '\0');
      continue;
    }
    head += little_endian(place + 6 + 12 * count + static_cast<std::uint32_t>(rest.size()), 4);
    rest += entry.value + std::string(entry.value.size() % 2, '\0');
  }
  return head + little_endian(0, 4) + rest;
}

struct Dng {
  int width = 240, height = 180;  ///< of the sensor
  std::string preview{};          ///< JPEG; empty: none
  std::uint32_t orientation = 1;
  std::string taken = "2021:05:06 07:08:09";
  std::string xmp{};
};

std::string make_dng(const Dng& dng) {
  constexpr std::uint32_t kSensorDirectory = 1024;
  constexpr std::uint32_t kExif = 2048;
  constexpr std::uint32_t kPreview = 4096;
  const auto width = static_cast<std::uint32_t>(dng.width);
  const auto height = static_cast<std::uint32_t>(dng.height);
  const std::uint32_t sensor =
      kPreview + static_cast<std::uint32_t>(dng.preview.size() + dng.preview.size() % 2);
  const std::vector<std::uint32_t> identity = {1, 1, 0, 1, 0, 1, 0, 1, 1,
                                               1, 0, 1, 0, 1, 0, 1, 1, 1};
  std::vector<Entry> first = {
      {271, kText, std::string("Maker\0", 6)},
      {272, kText, std::string("Camera\0", 7)},
      {274, kShort, numbers(kShort, {dng.orientation})},
      {330, kLong, numbers(kLong, {kSensorDirectory})},
      {34665, kLong, numbers(kLong, {kExif})},
      {50706, kByte, std::string("\1\4\0\0", 4)},  // DNG 1.4
      {50707, kByte, std::string("\1\1\0\0", 4)},
      {50708, kText, std::string("Maker Camera\0", 13)},
      {50721, kSignedRational, numbers(kLong, identity)},  // ColorMatrix1
      {50728, kRational, numbers(kLong, {1, 1, 1, 1, 1, 1})},
      {50778, kShort, numbers(kShort, {21})},
  };
  if (!dng.preview.empty()) {
    const PhotoFile preview(TemporaryFolder().write("p.jpg", dng.preview));
    first.insert(first.end(),
                 {{254, kLong, numbers(kLong, {1})},
                  {256, kLong, numbers(kLong, {static_cast<std::uint32_t>(preview.width())})},
                  {257, kLong, numbers(kLong, {static_cast<std::uint32_t>(preview.height())})},
                  {258, kShort, numbers(kShort, {8, 8, 8})},
                  {259, kShort, numbers(kShort, {7})},
                  {262, kShort, numbers(kShort, {6})},
                  {273, kLong, numbers(kLong, {kPreview})},
                  {277, kShort, numbers(kShort, {3})},
                  {278, kLong, numbers(kLong, {static_cast<std::uint32_t>(preview.height())})},
                  {279, kLong, numbers(kLong, {static_cast<std::uint32_t>(dng.preview.size())})}});
  }
  if (!dng.xmp.empty()) first.push_back({700, kByte, dng.xmp});
  const std::vector<Entry> below = {
      {254, kLong, numbers(kLong, {0})},        {256, kLong, numbers(kLong, {width})},
      {257, kLong, numbers(kLong, {height})},   {258, kShort, numbers(kShort, {16})},
      {259, kShort, numbers(kShort, {1})},      {262, kShort, numbers(kShort, {32803})},
      {273, kLong, numbers(kLong, {sensor})},   {277, kShort, numbers(kShort, {1})},
      {278, kLong, numbers(kLong, {height})},   {279, kLong, numbers(kLong, {width * height * 2})},
      {33421, kShort, numbers(kShort, {2, 2})}, {33422, kByte, std::string("\0\1\1\2", 4)},
      {50717, kLong, numbers(kLong, {65535})},
  };
  const auto padded = [](std::string bytes, std::size_t size) {
    if (bytes.size() > size) throw std::logic_error("the directories of the test overlap");
    return bytes + std::string(size - bytes.size(), '\0');
  };
  std::string file = "II" + little_endian(42, 2) + little_endian(8, 4) + directory(first, 8);
  file = padded(file, kSensorDirectory) + directory(below, kSensorDirectory);
  file = padded(file, kExif) + directory({{36867, kText, dng.taken + std::string(1, '\0')}}, kExif);
  file = padded(padded(file, kPreview) + dng.preview, sensor);
  // Brighter from left to right.
  for (std::uint32_t y = 0; y < height; ++y)
    for (std::uint32_t x = 0; x < width; ++x) file += little_endian(2000 + 60000 * x / width, 2);
  return file;
}

class RawPhoto : public ::testing::Test {
 protected:
  PhotoFile open(const std::string& bytes, const std::string& name = "photo.dng") {
    return PhotoFile(folder_.write(name, bytes));
  }
  static std::string jpeg(const Image& picture) {
    return encode(vips_picture(picture).get(), "jpegsave_buffer", "Q", 95);
  }
  TemporaryFolder folder_;
};

TEST_F(RawPhoto, IsWhatItsPreviewShows) {
  const Image picture = asymmetric(160, 120);
  const PhotoFile photo = open(make_dng({.preview = jpeg(picture)}), "no-raw-name");
  EXPECT_EQ(photo.format(), ImageFormat::kRaw);
  EXPECT_EQ(to_string(photo.format()), "raw");
  EXPECT_EQ(photo.width(), 160);
  EXPECT_EQ(photo.height(), 120);
  EXPECT_EQ(photo.orientation(), 1);
  EXPECT_EQ(photo.taken(), 1'620'284'889);  // date -u -d
  EXPECT_LE(largest_difference(photo.decode(), picture), 24);
  EXPECT_EQ(photo.decode(80).width, 80);
}

TEST_F(RawPhoto, IsTurnedUpright) {
  const Image picture = asymmetric(160, 120);
  const PhotoFile photo = open(make_dng({.preview = jpeg(picture), .orientation = 6}));
  EXPECT_EQ(photo.width(), 120);
  EXPECT_EQ(photo.height(), 160);
  EXPECT_EQ(photo.orientation(), 6);
  const Image upright = photo.decode();
  // What is stored at the top left stands at the top right.
  for (int channel = 0; channel < 3; ++channel) {
    const auto at = static_cast<std::size_t>(channel);
    EXPECT_NEAR(pixel(upright, 115, 5)[at], pixel(picture, 5, 4)[at], 16);
    EXPECT_NEAR(pixel(upright, 5, 155)[at], pixel(picture, 155, 114)[at], 16);
  }
}

TEST_F(RawPhoto, IsDevelopedWhereThePreviewIsForTheCamerasMenu) {
  for (const std::string& preview : {std::string(), jpeg(asymmetric(40, 30))}) {
    const PhotoFile photo = open(make_dng({.preview = preview}));
    EXPECT_EQ(photo.width(), 120) << "half of the sensor's pixels";
    EXPECT_EQ(photo.height(), 90);
    const Image picture = photo.decode();
    EXPECT_LT(pixel(picture, 10, 45)[1], pixel(picture, 60, 45)[1]);
    EXPECT_LT(pixel(picture, 60, 45)[1], pixel(picture, 110, 45)[1]);
  }
}

TEST_F(RawPhoto, GivesItsXmp) {
  const std::string xmp = "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>";
  EXPECT_EQ(open(make_dng({.preview = jpeg(asymmetric(160, 120)), .xmp = xmp})).xmp(), xmp);
  EXPECT_EQ(open(make_dng({.preview = jpeg(asymmetric(160, 120))})).xmp(), "");
}

TEST_F(RawPhoto, DamagedFilesAreRefusedOrRead) {
  const std::string whole = make_dng({});
  EXPECT_THAT([&] { open("II*" + std::string(20, '\0'), "a.nef"); },
              ThrowsMessage<DecodeError>(HasSubstr("a raw photo that is damaged or cut short")));
  for (std::size_t size = 10; size < whole.size(); size += 4999) {
    try {
      open(whole.substr(0, size)).decode(100);
    } catch (const DecodeError& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("crashed"))) << size;
    }
  }
  for (std::size_t at = 8; at < 2100; at += 29) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(~bytes[at]);
    try {
      open(bytes).decode(100);
    } catch (const DecodeError& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("crashed"))) << at;
    }
  }
}

class RawTiff : public ::testing::Test {
 protected:
  bool is_raw(std::string_view bytes) const {
    const Descriptor file(folder_.write("a", bytes));
    return is_raw_tiff(file.get());
  }
  TemporaryFolder folder_;
};

std::string one_directory(const std::vector<Entry>& entries) {
  return "II" + little_endian(42, 2) + little_endian(8, 4) + directory(entries, 8);
}

TEST_F(RawTiff, IsToldFromAPictureByItsDirectories) {
  EXPECT_FALSE(is_raw(one_directory({{262, kShort, numbers(kShort, {2})}})));
  EXPECT_TRUE(is_raw(one_directory({{262, kShort, numbers(kShort, {32803})}})));
  EXPECT_TRUE(is_raw(one_directory({{262, kShort, numbers(kShort, {34892})}})));
  EXPECT_TRUE(is_raw(one_directory({{50706, kByte, std::string("\1\4\0\0", 4)}})));
  EXPECT_TRUE(is_raw(std::string("II*\0\x10\0\0\0CR\2\0", 12))) << "Canon's mark";
  // Below the first, and below both of two that stand below it.
  const std::string last = directory({{262, kShort, numbers(kShort, {32803})}}, 0);
  const std::string one = one_directory({{330, kLong, numbers(kLong, {100})}});
  EXPECT_TRUE(is_raw(one + std::string(100 - one.size(), '\0') + last));
  const std::string two = one_directory({{330, kLong, numbers(kLong, {8, 100})}});
  EXPECT_TRUE(is_raw(two + std::string(100 - two.size(), '\0') + last));
  EXPECT_FALSE(is_raw("II*"));
  EXPECT_FALSE(is_raw(""));
}

TEST(RawExtension, IsToldInAnyCase) {
  for (const char* const name : {"a.nef", "/b/B.CR2", "c.Arw", "d.e.dng", "f.rw2", "g.orf"})
    EXPECT_TRUE(has_raw_extension(name)) << name;
  for (const char* const name : {"nef", "a.nef/b", "a.jpg", "a.", "", "a.nefx"})
    EXPECT_FALSE(has_raw_extension(name)) << name;
}

}  // namespace
}  // namespace facenet::test
