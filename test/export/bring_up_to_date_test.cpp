#include "export/bring_up_to_date.h"

#include <fcntl.h>
#include <filesystem>
#include <map>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ExportFilesTest : public testing::Test {
 protected:
  ExportFilesTest() { fs::create_directory(folder_.path("photos")); }

  std::string out(const std::string& name = "") const {
    return folder_.path(name.empty() ? "out" : "out/" + name);
  }
  /// A photo whose bytes and hash are its name.
  WantedFile want(const std::string& folder, const std::string& name) const {
    const std::string path = folder_.path("photos/" + name);
    if (!fs::exists(path)) folder_.write("photos/" + name, name);
    return {.folder = folder, .name = name, .photo = name, .source = path};
  }
  ExportReport bring(const std::vector<WantedFile>& wanted, FileKind kind,
                     bool dry_run = false) const {
    ExportOptions options{.kind = kind, .dry_run = dry_run};
    options.is_there = [this](const std::string& photo) {
      return fs::exists(folder_.path("photos/" + photo));
    };
    return bring_up_to_date(out(), wanted, options);
  }
  /// All that is below the folder, but the manifest: "Anna/1.jpg".
  std::vector<std::string> tree() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(out()))
      if (!entry.is_directory() || entry.is_symlink() || fs::is_empty(entry.path()))
        if (const auto name = entry.path().lexically_relative(out()).string();
            name != kManifestName)
          found.push_back(name);
    return found;
  }

  TemporaryFolder folder_;
};

