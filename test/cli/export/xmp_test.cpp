#include <filesystem>

#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The five Johns, two of whom have names.
class SidecarsTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    copy_photos("johns", "photos");
    ASSERT_EQ(run({"cluster", "photos"}).status, 0);
    ASSERT_EQ(run({"people", "name", "1", "Ann"}).status, 0);
    ASSERT_EQ(run({"people", "name", "2", "Zo\xc3\xab"}).status, 0);
  }
  ProgramRun run(std::vector<std::string> arguments, const std::string& other = "") const {
    arguments.insert(arguments.end(), {"--catalog", other.empty() ? catalog() : path(other)});
    return facenet(arguments);
  }
  int sidecars() const {
    int count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path("photos")))
      if (entry.path().extension() == ".xmp") ++count;
    return count;
  }
};

TEST_F(SidecarsTest, NamesGoToAnotherCatalogBySidecars) {
  const ProgramRun dry = run({"export", "xmp", "--dry-run"});
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_THAT(dry.errors(), ElementsAre("facenet: 22 sidecars with 22 faces: 22 would be added, 0 "
                                        "changed, 0 as before"));
  EXPECT_EQ(sidecars(), 0);
  const ProgramRun first = run({"export", "xmp"});
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.out, IsEmpty());
  EXPECT_EQ(sidecars(), 22);
  const json again = run({"export", "xmp", "--json"}).json();
  EXPECT_EQ(again["unchanged_count"], 22);
  EXPECT_EQ(again["added_count"], 0);

  ASSERT_EQ(run({"cluster", "photos"}, "other.db").status, 0);
  const json plan = run({"import", "--dry-run", "--json"}, "other.db").json();
  EXPECT_EQ(plan["names"][0]["named_face_count"], 11);
  EXPECT_EQ(plan["names"][0]["person"], nullptr);
  const ProgramRun import = run({"import", "photos"}, "other.db");
  EXPECT_EQ(import.status, 0) << import.err;
  EXPECT_THAT(
      import.errors(),
      ElementsAre("facenet: Ann (new): 11 faces named", "facenet: Zo\xc3\xab (new): 11 faces named",
                  "facenet: 22 photos with names: 22 faces of 2 people named, 2 of the "
                  "people new",
                  HasSubstr("facenet cluster")));
  ASSERT_EQ(run({"cluster"}, "other.db").status, 0);
  EXPECT_EQ(run({"people", "show", "Zo\xc3\xab", "-0"}, "other.db").out,
            run({"people", "show", "Zo\xc3\xab", "-0"}).out);
  EXPECT_THAT(
      run({"import"}, "other.db").errors(),
      Contains("facenet: 22 photos with names: 0 faces of 2 people named; 22 known before"));
}

TEST_F(SidecarsTest, NamesGoToAnotherCatalogByWhatExifToolWritesIntoThePhotos) {
  ASSERT_EQ(run({"export", "xmp"}).status, 0);
  const ProgramRun written = bash(
      "exiftool -q -q -r -ext jpg -overwrite_original -tagsFromFile %d%F.xmp -RegionInfo "
      "-RegionInfoMP photos && find photos -name '*.xmp' -delete");
  ASSERT_EQ(written.status, 0) << written.err;
  ASSERT_EQ(sidecars(), 0);
  ASSERT_EQ(run({"cluster", "photos"}, "other.db").status, 0);
  const ProgramRun import = run({"import", "photos"}, "other.db");
  EXPECT_EQ(import.status, 0) << import.err;
  EXPECT_THAT(import.errors(),
              Contains("facenet: 22 photos with names: 22 faces of 2 people named, 2 of the people "
                       "new"));
  ASSERT_EQ(run({"cluster"}, "other.db").status, 0);
  for (const char* name : {"Ann", "Zo\xc3\xab"}) {
    EXPECT_EQ(run({"people", "show", name, "-0"}, "other.db").out,
              run({"people", "show", name, "-0"}).out);
  }
}

TEST_F(SidecarsTest, WhatIsWrongIsSaidAndTheRestIsDone) {
  const std::string photo = run({"people", "show", "Ann", "-0"})
                                .out.substr(0, run({"people", "show", "Ann", "-0"}).out.find('\0'));
  write(fs::relative(photo + ".xmp", path("")).string(), "<no xmp at all");
  const ProgramRun bad = run({"export", "xmp"});
  EXPECT_EQ(bad.status, 3);
  EXPECT_THAT(bad.errors(), Contains(HasSubstr(photo + ".xmp: is no XMP")));
  EXPECT_EQ(sidecars(), 22);
  EXPECT_EQ(run({"import"}).status, 3);

  EXPECT_EQ(run({"export", "xmp", "--style", "picasa"}).status, 2);
  const ProgramRun elsewhere = run({"export", "xmp", "/nowhere"});
  EXPECT_EQ(elsewhere.status, 2);
  EXPECT_THAT(elsewhere.errors(), ElementsAre(HasSubstr("the catalog has no photo there")));
  EXPECT_EQ(run({"import", "/nowhere"}).status, 2);
}

TEST_F(SidecarsTest, WithoutNamesAndMarksThereIsNothingToDo) {
  const ProgramRun import = run({"import"});
  EXPECT_EQ(import.status, 1);
  EXPECT_THAT(import.errors(), ElementsAre(HasSubstr("no photo has marked faces with names")));
  ASSERT_EQ(run({"cluster", "photos"}, "other.db").status, 0);
  const ProgramRun none = run({"export", "xmp"}, "other.db");
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.errors(), ElementsAre(HasSubstr("no face has a name yet")));
}

}  // namespace
}  // namespace facenet::test
