// Folders that were renamed, wherever the scan begins.
#include <filesystem>

#include <gmock/gmock.h>

#include "base/error.h"
#include "test/pipeline/text_photos.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class MovedTest : public TextPhotosTest {
 protected:
  void rename(const std::string& before, const std::string& after) const {
    fs::rename(path(before), path(after));
  }
  void copy(const std::string& before, const std::string& after) const {
    fs::create_directories(fs::path(path(after)).parent_path());
    fs::copy(path(before), path(after), fs::copy_options::recursive);
  }
};

TEST_F(MovedTest, ARenamedFolderIsKnownByItsNewNameAlone) {
  write_photo("old/a", "0.95 10 10");
  write_photo("old/b", "0.95 90 10");
  EXPECT_EQ(update({"old"}).fresh, 2);
  rename("old", "new");
  const LibraryUpdate moved = update({"new"});
  EXPECT_EQ(moved.moved, 2);
  EXPECT_EQ(moved.fresh, 0);
  EXPECT_EQ(moved.embedded, 0);
  EXPECT_THAT(paths(), ElementsAre(Pair("new/a", false), Pair("new/b", false), Pair("old/a", true),
                                   Pair("old/b", true)));
  EXPECT_EQ(update({"new"}).unchanged, 2);

  rename("new", "old");
  EXPECT_EQ(update({"old"}).unchanged, 2);
  EXPECT_THAT(paths(), ElementsAre(Pair("new/a", true), Pair("new/b", true), Pair("old/a", false),
                                   Pair("old/b", false)));
}

TEST_F(MovedTest, ACopyWhoseOriginalIsThereHasNotMoved) {
  write_photo("old/a", "0.95 10 10");
  update({"old"});
  copy("old", "new");
  const LibraryUpdate copied = update({"new"});
  EXPECT_EQ(copied.fresh, 1);
  EXPECT_EQ(copied.moved, 0);
  EXPECT_THAT(paths(), ElementsAre(Pair("new/a", false), Pair("old/a", false)));

  // The original goes later: nothing of the copy tells, so it counts as unchanged.
  fs::remove_all(path("old"));
  EXPECT_EQ(update({"new"}).unchanged, 1);
  EXPECT_THAT(paths(), ElementsAre(Pair("new/a", false), Pair("old/a", true)));
}

TEST_F(MovedTest, TwoFilesOfOnePhotoInOneScanAreNewAndMoveTogether) {
  write_photo("old/a", "0.95 10 10");
  write_photo("old/b", "0.95 10 10");
  const LibraryUpdate first = update({"old"});
  EXPECT_EQ(first.fresh, 2);
  EXPECT_EQ(first.moved, 0);
  EXPECT_EQ(catalog_.counts().photos, 1);
  rename("old", "new");
  copy("new/a", "new/c");
  const LibraryUpdate second = update({"new"});
  EXPECT_EQ(second.moved, 2);
  EXPECT_EQ(second.fresh, 1) << "two paths are gone, so one of the three is a copy";
}

TEST_F(MovedTest, APhotoThatWasAwayMovesOnce) {
  write_photo("old/a", "0.95 10 10");
  write_photo("old/b", "0.95 90 10");
  update({"old"});
  rename("old/a", "a");
  EXPECT_EQ(update({"old"}).missing, 1);
  copy("a", "new/a");
  copy("a", "new/copy");
  const LibraryUpdate back = update({"new"});
  EXPECT_EQ(back.moved, 1);
  EXPECT_EQ(back.fresh, 1);
}

TEST_F(MovedTest, ADiskThatIsAwayKeepsWhatItHas) {
  write_photo("disk/a", "0.95 10 10");
  write_photo("disk/b", "0.95 90 10");
  update({"disk"});
  copy("disk/a", "home/a");
  rename("disk", "unplugged");
  update({"home"});
  EXPECT_THAT(paths(),
              ElementsAre(Pair("disk/a", true), Pair("disk/b", false), Pair("home/a", false)))
      << "of b nothing is known";
  rename("unplugged", "disk");
  EXPECT_EQ(update({"disk"}).unchanged, 2);
  EXPECT_THAT(paths(),
              ElementsAre(Pair("disk/a", false), Pair("disk/b", false), Pair("home/a", false)));
  EXPECT_EQ(catalog_.faces().size(), 2U);
}

TEST_F(MovedTest, AFolderThatMayNotBeReadIsNotGone) {
  write_photo("old/a", "0.95 10 10");
  update({"old"});
  copy("old", "new");
  const auto look = [&] {
    fs::permissions(path("old"), fs::perms::none);
    const auto result = as_plain_user([&] {
      Catalog catalog(file(), Catalog::Mode::kWrite);
      const LibraryUpdate copied = update(catalog, {"new"});
      return fmt::format("{} new, {} moved", copied.fresh, copied.moved);
    });
    fs::permissions(path("old"), fs::perms::owner_all);
    return result;
  };
  fs::permissions(folder_.path(), fs::perms::all);
  for (const auto& entry : fs::directory_iterator(folder_.path()))
    if (entry.is_regular_file()) fs::permissions(entry, fs::perms::all);
  EXPECT_EQ(look(), "1 new, 0 moved");
}

TEST_F(MovedTest, TheOldNameSaysTheNewOne) {
  write_photo("old/sub/a", "0.95 10 10");
  write_photo("old/b", "0.95 90 10");
  update({"old"});
  const auto error_for = [&](const std::string& root) { return error_of([&] { update({root}); }); };
  rename("old", "new");
  EXPECT_THAT(error_for("old"),
              AllOf(HasSubstr("is not there, and its photos (2) have not been found elsewhere")));
  update({"new"});
  EXPECT_THAT(error_for("old"),
              testing::EndsWith("/old: is not there any more; its photos are in " + path("new") +
                                " now (2 of 2): give that"));
  EXPECT_THAT(error_for("old/sub"), HasSubstr("are in " + path("new/sub") + " now"));
  EXPECT_THAT(error_for("never"), HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace facenet
