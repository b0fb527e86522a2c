#include "watch/folder_watch.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Folders photos/ and photos/2024/, and a catalog among the photos. What was done before a wait
/// has been queued by the kernel, so that no test needs to wait for what comes.
class FolderWatchTest : public testing::Test {
 protected:
  FolderWatchTest() {
    fs::create_directories(folder_.path("photos/2024"));
    watch_.refresh();
    EXPECT_FALSE(heard());
  }

  bool heard() { return watch_.wait(0ms); }
  void make_folder(const std::string& name) const { fs::create_directory(folder_.path(name)); }

  const TemporaryFolder folder_;
  const Exclusion exclusion_{{"cache"}};
  FolderWatch watch_{{folder_.path("photos")}, exclusion_, folder_.path("photos/catalog.db")};
};

TEST_F(FolderWatchTest, HearsWhatIsWrittenMovedAndRemoved) {
  folder_.write("photos/a.jpg", "a");
  EXPECT_TRUE(heard());
  EXPECT_FALSE(heard()) << "once";
  fs::rename(folder_.path("photos/a.jpg"), folder_.path("photos/2024/a.jpg"));
  EXPECT_TRUE(heard());
  fs::last_write_time(folder_.path("photos/2024/a.jpg"), fs::file_time_type::clock::now() - 1h);
  EXPECT_TRUE(heard());
  fs::remove(folder_.path("photos/2024/a.jpg"));
  EXPECT_TRUE(heard());
  folder_.write("photos/.nofaces", "");
  EXPECT_TRUE(heard());
}

TEST_F(FolderWatchTest, DoesNotHearWhatIsNoPhoto) {
  folder_.write("photos/catalog.db", "");
  folder_.write("photos/catalog.db-wal", "");
  folder_.write("photos/.hidden.jpg", "");
  folder_.write("elsewhere.jpg", "");
  EXPECT_FALSE(heard());
}

TEST_F(FolderWatchTest, HearsOfNewFoldersAndThenOfWhatIsInThem) {
  make_folder("photos/2025");
  EXPECT_TRUE(heard());
  watch_.refresh();
  make_folder("photos/2025/07");
  EXPECT_TRUE(heard());
  watch_.refresh();
  folder_.write("photos/2025/07/a.jpg", "a");
  EXPECT_TRUE(heard());
}

TEST_F(FolderWatchTest, ExcludedFoldersAreNotWatched) {
  make_folder("photos/cache");
  EXPECT_TRUE(heard()) << "of the folder itself";
  watch_.refresh();
  folder_.write("photos/cache/a.jpg", "a");
  EXPECT_FALSE(heard());
}

TEST_F(FolderWatchTest, ARootMayGoAndComeBack) {
  fs::rename(folder_.path("photos"), folder_.path("away"));
  EXPECT_TRUE(heard());
  watch_.refresh();
  heard();  // the kernel may say that it no longer watches
  fs::create_directory(folder_.path("photos"));
  EXPECT_TRUE(heard());
  watch_.refresh();
  folder_.write("photos/a.jpg", "a");
  EXPECT_TRUE(heard());
}

TEST_F(FolderWatchTest, AFileMayBeARoot) {
  const std::string file = folder_.write("b.jpg", "b");
  FolderWatch watch({file}, exclusion_, folder_.path("catalog.db"));
  watch.refresh();
  folder_.write("c.jpg", "c");
  EXPECT_FALSE(watch.wait(0ms));
  folder_.write("b.jpg", "bb");
  EXPECT_TRUE(watch.wait(0ms));
}

}  // namespace
}  // namespace facenet
