#include "image/skipped.h"

#include <cstdint>
#include <fstream>
#include <vector>

#include <gtest/gtest.h>

#include "image/decode.h"
#include "image/raw_tiff.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

using namespace std::string_view_literals;

struct Tag {
  std::uint16_t tag, type;
  std::uint32_t count, value;
};

constexpr std::uint16_t kShort = 3, kLong = 4;
constexpr Tag kRgb{0x0106, kShort, 1, 2};
constexpr Tag kFilterArray{0x0106, kShort, 1, 32803};

/// A directory of a TIFF file, to stand at `place` and followed by the one at `next`.
std::string directory(const std::vector<Tag>& tags, std::uint32_t next, bool big) {
  std::string bytes;
  const auto put = [&](std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i)
      bytes += static_cast<char>(value >> (8 * (big ? size - 1 - i : i)));
  };
  put(static_cast<std::uint32_t>(tags.size()), 2);
  for (const Tag& tag : tags) {
    put(tag.tag, 2);
    put(tag.type, 2);
    put(tag.count, 4);
    put(tag.value, tag.type == kShort ? 2 : 4);
    if (tag.type == kShort) put(0, 2);
  }
  put(next, 4);
  return bytes;
}

std::string header(bool big) {
  return big ? std::string("MM\0*\0\0\0\x08", 8) : std::string("II*\0\x08\0\0\0", 8);
}

/// A file of two directories, the second one `below` the first or behind it in the chain.
std::string tiff(const Tag& first, const Tag& second, bool below, bool big) {
  constexpr std::uint32_t kSecond = 8 + 2 + 2 * 12 + 4;
  const Tag link = below ? Tag{0x014a, kLong, 1, kSecond} : Tag{0x0100, kLong, 1, 640};
  return header(big) + directory({first, link}, below ? 0 : kSecond, big) +
         directory({second}, 8, big);  // which leads back to the first
}

class Skipped : public testing::Test {
 protected:
  std::string kind(const std::string& name, std::string_view bytes) const {
    const std::string path = folder_.path(name);
    std::ofstream(path, std::ios::binary) << bytes;
    const auto head = std::as_bytes(std::span(bytes));
    return std::string(
        skipped_kind(path, head.first(std::min<std::size_t>(head.size(), kSniffBytes))));
  }

  const TemporaryFolder folder_;
};

TEST_F(Skipped, RawIsToldFromTiffByItsDirectories) {
  for (const bool big : {false, true}) {
    EXPECT_EQ(kind("a", tiff(kRgb, kRgb, true, big)), "");
    EXPECT_EQ(kind("a", tiff(kRgb, kRgb, false, big)), "");
    EXPECT_EQ(kind("a.tif", tiff(kFilterArray, kRgb, true, big)), "raw");
    EXPECT_EQ(kind("a", tiff(kRgb, kFilterArray, true, big)), "raw");
    EXPECT_EQ(kind("a", tiff(kRgb, kFilterArray, false, big)), "raw");
    EXPECT_EQ(kind("a", tiff(kRgb, {0x0106, kShort, 1, 34892}, true, big)), "raw");
    EXPECT_EQ(kind("a", tiff(kRgb, {0xc612, 1, 4, 0x01040000}, false, big)), "raw");
  }
  EXPECT_FALSE(is_raw_tiff(folder_.path("nowhere")));
  EXPECT_EQ(kind("cut.tif", header(false)), "");
}

TEST_F(Skipped, SeveralDirectoriesMayStandBelowOne) {
  const std::string places("\x08\0\0\0\x2e\0\0\0", 8);  // the first directory's, 46
  const std::string file = header(false) + directory({kRgb, {0x014a, kLong, 2, 38}}, 0, false) +
                           places + directory({kFilterArray}, 0, false);
  EXPECT_EQ(kind("a", file), "raw");
}

TEST_F(Skipped, RawIsToldByNameWhereDirectoriesSayNothing) {
  const std::string plain = tiff(kRgb, kRgb, false, false);
  for (const char* name : {"a.nef", "B.CR2", "c.Arw", "d.dng", "e.pef", "f.rw2", "g.orf"})
    EXPECT_EQ(kind(name, plain), "raw") << name;
  EXPECT_EQ(kind("nef", plain), "");
  EXPECT_EQ(kind("a.nef/b", "text").size(), 0U);
}

TEST_F(Skipped, FormatsOfTheirOwnAreToldByTheirBeginnings) {
  EXPECT_EQ(kind("a", "FUJIFILMCCD-RAW 0201FF383501"sv), "raw");
  EXPECT_EQ(kind("a",
                 "\0\0\0\x18"
                 "ftypcrx \0\0\0\1"sv),
            "raw");
  EXPECT_EQ(kind("a", "IIRO\x08\0\0\0"sv), "raw");
  EXPECT_EQ(kind("a", "IIU\0\x18\0\0\0"sv), "raw");
  EXPECT_EQ(kind("a",
                 "II*\0\x10\0\0\0"
                 "CR\2\0"sv),
            "raw");
  EXPECT_EQ(kind("a",
                 "\0\0\0\x18"
                 "ftypisom\0\0\2\0isomavc1"sv),
            "video");
  EXPECT_EQ(kind("a",
                 "\0\0\0\x14"
                 "ftypqt  \0\0\0\0"sv),
            "video");
  EXPECT_EQ(kind("a", "RIFF\0\0\0\0AVI LIST"sv), "video");
  EXPECT_EQ(kind("a", "\x1a\x45\xdf\xa3\1\0\0\0"sv), "video");
  EXPECT_EQ(kind("a", "\0\0\0\x0cjP  \r\n\x87\n"sv), "jpeg-2000");
  EXPECT_EQ(kind("a", "8BPS\0\1"sv), "photoshop");
}

TEST_F(Skipped, NamesCountWhereTheContentIsUnknown) {
  EXPECT_EQ(kind("clip.MTS", "\0\0\0\0G\x40\0\x10"sv), "video");
  EXPECT_EQ(kind("empty.mov", ""), "video");
  EXPECT_EQ(kind("photo.X3F", "\1\2\3"sv), "raw");
  EXPECT_EQ(kind("notes.mov", "these are only words"), "");
  EXPECT_EQ(kind("film.dat", "\1\2\3"sv), "");
}

TEST_F(Skipped, PhotosAndAllElseAreNot) {
  EXPECT_EQ(kind("a.nef", "\xff\xd8\xff\xe0"sv), "") << "a JPEG, whatever its name";
  EXPECT_EQ(kind("a.mp4", "\x89PNG\r\n\x1a\n"sv), "");
  EXPECT_EQ(kind("a",
                 "\0\0\0\x18"
                 "ftypheic\0\0\0\0mif1heic"sv),
            "");
  EXPECT_EQ(kind("song.m4a",
                 "\0\0\0\x18"
                 "ftypM4A \0\0\0\0"sv),
            "");
  EXPECT_EQ(kind("a.pdf", "%PDF-1.7"), "");
  EXPECT_EQ(kind("a.xmp", "<x:xmpmeta/>"), "");
}

}  // namespace
}  // namespace facenet
