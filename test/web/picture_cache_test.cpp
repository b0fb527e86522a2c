#include "web/picture_cache.h"

#include <filesystem>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

/// Nothing but a head that says how long it is.
std::string webp(std::size_t size, char filling = 'x') {
  std::string bytes = "RIFF____WEBP" + std::string(size - 12, filling);
  for (std::size_t i = 0; i < 4; ++i)
    bytes[4 + i] = static_cast<char>(((size - 8) >> (8 * i)) & 0xff);
  return bytes;
}

class PictureCacheTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::string place_ = folder_.path("cache/faces");
};

TEST_F(PictureCacheTest, KeepsPicturesFromRunToRun) {
  {
    PictureCache cache(place_, 1000);
    EXPECT_FALSE(cache.find("a"));
    cache.keep("a", webp(100));
    EXPECT_EQ(cache.find("a"), webp(100));
  }
  PictureCache again(place_, 1000);
  EXPECT_EQ(again.bytes(), 100);
  EXPECT_EQ(again.find("a"), webp(100));
  struct stat status {};
  ASSERT_EQ(::stat(place_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(PictureCacheTest, WhatWasUsedLongestAgoGoes) {
  PictureCache cache(place_, 300);
  for (const char* const key : {"a", "b", "c"}) cache.keep(key, webp(100));
  EXPECT_TRUE(cache.find("a"));
  cache.keep("d", webp(100));
  EXPECT_EQ(cache.bytes(), 300);
  EXPECT_FALSE(cache.find("b"));
  EXPECT_TRUE(cache.find("a"));
  EXPECT_FALSE(std::filesystem::exists(place_ + "/b.webp"));
  const PictureCache smaller(place_, 150);
  EXPECT_EQ(smaller.bytes(), 100);
}

TEST_F(PictureCacheTest, WhatIsCutShortIsMadeAgain) {
  PictureCache cache(place_, 1000);
  cache.keep("a", webp(100));
  std::filesystem::resize_file(place_ + "/a.webp", 50);
  EXPECT_FALSE(cache.find("a"));
  cache.keep("a", webp(80));
  EXPECT_EQ(cache.find("a"), webp(80));
  std::filesystem::remove(place_ + "/a.webp");
  EXPECT_FALSE(cache.find("a"));
  EXPECT_EQ(cache.bytes(), 0);
}

TEST_F(PictureCacheTest, WithoutAFolderNothingIsKeptAndNothingFails) {
  const std::string file = folder_.write("file", "no folder");
  for (const std::string& place : {std::string(), file, file + "/below"}) {
    PictureCache cache(place, 1000);
    cache.keep("a", webp(100));
    EXPECT_FALSE(cache.find("a"));
  }
}

}  // namespace
}  // namespace facenet