/// What holds for every kind of file.
class BringUpToDateTest : public ExportFilesTest, public testing::WithParamInterface<FileKind> {
 protected:
  using ExportFilesTest::bring;
  ExportReport bring(const std::vector<WantedFile>& wanted) const {
    return bring(wanted, GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, BringUpToDateTest,
                         testing::Values(FileKind::kLink, FileKind::kHardLink, FileKind::kCopy));

TEST_P(BringUpToDateTest, AddsWhatIsMissingAndRemovesWhatIsNotWanted) {
  const ExportReport first = bring({want("Anna", "1"), want("Anna", "2"), want("Ben", "2")});
  EXPECT_EQ(first.added, 3);
  EXPECT_EQ(first.folders_added, 2);
  EXPECT_THAT(tree(), UnorderedElementsAre("Anna/1", "Anna/2", "Ben/2"));
  EXPECT_EQ(folder_.read("out/Ben/2"), "2");
  const ExportReport second = bring({want("Anna", "1"), want("Cleo", "2")});
  EXPECT_EQ(second.added, 1);
  EXPECT_EQ(second.removed, 2);
  EXPECT_EQ(second.left, 1);
  EXPECT_EQ(second.folders_added, 1);
  EXPECT_EQ(second.folders_removed, 1);
  EXPECT_THAT(tree(), UnorderedElementsAre("Anna/1", "Cleo/2"));
  EXPECT_EQ(bring({}).removed, 2);
  EXPECT_THAT(tree(), IsEmpty());
  EXPECT_EQ(folder_.read("photos/1"), "1") << "photos are never touched";
}

TEST_P(BringUpToDateTest, ASecondRunChangesNothing) {
  const std::vector<WantedFile> wanted = {want("Anna", "1"), want("Ben", "1")};
  bring(wanted);
  const auto before = fs::last_write_time(out(kManifestName));
  const ExportReport second = bring(wanted);
  EXPECT_EQ(second.changes(), 0);
  EXPECT_EQ(second.left, 2);
  EXPECT_THAT(second.taken, IsEmpty());
  EXPECT_EQ(fs::last_write_time(out(kManifestName)), before);
}

TEST_P(BringUpToDateTest, ADryRunOnlyCounts) {
  const ExportReport nothing_yet = bring({want("Anna", "1")}, GetParam(), true);
  EXPECT_EQ(nothing_yet.added, 1);
  EXPECT_EQ(nothing_yet.folders_added, 1);
  EXPECT_FALSE(fs::exists(out()));
  bring({want("Anna", "1")});
  const ExportReport later = bring({want("Ben", "1")}, GetParam(), true);
  EXPECT_EQ(later.added, 1);
  EXPECT_EQ(later.removed, 1);
  EXPECT_EQ(later.folders_removed, 1);
  EXPECT_THAT(tree(), ElementsAre("Anna/1"));
}

TEST_P(BringUpToDateTest, ThePhotoOfANameIsReplaced) {
  bring({want("Anna", "1")});
  WantedFile other = want("Anna", "2");
  other.name = "1";
  const ExportReport report = bring({other});
  EXPECT_EQ(report.added, 1);
  EXPECT_EQ(report.removed, 1);
  EXPECT_EQ(folder_.read("out/Anna/1"), "2");
}

TEST_P(BringUpToDateTest, GoesOverToAnotherKind) {
  const std::vector<WantedFile> wanted = {want("Anna", "1")};
  for (const FileKind kind : {FileKind::kLink, FileKind::kHardLink, FileKind::kCopy}) {
    bring(wanted);
    const ExportReport report = bring(wanted, kind);
    EXPECT_EQ(report.added, kind == GetParam() ? 0 : 1);
    EXPECT_EQ(fs::is_symlink(out("Anna/1")), kind == FileKind::kLink);
    EXPECT_EQ(fs::hard_link_count(folder_.path("photos/1")), kind == FileKind::kHardLink ? 2U : 1U);
  }
}

TEST_P(BringUpToDateTest, WhatTheUserPutThereStays) {
  bring({want("Anna", "1"), want("Anna", "2")});
  folder_.write("out/Anna/mine.txt", "mine");
  folder_.write("out/own.txt", "own");
  fs::create_directory(out("Ben"));
  fs::remove(out("Anna/2"));
  folder_.write("out/Anna/2", "an own picture");
  const ExportReport report = bring({want("Ben", "1"), want("Cleo", "1")});
  EXPECT_THAT(report.taken, ElementsAre("Ben")) << "a folder that is not ours";
  EXPECT_EQ(report.folders_removed, 0) << "Anna holds a file of the user";
  EXPECT_THAT(tree(), UnorderedElementsAre("Anna/2", "Anna/mine.txt", "Ben", "Cleo/1", "own.txt"));
  const ExportReport taken = bring({want("Anna", "2"), want("Cleo", "1")});
  EXPECT_THAT(taken.taken, ElementsAre("Anna/2"));
  EXPECT_EQ(folder_.read("out/Anna/2"), "an own picture");
  fs::remove(out("Anna/2"));
  fs::remove(out("Anna/mine.txt"));
  EXPECT_EQ(bring({want("Cleo", "1")}).folders_removed, 1) << "once it is empty";
  EXPECT_FALSE(fs::exists(out("Anna")));
}

TEST_F(ExportFilesTest, AFileThatTheUserChangedIsTheUsers) {
  const std::vector<WantedFile> wanted = {want("Anna", "1")};
  bring(wanted, FileKind::kLink);
  fs::remove(out("Anna/1"));
  fs::create_symlink("elsewhere", out("Anna/1"));
  EXPECT_EQ(bring({}, FileKind::kLink).removed, 0);
  EXPECT_EQ(fs::read_symlink(out("Anna/1")), "elsewhere");
  fs::remove(out("Anna/1"));
  bring(wanted, FileKind::kCopy);
  folder_.write("out/Anna/1", "edited");
  EXPECT_EQ(bring({}, FileKind::kCopy).removed, 0);
  EXPECT_EQ(folder_.read("out/Anna/1"), "edited");
}

TEST_P(BringUpToDateTest, NothingOutsideIsTouchedWhateverStandsThere) {
  fs::create_directory(folder_.path("precious"));
  folder_.write("precious/1", "1");
  bring({want("Anna", "1"), want("Ben", "1")});
  // The folder of Anna is now a link to a folder of the user that holds a like file.
  fs::rename(out("Anna"), folder_.path("old"));
  fs::create_directory_symlink(folder_.path("precious"), out("Anna"));
  const ExportReport report = bring({want("Anna", "2"), want("Ben", "1")});
  EXPECT_THAT(report.taken, ElementsAre("Anna"));
  EXPECT_EQ(bring({}).removed, 1) << "that of Ben";
  EXPECT_EQ(folder_.read("precious/1"), "1");
  EXPECT_EQ(fs::directory_iterator(folder_.path("precious")) != fs::directory_iterator(), true);
  EXPECT_FALSE(fs::exists(folder_.path("precious/2")));
  EXPECT_TRUE(fs::is_symlink(out("Anna")));
}

TEST_P(BringUpToDateTest, AFolderWithOtherFilesIsRefused) {
  fs::create_directory(out());
  folder_.write("out/something", "x");
  EXPECT_THROW(bring({want("Anna", "1")}), Error);
  EXPECT_THAT(tree(), ElementsAre("something"));
}

TEST_P(BringUpToDateTest, AManifestThatIsALinkIsRefused) {
  fs::create_directory(out());
  folder_.write("elsewhere", "x");
  fs::create_symlink(folder_.path("elsewhere"), out(kManifestName));
  EXPECT_THROW(bring({want("Anna", "1")}), Error);
  EXPECT_EQ(folder_.read("elsewhere"), "x");
}

TEST_P(BringUpToDateTest, OneExportAtATime) {
  bring({want("Anna", "1")});
  const int other = ::open(out().c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  try {
    bring({});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("another facenet exports to this folder"));
  }
  ::close(other);
  EXPECT_EQ(bring({}).removed, 1);
}

TEST_P(BringUpToDateTest, APhotoThatIsAwayKeepsItsPlace) {
  std::vector<WantedFile> wanted = {want("Anna", "1"), want("Anna", "2")};
  bring({wanted[0]});
  fs::remove(folder_.path("photos/1"));
  fs::remove(folder_.path("photos/2"));
  for (WantedFile& file : wanted) file.source.clear();
  const ExportReport report = bring(wanted);
  EXPECT_EQ(report.changes(), 0);
  EXPECT_EQ(report.left, 1);
  EXPECT_EQ(report.away, 1);
  EXPECT_THAT(tree(), ElementsAre("Anna/1"));
}

TEST_P(BringUpToDateTest, ACopyThatMayBeTheLastIsKept) {
  bring({want("Anna", "1")});
  fs::remove(folder_.path("photos/1"));
  const ExportReport report = bring({});
  const bool is_link = GetParam() == FileKind::kLink;
  EXPECT_EQ(report.removed, is_link ? 1 : 0);
  EXPECT_EQ(report.kept, is_link ? 0 : 1);
  EXPECT_EQ(fs::exists(fs::symlink_status(out("Anna/1"))), !is_link);
  folder_.write("photos/1", "1");
  EXPECT_EQ(bring({}).removed, is_link ? 0 : 1) << "once the photo is back";
}

TEST_F(ExportFilesTest, APhotoThatCannotBeReadCostsOnlyItself) {
  WantedFile gone = want("Anna", "1");
  fs::remove(gone.source);
  for (const FileKind kind : {FileKind::kHardLink, FileKind::kCopy}) {
    const ExportReport report = bring({gone, want("Anna", "2")}, kind);
    EXPECT_EQ(report.added, 1);
    ASSERT_EQ(report.failed.size(), 1U);
    EXPECT_EQ(report.failed[0].first, gone.source);
    EXPECT_THAT(tree(), ElementsAre("Anna/2"));
  }
}

TEST_F(ExportFilesTest, WhatIsNotAFileIsNotCopied) {
  WantedFile pipe = want("Anna", "1");
  fs::remove(pipe.source);
  ASSERT_EQ(::mkfifo(pipe.source.c_str(), 0600), 0);
  const ExportReport report = bring({pipe}, FileKind::kCopy);
  ASSERT_EQ(report.failed.size(), 1U);
  EXPECT_THAT(report.failed[0].second, HasSubstr("not a regular file"));
  EXPECT_THAT(tree(), IsEmpty());
}

TEST_F(ExportFilesTest, CopiesHaveTheTimesOfTheirPhotos) {
  const WantedFile file = want("Anna", "1");
  const auto then = fs::file_time_type::clock::now() - std::chrono::hours(100'000);
  fs::last_write_time(file.source, then);
  bring({file}, FileKind::kCopy);
  EXPECT_EQ(fs::last_write_time(out("Anna/1")), fs::last_write_time(file.source));
}

TEST(Links, RelativeOnesHoldWhenAllIsMoved) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path("disk/photos"));
  folder.write("disk/photos/1", "one");
  ExportOptions options{.relative = true};
  options.is_there = [](const std::string&) { return true; };
  const std::vector<WantedFile> wanted = {
      {.folder = "Anna", .name = "1", .photo = "1", .source = folder.path("disk/photos/1")}};
  fs::create_directory_symlink(folder.path("disk"), folder.path("way"));
  bring_up_to_date(folder.path("way/out"), wanted, options);
  EXPECT_EQ(fs::read_symlink(folder.path("disk/out/Anna/1")), "../../photos/1");
  fs::rename(folder.path("disk"), folder.path("other"));
  EXPECT_EQ(folder.read("other/out/Anna/1"), "one");
}

}  // namespace
}  // namespace facenet
