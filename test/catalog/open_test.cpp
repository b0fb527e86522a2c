#include "catalog/open.h"

#include <filesystem>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/format.h"
#include "catalog/catalog.h"
#include "catalog/query.h"
#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using Mode = Catalog::Mode;

class OpenTest : public CatalogTest {
 protected:
  std::string error_of_opening(const std::string& path, Mode mode) const {
    return error_of([&] { Catalog(path, mode); });
  }
  void expect_refused_in_every_mode(const std::string& path, const std::string& reason) const {
    for (const Mode mode : {Mode::kRead, Mode::kWrite, Mode::kCreate})
      EXPECT_THAT(error_of_opening(path, mode), AllOf(StartsWith(path + ": "), HasSubstr(reason)));
  }
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

// ---- making

TEST_F(OpenTest, OnlyKCreateMakesACatalog) {
  for (const Mode mode : {Mode::kRead, Mode::kWrite}) {
    EXPECT_THAT(error_of_opening(file(), mode),
                AllOf(StartsWith(file()), HasSubstr("does not exist"),
                      HasSubstr("`facenet cluster PHOTOS`")));
    EXPECT_FALSE(std::filesystem::exists(file()));
  }
  create();
  EXPECT_EQ(error_of_opening(file(), Mode::kRead), "");
  EXPECT_EQ(error_of_opening(file(), Mode::kWrite), "");
}

TEST_F(OpenTest, EverythingMadeIsForItsOwnerOnlyWhateverTheUmask) {
  const mode_t before = ::umask(0);
  const std::string path = folder_.path() + "/new/folder/catalog.db";
  Catalog catalog(path, Mode::kCreate);
  catalog.set_property("a", "1");
  ::umask(before);
  EXPECT_EQ(mode_of(folder_.path() + "/new"), 0700U);
  EXPECT_EQ(mode_of(folder_.path() + "/new/folder"), 0700U);
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(mode_of(path + "-wal"), 0600U);
  EXPECT_EQ(mode_of(path + "-shm"), 0600U);
}

TEST_F(OpenTest, AFileLeftEmptyByAKilledRunBecomesACatalog) {
  write_file(file(), "");
  for (const Mode mode : {Mode::kRead, Mode::kWrite})
    EXPECT_THAT(error_of_opening(file(), mode), HasSubstr("is empty"));
  EXPECT_EQ(error_of_opening(file(), Mode::kCreate), "");
  EXPECT_EQ(error_of_opening(file(), Mode::kRead), "");
}

TEST_F(OpenTest, RelativeAndOddNamesAreFiles) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  for (const std::string name : {":memory:", "file:x?mode=memory", "a#b%20c?.db", "\xff\xfe.db"}) {
    Catalog(name, Mode::kCreate).set_property("name", name);
    EXPECT_EQ(Catalog(name, Mode::kRead).property("name"), name);
    EXPECT_TRUE(std::filesystem::is_regular_file(folder_.path() + "/" + name)) << name;
  }
  std::filesystem::current_path(before);
}

