#include "pipeline/scan.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class ScanTest : public testing::Test {
 protected:
  void add(const std::string& name, const std::string& content = "x") const {
    fs::create_directories(fs::path(root_ + "/" + name).parent_path());
    std::ofstream(root_ + "/" + name, std::ios::binary) << content;
  }
  std::vector<std::string> names(const std::vector<std::string>& roots) const {
    std::vector<std::string> names;
    for (const FoundFile& file : scan(roots).files)
      names.push_back(file.path.substr(root_.size() + 1));
    return names;
  }

  const TemporaryFolder folder_;
  const std::string root_ = folder_.path();
};

TEST_F(ScanTest, FindsEveryFileOnceInOrder) {
  add("b/2.jpg");
  add("b/1.jpg");
  add("a.jpg");
  add("b.txt");
  EXPECT_THAT(names({root_ + "/b", root_, root_ + "/b/../a.jpg"}),
              ElementsAre("a.jpg", "b.txt", "b/1.jpg", "b/2.jpg"));
}

TEST_F(ScanTest, LeavesOutHiddenAndNofaces) {
  add(".git/x.jpg");
  add("._a.jpg");
  add("private/.nofaces");
  add("private/deep/x.jpg");
  add("a.jpg");
  EXPECT_THAT(names({root_}), ElementsAre("a.jpg"));
  // Named explicitly, a hidden folder is wanted.
  EXPECT_THAT(names({root_ + "/.git"}), ElementsAre(".git/x.jpg"));
}

TEST_F(ScanTest, LeavesOutAndCountsWhatIsExcluded) {
  for (const char* name : {"a.jpg", "a.gif", "@eaDir/a.jpg", "@eaDir/deep/b.jpg", "2019/raw/c.jpg",
                           "2019/@eaDir/d.jpg", "2019/e.jpg"})
    add(name);
  const Exclusion exclusion({"@eaDir", "*.gif", "2019/raw"});
  const ScanResult found = scan({root_}, exclusion);
  ASSERT_EQ(found.files.size(), 2U);
  EXPECT_EQ(found.files[0].path, root_ + "/2019/e.jpg");
  EXPECT_EQ(found.files[1].path, root_ + "/a.jpg");
  EXPECT_EQ(found.excluded.folders, 3);
  EXPECT_EQ(found.excluded.files, 1);
  for (const char* name : {"a.gif", "@eaDir/deep/b.jpg", "2019/raw/c.jpg"})
    EXPECT_TRUE(is_excluded(root_ + "/" + name, {root_}, exclusion)) << name;
  EXPECT_FALSE(is_excluded(root_ + "/a.jpg", {root_}, exclusion));
}

TEST_F(ScanTest, WhatIsNamedIsNeverExcludedAndTheInnerOfTwoRootsCounts) {
  for (const char* name : {"private/a.jpg", "private/raw/b.jpg", "c.jpg"}) add(name);
  const Exclusion exclusion({"private", "c.jpg", "private/raw"});
  const std::string inner = root_ + "/private", named = root_ + "/c.jpg";
  for (const auto& roots : {std::vector{root_, inner, named}, std::vector{named, inner, root_}}) {
    const ScanResult found = scan(roots, exclusion);
    EXPECT_EQ(found.files.size(), 3U);
    for (const FoundFile& file : found.files)
      EXPECT_FALSE(is_excluded(file.path, roots, exclusion)) << file.path;
  }
}

TEST_F(ScanTest, LoopsEndAndRealFoldersComeBeforeLinks) {
  add("z/real.jpg");
  fs::create_directory_symlink(root_, root_ + "/z/loop");
  fs::create_directory_symlink(root_ + "/z", root_ + "/a-link");
  fs::create_symlink(root_ + "/nowhere", root_ + "/dangling.jpg");
  EXPECT_THAT(names({root_}), ElementsAre("z/real.jpg"));
}

TEST_F(ScanTest, FollowsLinksOutOfTheTreeOnlyWhenAsked) {
  add("outside/far.jpg");
  add("library/near.jpg");
  fs::create_directory_symlink(root_ + "/outside", root_ + "/library/more");
  fs::create_symlink(root_ + "/outside/far.jpg", root_ + "/library/linked.jpg");
  fs::create_directory_symlink("/", root_ + "/library/x");
  fs::create_symlink(root_ + "/library/near.jpg", root_ + "/library/same.jpg");
  const std::string library = root_ + "/library";
  EXPECT_THAT(names({library}), ElementsAre("library/near.jpg", "library/same.jpg"));
  EXPECT_THAT(scan({library}).unfollowed,
              ElementsAre(library + "/linked.jpg", library + "/more", library + "/x"));
  EXPECT_THAT(
      names({library, root_ + "/outside"}),
      ElementsAre("library/linked.jpg", "library/near.jpg", "library/same.jpg", "outside/far.jpg"));
  fs::remove(library + "/x");
  const ScanResult all = scan({library}, Exclusion({}, true));
  EXPECT_EQ(all.files.size(), 4U);
  EXPECT_THAT(all.unfollowed, IsEmpty());
  // A root may be a link itself.
  fs::create_directory_symlink(library, root_ + "/shortcut");
  EXPECT_EQ(scan({root_ + "/shortcut"}).files.size(), 2U);
}

