#include "image/skipped.h"

#include <fstream>

#include <gtest/gtest.h>

#include "image/decode.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

using namespace std::string_view_literals;

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

TEST_F(Skipped, FormatsOfTheirOwnAreToldByTheirBeginnings) {
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
