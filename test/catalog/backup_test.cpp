#include "catalog/backup.h"

#include <atomic>
#include <filesystem>
#include <sys/stat.h>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Mode = Catalog::Mode;

class BackupTest : public CatalogTest {
 protected:
  std::string copy() const { return folder_.path() + "/copy.db"; }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }
};

TEST_F(BackupTest, HoldsAllThatIsCommittedAndNothingElse) {
  Catalog catalog = create();
  catalog.add_photo(make_photo(1), std::vector{make_face(1, 1)});
  Catalog::Transaction open(catalog);
  catalog.add_photo(make_photo(2), std::vector{make_face(1, 1)});
  backup_catalog(file(), copy(), false);
  const Catalog copied(copy(), Mode::kRead);
  EXPECT_EQ(copied.counts().photos, 1);
  EXPECT_THAT(copied.check(), IsEmpty());
  struct stat status {};
  ASSERT_EQ(::stat(copy().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(BackupTest, OthersWriteMeanwhile) {
  {
    Catalog catalog = create();
    std::vector<FaceId> faces;
    const ModelId model = catalog.put_model({.name = "m", .dimension = 512});
    std::vector<float> vector(512);
    vector[0] = 1;
    Catalog::Transaction transaction(catalog);
    for (int i = 0; i < 2000; ++i) {
      catalog.add_photo(make_photo(i), std::vector{make_face(1, 1)}, &faces);
      catalog.put_embedding(faces[0], model, vector);
    }
    transaction.commit();
  }
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    Catalog catalog(file(), Mode::kWrite);
    for (int i = 0; !done; ++i) catalog.set_property("count", std::to_string(i));
  });
  for (int i = 0; i < 5; ++i) {
    backup_catalog(file(), copy(), true);
    const Catalog copied(copy(), Mode::kRead);
    EXPECT_EQ(copied.counts().embeddings, 2000);
    EXPECT_THAT(copied.check(), IsEmpty());
  }
  done = true;
}

TEST_F(BackupTest, ReplacesOnlyWhenAllowedAndLeavesNothingOfAFailure) {
  create().set_property("a", "1");
  write_file(copy(), "mine");
  EXPECT_THAT(error_of([&] { backup_catalog(file(), copy(), false); }), HasSubstr("--force"));
  EXPECT_EQ(file_bytes(copy()), "mine");
  EXPECT_THAT(error_of([&] { backup_catalog(file(), file(), true); }), HasSubstr("itself"));
  EXPECT_THAT(error_of([&] { backup_catalog(copy(), folder_.path() + "/x", false); }),
              HasSubstr("no facenet catalog"));
  EXPECT_THAT(error_of([&] { backup_catalog(file(), folder_.path() + "/no/x", false); }),
              HasSubstr("cannot be made"));
  backup_catalog(file(), copy(), true);
  EXPECT_EQ(Catalog(copy(), Mode::kRead).property("a"), "1");
  EXPECT_THAT(files(), ElementsAre("catalog.db", "copy.db"));
}

TEST_F(BackupTest, RestoringKeepsWhatWasThere) {
  create().set_property("a", "1");
  backup_catalog(file(), copy(), false);
  create().set_property("a", "2");
  const std::string aside = restore_catalog(copy(), file());
  EXPECT_EQ(Catalog(file(), Mode::kRead).property("a"), "1");
  EXPECT_EQ(Catalog(aside, Mode::kRead).property("a"), "2");
  create().set_property("a", "3");
  EXPECT_NE(restore_catalog(copy(), file()), aside);
  EXPECT_EQ(Catalog(aside, Mode::kRead).property("a"), "2");
  EXPECT_THAT(files(), ElementsAre("catalog.db", "catalog.db.before-restore",
                                   "catalog.db.before-restore-2", "copy.db"));
}

/// What a damaged catalog has beside it is not replayed into the restored one.
TEST_F(BackupTest, RestoresInThePlaceOfADamagedCatalogOrOfNone) {
  create().set_property("a", "1");
  backup_catalog(file(), copy(), false);
  write_file(file(), "no catalog");
  write_file(file() + "-wal", "stale");
  restore_catalog(copy(), file());
  EXPECT_EQ(Catalog(file(), Mode::kRead).property("a"), "1");
  EXPECT_NE(file_bytes(file() + "-wal"), "stale");

  const std::string fresh = folder_.path() + "/new/catalog.db";
  EXPECT_EQ(restore_catalog(copy(), fresh), "");
  EXPECT_EQ(Catalog(fresh, Mode::kRead).property("a"), "1");
}

TEST_F(BackupTest, ADamagedBackupChangesNothing) {
  {
    Catalog catalog = create();
    catalog.add_photo(make_photo(1), std::vector{make_face(1, 1)});
  }
  backup_catalog(file(), copy(), false);
  RawDatabase(copy()).execute("PRAGMA foreign_keys = OFF; DELETE FROM photo");
  EXPECT_THAT(error_of([&] { restore_catalog(copy(), file()); }),
              HasSubstr("is damaged itself (table face: 1 rows name a photo"));
  EXPECT_EQ(Catalog(file(), Mode::kRead).counts().photos, 1);
  EXPECT_THAT(files(), ElementsAre("catalog.db", "copy.db"));
}

TEST_F(BackupTest, BackupsOfEarlierVersionsAreBroughtUpToDate) {
  make_version(copy(), 2);
  restore_catalog(copy(), file());
  EXPECT_THAT(Catalog(file(), Mode::kRead).check(), IsEmpty());
  EXPECT_EQ(RawDatabase(copy()).value("PRAGMA user_version"), "2");
}

}  // namespace
}  // namespace facenet