TEST_F(ScanTest, OnlyRegularFiles) {
  ASSERT_EQ(mkfifo((root_ + "/pipe.jpg").c_str(), 0600), 0);
  EXPECT_THAT(names({root_}), IsEmpty());
}

TEST_F(ScanTest, MissingRootIsAnErrorThatNamesIt) {
  try {
    scan({root_ + "/none"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::StartsWith(root_ + "/none: No such file"));
  }
}

TEST_F(ScanTest, AMissingRootAmongOthersIsTroubleOfItsOwn) {
  add("there/a.jpg");
  const ScanResult found = scan({root_ + "/none", root_ + "/there"});
  EXPECT_THAT(found.roots, ElementsAre(root_ + "/there"));
  EXPECT_EQ(found.files.size(), 1U);
  EXPECT_THAT(found.unreadable,
              ElementsAre(testing::Pair(root_ + "/none", "No such file or directory")));
}

TEST_F(ScanTest, NoRootAtAllIsAnErrorThatNamesAll) {
  try {
    scan({root_ + "/none", root_ + "/nowhere"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::StartsWith(root_ + "/none, " + root_ + "/nowhere: No such"));
  }
}

TEST_F(ScanTest, NamedFilesAreMarked) {
  add("a.txt");
  const auto both = scan({root_, root_ + "/a.txt"});
  ASSERT_EQ(both.files.size(), 1u);
  EXPECT_TRUE(both.files[0].named);
  EXPECT_FALSE(scan({root_}).files[0].named);
}

TEST_F(ScanTest, SizeAndTimeAreTheFiles) {
  add("a.jpg", "12345");
  const FoundFile file = scan({root_}).files.at(0);
  EXPECT_EQ(file.size, 5);
  struct stat status {};
  ASSERT_EQ(stat(file.path.c_str(), &status), 0);
  EXPECT_EQ(file.mtime_ns, status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec);
}

TEST_F(ScanTest, AgreesWithTheStandardLibraryOnRandomTrees) {
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    std::string name;
    for (auto depth = random() % 5; depth > 0; --depth) {
      name += "d";
      name += std::to_string(random() % 4) + "/";
    }
    add(name + "f" + std::to_string(random() % 50));
  }
  std::vector<std::string> expected;
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    if (entry.is_regular_file()) expected.push_back(entry.path().string().substr(root_.size() + 1));
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(names({root_}), expected);
}

TEST(PhotoExtension, KnowsPhotosByName) {
  for (const char* name : {"a.jpg", "A.JPEG", "x.y.Heic", "/p/q.TIFF", ".webp/z.webp"}) {
    EXPECT_TRUE(has_photo_extension(name)) << name;
  }
  for (const char* name : {"a.txt", "jpg", "a.jpg/b", "a.jpg.bak", "", "a."}) {
    EXPECT_FALSE(has_photo_extension(name)) << name;
  }
}

TEST(PathSet, CoversWhatLiesBelow) {
  PathSet set;
  EXPECT_FALSE(set.covers("/a/b"));
  set.add("/a/b");
  set.add("/c.jpg");
  EXPECT_TRUE(set.covers("/a/b"));
  EXPECT_TRUE(set.covers("/a/b/c/d.jpg"));
  EXPECT_TRUE(set.covers("/c.jpg"));
  EXPECT_FALSE(set.covers("/a/bc"));
  EXPECT_FALSE(set.covers("/a"));
  EXPECT_FALSE(set.covers("/c.jpg2"));
  set.add("/");
  EXPECT_TRUE(set.covers("/anything"));
}

TEST(IsUnder, ComparesWholeNames) {
  EXPECT_TRUE(is_under("/a/b/c", "/a/b"));
  EXPECT_TRUE(is_under("/a/b", "/a/b"));
  EXPECT_TRUE(is_under("/a", "/"));
  EXPECT_FALSE(is_under("/a/bc", "/a/b"));
  EXPECT_FALSE(is_under("/a", "/a/b"));
}

}  // namespace
}  // namespace facenet
