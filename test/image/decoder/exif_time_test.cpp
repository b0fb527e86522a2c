#include "image/decoder/exif_time.h"

#include <gtest/gtest.h>

#include "image/decode.h"
#include "test/image/samples.h"

namespace facenet::test {
namespace {

TEST(ExifTime, IsSecondsSince1970) {
  EXPECT_EQ(parse_exif_time("1970:01:01 00:00:01"), 1);
  EXPECT_EQ(parse_exif_time("2000:02:29 12:34:56"), 951'827'696);  // date -u -d
  EXPECT_EQ(parse_exif_time("2026:11:28 03:55:31 (2026:11:28 03:55:31, ASCII, 20 components)"),
            1'795'838'131);
  EXPECT_EQ(parse_exif_time("1969:12:31 23:59:59"), -1);
  EXPECT_LT(parse_exif_time("9999:12:31 23:59:60"), kFarthestExifTime);
  EXPECT_GT(parse_exif_time("0001:01:01 00:00:00"), -kFarthestExifTime);
}

TEST(ExifTime, WhatIsNoTimeIsNone) {
  for (const char* text :
       {"", "2026:11:28", "0000:00:00 00:00:00", "    :  :     :  :  ", "2025:02:29 00:00:00",
        "2026:13:01 00:00:00", "2026:11:28 24:00:00", "2026:11:28 00:60:00", "2026:11:28 00:00:61",
        "2026-11-28 00:00:00", "2026:11:28 00:00:-1", "2026:11:28 +1:00:00", "20 6:11:28 00:00:00"})
    EXPECT_EQ(parse_exif_time(text), 0) << text;
}

/// A JPEG file that was taken at this time, by the letter of EXIF.
std::string taken_at(const std::string& jpeg, const std::string& time) {
  std::string tiff = "II" + little_endian(42, 2) + little_endian(8, 4);
  // One entry: where the folder of the camera is, which has one entry, too: where the text is.
  tiff += little_endian(1, 2) + little_endian(0x8769, 2) + little_endian(4, 2);
  tiff += little_endian(1, 4) + little_endian(26, 4) + little_endian(0, 4);
  tiff += little_endian(1, 2) + little_endian(0x9003, 2) + little_endian(2, 2);
  tiff += little_endian(20, 4) + little_endian(44, 4) + little_endian(0, 4);
  tiff += time + '\0';
  const std::string block = std::string("Exif\0\0", 6) + tiff;
  return jpeg.substr(0, 2) + "\xff\xe1" +
         big_endian(static_cast<std::uint32_t>(block.size() + 2), 2) + block + jpeg.substr(2);
}

TEST(ExifTime, IsReadFromPhotos) {
  const TemporaryFolder folder;
  const std::string jpeg = encode(vips_picture(asymmetric(40, 30)).get(), "jpegsave_buffer");
  const auto taken = [&](const std::string& bytes) {
    return PhotoFile(folder.write("photo.jpg", bytes)).taken();
  };
  EXPECT_EQ(taken(taken_at(jpeg, "2000:02:29 12:34:56")), 951'827'696);
  EXPECT_EQ(taken(taken_at(jpeg, "0000:00:00 00:00:00")), 0);
  EXPECT_EQ(taken(jpeg), 0);
  EXPECT_EQ(taken(with_exif_orientation(jpeg, 6)), 0);
}

}  // namespace
}  // namespace facenet::test
