// Backups, and what was said on its way to another catalog.
#include <filesystem>

#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

class CatalogCopiesTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    copy_photo(johns()[0], "photos/a.jpg");
    copy_photo(johns()[1], "photos/b.jpg");
    ASSERT_EQ(run({"cluster", "photos"}).status, 0);
    ASSERT_EQ(run({"people", "name", "1", "Ann"}).status, 0);
  }
  ProgramRun run(std::vector<std::string> arguments, const std::string& catalog = "") const {
    arguments.insert(arguments.end(),
                     {"--catalog", catalog.empty() ? this->catalog() : path(catalog)});
    return facenet(arguments);
  }
};

TEST_F(CatalogCopiesTest, ABackupIsRestoredAndWhatWasThereIsKept) {
  const ProgramRun saved = run({"catalog", "backup", "copy.db"});
  EXPECT_EQ(saved.status, 0) << saved.err;
  EXPECT_THAT(saved.err, HasSubstr("copy.db: holds 2 faces of 1 person and 1 fact now"));
  const ProgramRun again = run({"catalog", "backup", "copy.db"});
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.err, HasSubstr("--force"));

  write("catalog.db", "overwritten");
  EXPECT_THAT(run({"people"}).err, HasSubstr("no facenet catalog"));
  const ProgramRun restored = run({"catalog", "restore", "copy.db"});
  EXPECT_EQ(restored.status, 0) << restored.err;
  EXPECT_THAT(restored.err, AllOf(HasSubstr("1 fact"), HasSubstr("catalog.db.before-restore")));
  EXPECT_EQ(read("catalog.db.before-restore"), "overwritten");
  EXPECT_THAT(run({"people"}).out, HasSubstr("Ann"));
  EXPECT_THAT(run({"catalog", "restore", "photos/a.jpg"}).errors(), SizeIs(1));
}

TEST_F(CatalogCopiesTest, WhatCanBeReadOfADamagedCatalogIsSaved) {
  std::string bytes = read("catalog.db");
  const std::string page = bytes.substr(0, 16384);
  bytes.replace(0, page.size(), page.size(), 'x');  // the list of tables is gone
  write("catalog.db", bytes);
  EXPECT_THAT(run({"people"}).err, HasSubstr("catalog repair"));
  const ProgramRun saved = facenet({"catalog", "repair", "catalog.db", "new.db"});
  EXPECT_EQ(saved.status, 0) << saved.err;
  EXPECT_THAT(saved.err, HasSubstr("new.db: holds 2 faces of 1 person in 2 photos and 1 fact now"));
  EXPECT_EQ(read("catalog.db"), bytes);
  EXPECT_EQ(run({"catalog", "check"}, "new.db").status, 0);
  EXPECT_EQ(run({"cluster", "photos"}, "new.db").status, 0);
  EXPECT_THAT(run({"people"}, "new.db").out, HasSubstr("Ann"));
  EXPECT_EQ(facenet({"catalog", "repair", "catalog.db", "new.db"}).status, 2);
  EXPECT_THAT(facenet({"catalog", "repair", "photos/a.jpg", "other.db"}).errors(), SizeIs(1));
}

TEST_F(CatalogCopiesTest, WhatWasSaidGoesToAnotherCatalog) {
  const ProgramRun facts = run({"catalog", "export-facts"});
  EXPECT_EQ(facts.status, 0) << facts.err;
  write("facts.jsonl", facts.out);
  ASSERT_EQ(run({"embed", "photos"}, "new.db").status, 0);
  const ProgramRun imported = run({"catalog", "import-facts", "facts.jsonl"}, "new.db");
  EXPECT_EQ(imported.status, 0) << imported.err;
  EXPECT_THAT(imported.err, HasSubstr("1 fact imported"));
  EXPECT_EQ(run({"cluster", "photos"}, "new.db").status, 0);
  EXPECT_THAT(run({"people"}, "new.db").out, HasSubstr("Ann"));
  EXPECT_EQ(run({"catalog", "check"}, "new.db").status, 0);
  EXPECT_EQ(run({"catalog", "import-facts", "facts.jsonl"}, "new.db").status, 2);
  EXPECT_EQ(run({"catalog", "import-facts", "photos/a.jpg"}, "new.db").status, 2);
}

}  // namespace
}  // namespace facenet::test
