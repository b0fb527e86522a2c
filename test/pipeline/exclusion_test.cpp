#include "pipeline/exclusion.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace facenet {
namespace {

constexpr const char* kRoot = "/photos";

bool hides(const std::string& pattern, const std::string& file, const std::string& root = kRoot) {
  return Exclusion({pattern}).hides(file, root);
}

TEST(Exclusion, PatternWithoutSlashIsANameAtAnyDepth) {
  EXPECT_TRUE(hides("*.gif", "/photos/a.gif"));
  EXPECT_TRUE(hides("*.gif", "/photos/2019/may/a.gif"));
  EXPECT_FALSE(hides("*.gif", "/photos/a.gif.jpg"));
  EXPECT_TRUE(hides("@eaDir", "/photos/2019/@eaDir/a.jpg"));
  EXPECT_FALSE(hides("@eaDir", "/photos/2019/@eaDirs/a.jpg"));
  EXPECT_TRUE(hides("IMG_[0-4]???.jpg", "/photos/IMG_4711.jpg"));
}

TEST(Exclusion, PatternWithSlashIsAPathBelowTheFolder) {
  EXPECT_TRUE(hides("2019/raw", "/photos/2019/raw/a.jpg"));
  EXPECT_FALSE(hides("2019/raw", "/photos/old/2019/raw/a.jpg"));
  EXPECT_FALSE(hides("2019/raw", "/photos/2019/raw.jpg"));
  EXPECT_TRUE(hides("*/raw", "/photos/2019/may/raw/a.jpg")) << "* stands for slashes too";
  EXPECT_FALSE(hides("*/raw", "/photos/raw/a.jpg"));
  EXPECT_TRUE(hides("2019/raw", "/2019/raw/a.jpg", "/"));
}

TEST(Exclusion, TwoStarsStandForAnyFoldersOrNone) {
  for (const char* file :
       {"/photos/raw/a.tif", "/photos/2019/raw/a.tif", "/photos/2019/raw/b/a.tif"}) {
    EXPECT_TRUE(hides("**/raw/**", file)) << file;
    EXPECT_TRUE(hides("**/raw", file)) << file;
  }
  EXPECT_FALSE(hides("**/raw/*.tif", "/photos/raw/a.jpg"));
}

TEST(Exclusion, PatternThatBeginsWithASlashIsTheWholePath) {
  EXPECT_TRUE(hides("/photos/private", "/photos/private/deep/a.jpg"));
  EXPECT_FALSE(hides("/private", "/photos/private/a.jpg"));
  EXPECT_FALSE(hides("/photos/private", "/photos/private.jpg"));
}

TEST(Exclusion, SlashAtTheEndMeansFoldersOnly) {
  EXPECT_TRUE(hides("raw/", "/photos/raw/a.jpg"));
  EXPECT_FALSE(hides("raw/", "/photos/raw"));
}

TEST(Exclusion, RootsAreNeverExcluded) {
  EXPECT_FALSE(hides("photos", "/photos/a.jpg"));
  EXPECT_FALSE(hides("a.jpg", "/photos/a.jpg", "/photos/a.jpg"));
}

TEST(Exclusion, EmptyPatternIsAnError) {
  EXPECT_THROW(Exclusion({""}), UsageError);
  EXPECT_THROW(Exclusion({"/"}), UsageError);
  EXPECT_FALSE(Exclusion().matches("/photos/a.jpg", kRoot, false));
}

}  // namespace
}  // namespace facenet
