// Every command on catalogs that are damaged, or made to harm. test/library/hostile_test.cpp
// damages more of them, without the program.
#include <gmock/gmock.h>

#include "test/catalog/fixture.h"
#include "test/cli/program.h"

namespace facenet::test {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class DamagedCatalogTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    copy_photo(johns()[0], "photos/a.jpg");
    copy_photo(johns().back(), "photos/b.jpg");
    ASSERT_EQ(run({"cluster", "photos"}).status, 0);
    ASSERT_EQ(run({"people", "name", "1", "Ann"}).status, 0);
    sound_ = read("catalog.db");
  }

  ProgramRun run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--catalog", catalog()});
    return facenet(arguments);
  }
  void damage(const std::string& sql) const {
    write("catalog.db", sound_);
    RawDatabase(catalog()).execute(
        "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; " + sql);
  }
  static std::vector<std::vector<std::string>> commands() {
    return {{"cluster", "photos"},         {"cluster", "--explain", "1", "2"},
            {"people", "show", "Ann"},     {"people", "review", "--list"},
            {"people", "log", "--json"},   {"people", "undo"},
            {"photos", "--json"},          {"who", "photos/a.jpg"},
            {"catalog", "info", "--json"}, {"catalog", "quality"}};
  }

  std::string sound_;
};

TEST_F(DamagedCatalogTest, EveryCommandSaysSoInOneLine) {
  for (const char* sql : {"UPDATE photo SET sha256 = zeroblob(5000) WHERE id = 1",
                          "UPDATE face SET landmarks = x'00', x = 9e999", "DELETE FROM person",
                          "DELETE FROM face", "UPDATE fact SET value = CAST(x'ff' AS TEXT)"}) {
    for (const auto& command : commands()) {
      damage(sql);
      const ProgramRun done = run(command);
      EXPECT_LE(done.status, 3) << sql << ' ' << command[0] << ' ' << command[1];
      EXPECT_THAT(done.err, Not(HasSubstr("internal error"))) << sql;
      if (done.status == 2) {
        EXPECT_THAT(done.errors(), SizeIs(1));
        EXPECT_THAT(done.err, AnyOf(HasSubstr("restore a backup"), HasSubstr("--rebuild"),
                                    HasSubstr("`facenet ")))
            << sql;
      }
    }
    damage(sql);
    EXPECT_EQ(run({"catalog", "check"}).status, 1) << sql;
  }
}

TEST_F(DamagedCatalogTest, NothingOfAStrangerRuns) {
  for (const char* sql : {"CREATE TRIGGER t AFTER INSERT ON clustering BEGIN DELETE FROM fact; END",
                          "DROP VIEW person_state; CREATE VIEW person_state AS WITH RECURSIVE r "
                          "(x) AS (SELECT 1 UNION "
                          "ALL SELECT x FROM r) SELECT x AS person, '' AS name, 0 AS hidden, 0 AS "
                          "merged_into FROM r"})
    for (const auto& command : commands()) {
      damage(sql);
      const ProgramRun done = run(command);
      EXPECT_EQ(done.status, 2) << command[0] << ' ' << command[1];
      EXPECT_THAT(done.err, AllOf(HasSubstr("facenet"), HasSubstr("restore a backup")));
    }
}

TEST_F(DamagedCatalogTest, ADamagedTreeIsMadeAgain) {
  damage("UPDATE merge_tree SET merges = zeroblob(48)");
  EXPECT_THAT(run({"cluster", "photos", "--threshold", "1"}).err,
              HasSubstr("run `facenet cluster --rebuild`"));
  EXPECT_EQ(run({"cluster", "--rebuild"}).status, 0);
  EXPECT_EQ(run({"catalog", "check"}).status, 0);
}

}  // namespace
}  // namespace facenet::test
