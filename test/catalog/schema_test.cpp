#include "catalog/schema.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using Mode = Catalog::Mode;

constexpr const char* kEndless =
    " AS WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x FROM r) SELECT x FROM r";

class SchemaTest : public CatalogTest {
 protected:
  SchemaTest() { create(); }

  void execute(const std::string& sql) const { RawDatabase(file()).execute(sql); }
  void expect_refused(const std::string& reason) const {
    for (const Mode mode : {Mode::kRead, Mode::kWrite, Mode::kCreate})
      EXPECT_THAT(error_of([&] { Catalog(file(), mode); }),
                  AllOf(StartsWith(file() + ": "), HasSubstr(reason), HasSubstr("a backup")));
  }
};

TEST_F(SchemaTest, TriggersOfOthersAreRefused) {
  execute("CREATE TRIGGER wipe AFTER INSERT ON person BEGIN DELETE FROM fact; END");
  expect_refused("holds the trigger wipe, which facenet did not make");
  execute("DROP TRIGGER wipe");
  EXPECT_EQ(error_of([&] { Catalog(file(), Mode::kRead); }), "");
}

TEST_F(SchemaTest, EndlessViewsAreNotAsked) {
  // In place of what the program asks before it knows the file.
  for (const char* name : {"pragma_user_version", "pragma_application_id", "pragma_page_count"}) {
    execute(std::string("CREATE VIEW ") + name + kEndless);
    expect_refused(std::string("the view ") + name + ", which facenet did not make");
    execute(std::string("DROP VIEW ") + name);
  }
  execute(std::string("DROP VIEW person_state; CREATE VIEW person_state") + kEndless);
  expect_refused("its view person_state is not as facenet makes it");
}

TEST_F(SchemaTest, TablesAreThoseThatTheProgramMakes) {
  execute("CREATE TABLE mine (x)");
  expect_refused("the table mine, which facenet did not make");
  execute("DROP TABLE mine; DROP INDEX face_of_photo");
  expect_refused("its index face_of_photo is not there");
  execute("CREATE INDEX face_of_photo ON face (score)");
  expect_refused("its index face_of_photo is not as facenet makes it");
}

TEST_F(SchemaTest, NamesOfOthersAreShownHarmless) {
  execute("CREATE TABLE \"a\033[2J\" (x)");
  EXPECT_THAT(error_of([&] { Catalog(file(), Mode::kRead); }), HasSubstr("a\\x1b[2J"));
}

TEST_F(SchemaTest, WhatSqliteItselfMakesIsTaken) {
  execute("ANALYZE; VACUUM");
  EXPECT_EQ(error_of([&] { Catalog(file(), Mode::kRead); }), "");
}

TEST_F(SchemaTest, CommentsAndLayoutDoNotCount) {
  execute(
      "DROP INDEX face_of_photo; CREATE INDEX \"face_of_photo\" -- one\n ON  /* two */ "
      "face(photo)");
  EXPECT_EQ(error_of([&] { Catalog(file(), Mode::kRead); }), "");
}

TEST_F(SchemaTest, EveryEarlierVersionIsKnownAndNothingStrangeRunsInItsUpgrade) {
  for (std::size_t version = 1; version <= newest_version(); ++version) {
    std::filesystem::remove(file());
    make_version(file(), version);
    execute("CREATE TRIGGER wipe AFTER DELETE ON path BEGIN DELETE FROM fact; END");
    EXPECT_THAT(error_of([&] { Catalog(file(), Mode::kWrite); }), HasSubstr("wipe")) << version;
    execute("DROP TRIGGER wipe");
    EXPECT_EQ(error_of([&] { Catalog(file(), Mode::kWrite); }), "") << version;
    EXPECT_EQ(error_of([&] { Catalog(file(), Mode::kRead); }), "") << version;
  }
}

TEST_F(SchemaTest, SpentCountersAreNoFullDisk) {
  {
    Catalog catalog = create();
    catalog.add_person();
  }
  execute("UPDATE sqlite_sequence SET seq = 9223372036854775807 WHERE name = 'person'");
  EXPECT_THAT(error_of([&] { Catalog(file(), Mode::kWrite); }),
              HasSubstr("is damaged (the numbers of table person are used up)"));
  EXPECT_THAT(Catalog(file(), Mode::kRead).check(),
              testing::ElementsAre("the numbers of table person are used up"));
}

}  // namespace
}  // namespace facenet