TEST_F(OpenTest, ManyProcessesMayMakeItAtOnce) {
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string error = error_of([&] { create().set_property(std::to_string(i), "x"); });
      if (!error.empty()) std::fprintf(stderr, "%s\n", error.c_str());
      _exit(error.empty() ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(create().properties().size(), 6U);
}

TEST_F(OpenTest, NothingIsLeftBesideAClosedCatalog) {
  create().set_property("a", "1");
  EXPECT_EQ(Catalog(file(), Mode::kRead).property("a"), "1");
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    names.push_back(entry.path().filename());
  EXPECT_THAT(names, ElementsAre("catalog.db"));
}

// ---- what is not a catalog

TEST_F(OpenTest, AFolderIsRefused) {
  expect_refused_in_every_mode(folder_.path(), "is a folder");
}

TEST_F(OpenTest, APipeIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  expect_refused_in_every_mode(file(), "is not a regular file");
}

TEST_F(OpenTest, OtherFilesAreRefusedAndNotChanged) {
  const std::pair<std::string, std::string> files[] = {
      {"hello", "is no facenet catalog: name another file"},  // too short for any SQLite file
      {std::string(100'000, 'x'), "is not an SQLite file"}};
  for (const auto& [bytes, message] : files) {
    write_file(file(), bytes);
    expect_refused_in_every_mode(file(), message);
    EXPECT_EQ(file_bytes(file()), bytes);
  }
}

TEST_F(OpenTest, OtherSqliteFilesAreRefusedAndNotChanged) {
  RawDatabase(file()).execute("CREATE TABLE recipe (name TEXT)");
  const std::string before = file_bytes(file());
  expect_refused_in_every_mode(file(), "not a facenet catalog");
  EXPECT_EQ(file_bytes(file()), before);
}

TEST_F(OpenTest, ACatalogOfANewerProgramIsRefused) {
  create();
  RawDatabase(file()).execute("PRAGMA user_version = 99");
  expect_refused_in_every_mode(file(), "newer facenet (version 99");
}

TEST_F(OpenTest, ACatalogOfAnOlderProgramIsNotMigratedByReading) {
  create();
  RawDatabase(file()).execute("PRAGMA user_version = 0");
  EXPECT_THAT(error_of_opening(file(), Mode::kRead), HasSubstr("older facenet"));
}

TEST_F(OpenTest, AFolderThatCannotBeMadeIsNamed) {
  write_file(folder_.path() + "/file", "");
  const std::string path = folder_.path() + "/file/folder/catalog.db";
  EXPECT_THAT(error_of_opening(path, Mode::kCreate),
              AllOf(HasSubstr(folder_.path() + "/file/folder"), HasSubstr("cannot make")));
}

// ---- what may not be written

TEST_F(OpenTest, ReadingChangesNothing) {
  create().set_property("a", "1");
  const std::string before = file_bytes(file());
  {
    Catalog catalog(file(), Mode::kRead);
    EXPECT_THAT(error_of([&] { catalog.set_property("a", "2"); }), HasSubstr("is read-only"));
    EXPECT_EQ(catalog.property("a"), "1");
  }
  EXPECT_EQ(file_bytes(file()), before);
}

class ReadOnlyTest : public OpenTest {
 protected:
  ReadOnlyTest() {
    create().set_property("a", "1");
    ::chmod(folder_.path().c_str(), 0755);
    ::chmod(file().c_str(), 0644);
  }
  std::string read() const {
    return Catalog(file(), Mode::kRead).property("a").value_or("nothing");
  }
};

TEST_F(ReadOnlyTest, AReadOnlyFileInAReadOnlyFolderCanBeRead) {
  ::chmod(file().c_str(), 0444);
  ::chmod(folder_.path().c_str(), 0555);
  EXPECT_EQ(as_plain_user([&] { return read(); }), "1");
  EXPECT_THAT(as_plain_user([&] { return error_of_opening(file(), Mode::kWrite); }),
              HasSubstr("is read-only"));
  EXPECT_THAT(as_plain_user([&] { return error_of_opening(file(), Mode::kCreate); }),
              HasSubstr("is read-only"));
}

TEST_F(ReadOnlyTest, NamesThatMeanSomethingInAUriCanBeReadToo) {
  const std::string odd = folder_.path() + "/a b%20c?d#e\xff.db";
  std::filesystem::rename(file(), odd);
  ::chmod(folder_.path().c_str(), 0555);
  EXPECT_EQ(as_plain_user([&] { return *Catalog(odd, Mode::kRead).property("a"); }), "1");
}

TEST_F(ReadOnlyTest, AWritableFileInAReadOnlyFolderCanOnlyBeRead) {
  ::chmod(file().c_str(), 0666);
  ::chmod(folder_.path().c_str(), 0555);
  EXPECT_EQ(as_plain_user([&] { return read(); }), "1");
  EXPECT_THAT(as_plain_user([&] { return error_of_opening(file(), Mode::kWrite); }),
              HasSubstr("folder is read-only"));
}

TEST_F(ReadOnlyTest, ChangesThatWaitBesideAReadOnlyCatalogAreNotOverlooked) {
  {
    Catalog catalog = create();
    catalog.set_property("a", "2");
    std::filesystem::copy_file(file() + "-wal", file() + "-kept");
  }
  std::filesystem::rename(file() + "-kept", file() + "-wal");
  ::chmod((file() + "-wal").c_str(), 0444);
  ::chmod(file().c_str(), 0444);
  ::chmod(folder_.path().c_str(), 0555);
  EXPECT_THAT(as_plain_user([&] { return read(); }), HasSubstr("changes waiting"));
}

TEST_F(ReadOnlyTest, AFileThatMayNotBeReadIsNamed) {
  ::chmod(file().c_str(), 0000);
  EXPECT_THAT(as_plain_user([&] { return error_of_opening(file(), Mode::kRead); }),
              AllOf(HasSubstr(file()), HasSubstr("Permission denied")));
}

TEST_F(ReadOnlyTest, AFolderThatMayNotBeEnteredIsNamed) {
  ::chmod(folder_.path().c_str(), 0000);
  EXPECT_THAT(as_plain_user([&] { return error_of_opening(file(), Mode::kRead); }),
              AllOf(HasSubstr(file()), HasSubstr("Permission denied")));
  ::chmod(folder_.path().c_str(), 0700);
}

// ---- locked

TEST_F(OpenTest, ASecondWriterGivesUpAfterItsTime) {
  create().set_property("a", "1");
  RawDatabase other(file());
  other.execute("BEGIN IMMEDIATE");
  EXPECT_THAT(error_of([&] { Database(file(), Mode::kWrite, 10).begin(); }),
              AllOf(StartsWith(file()), HasSubstr("another program is writing")));
  EXPECT_EQ(Catalog(file(), Mode::kRead).property("a"), "1");
  other.execute("ROLLBACK");
  EXPECT_EQ(error_of([&] { Database(file(), Mode::kWrite, 10).begin(); }), "");
}

// ---- full disks

TEST_F(OpenTest, AFullCatalogKeepsWhatWasCommitted) {
  Database database(file(), Mode::kCreate);
  const std::string value(100'000, 'x');
  static constexpr const char* kInsert = "INSERT INTO property (key, value) VALUES (?1, ?2)";
  run(database, kInsert, std::string("kept"), std::string("1"));
  {
    Query limit(database, "PRAGMA max_page_count = 60");
    limit.next();
  }
  database.begin();
  int written = 0;
  const auto fill = [&] {
    for (;; ++written) run(database, kInsert, std::to_string(written), value);
  };
  EXPECT_THAT(error_of(fill), AllOf(HasSubstr(file()), HasSubstr("is full")));
  EXPECT_GT(written, 0);
  // SQLite has undone the transaction. What comes next must not be stored without the beginning.
  EXPECT_THAT(error_of([&] { run(database, kInsert, std::string("late"), std::string("1")); }),
              HasSubstr("has undone"));
  EXPECT_THAT(error_of([&] { database.commit(); }), HasSubstr("has undone"));
  database.rollback();
  Query keys(database, "SELECT key FROM property");
  ASSERT_TRUE(keys.next());
  EXPECT_EQ(keys.text(0), "kept");
  EXPECT_FALSE(keys.next());
}

/// Gives the process a file system of its own. False where that is not allowed.
bool mount_small_disk(const std::string& folder, const char* options) {
  const std::string user = fmt::format("0 {} 1", ::getuid());
  const std::string group = fmt::format("0 {} 1", ::getgid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) {
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << user;
    std::ofstream("/proc/self/gid_map") << group;
  } else if (::unshare(CLONE_NEWNS) != 0) {
    return false;
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("none", folder.c_str(), "tmpfs", 0, options) == 0;
}

constexpr const char* kNotAllowed = "no disk of our own";

std::string fill_small_disk(const std::string& folder) {
  if (!mount_small_disk(folder, "size=4m")) return kNotAllowed;
  write_file(folder + "/ballast", std::string(1 << 20, 'x'));
  Catalog catalog(folder + "/catalog.db", Mode::kCreate);
  std::size_t committed = 0;
  const std::string error = error_of([&] {
    for (;; ++committed) catalog.set_property(std::to_string(committed), std::string(50'000, 'x'));
  });
  const bool kept = committed > 0 && catalog.properties().size() == committed;
  std::filesystem::remove(folder + "/ballast");
  catalog.set_property("afterwards", "");
  const bool goes_on = catalog.properties().size() == committed + 1 && catalog.check().empty();
  return fmt::format("kept: {}, goes on: {}, error: {}", kept, goes_on, error);
}

TEST_F(OpenTest, AFullDiskKeepsWhatWasCommittedAndWorksOnWhenThereIsSpace) {
  const std::string result = in_child([&] { return fill_small_disk(folder_.path()); });
  if (result == kNotAllowed) GTEST_SKIP() << result;
  EXPECT_EQ(
      result,
      fmt::format("kept: true, goes on: true, error: the disk that holds {} is full; what was "
                  "finished is kept: free some space and run again",
                  file()));
}

TEST_F(OpenTest, ADiskTooFullForANewCatalogIsReported) {
  const std::string result = in_child([&]() -> std::string {
    if (!mount_small_disk(folder_.path(), "size=64k")) return kNotAllowed;
    return error_of_opening(file(), Mode::kCreate);
  });
  if (result == kNotAllowed) GTEST_SKIP() << result;
  EXPECT_THAT(result, HasSubstr("is full"));
}

TEST_F(OpenTest, ACatalogOnAReadOnlyDiskCanBeRead) {
  const std::string result = in_child([&]() -> std::string {
    if (!mount_small_disk(folder_.path(), "size=4m")) return kNotAllowed;
    create().set_property("a", "1");
    if (::mount("none", folder_.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
      return kNotAllowed;
    return Catalog(file(), Mode::kRead).property("a").value_or("nothing") + " " +
           error_of_opening(file(), Mode::kWrite);
  });
  if (result == kNotAllowed) GTEST_SKIP() << result;
  EXPECT_THAT(result, AllOf(StartsWith("1 "), HasSubstr("is read-only")));
}

// ---- migrations

class MigrateTest : public CatalogTest {
 protected:
  SQLite::Database connection_{file(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};

  std::int64_t version() { return connection_.execAndGet("PRAGMA user_version").getInt64(); }
};

constexpr const char* kFirst = "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1)";
constexpr const char* kSecond = "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1";

TEST_F(MigrateTest, RunsEachOnceInOrder) {
  migrate(connection_, std::vector{kFirst});
  EXPECT_EQ(version(), 1);
  connection_.exec("UPDATE a SET x = 10");
  migrate(connection_, std::vector{kFirst, kSecond});
  EXPECT_EQ(version(), 2);
  EXPECT_EQ(connection_.execAndGet("SELECT y FROM a").getInt(), 11);
  migrate(connection_, std::vector{kFirst, kSecond});
  EXPECT_EQ(version(), 2);
}

TEST_F(MigrateTest, AFailureLeavesTheFileAsItWas) {
  const std::vector broken = {kFirst, "CREATE TABLE b (x INTEGER); INSERT INTO nowhere VALUES (1)"};
  EXPECT_THROW(migrate(connection_, broken), SQLite::Exception);
  EXPECT_EQ(version(), 0);
  EXPECT_FALSE(connection_.tableExists("a"));
  EXPECT_FALSE(connection_.tableExists("b"));
  migrate(connection_, std::vector{kFirst, kSecond});
  EXPECT_EQ(version(), 2);
}

}  // namespace
}  // namespace facenet
