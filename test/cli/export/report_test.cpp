#include <filesystem>

#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A catalog of the five Johns.
class ReportTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    copy_photos("johns", "photos");
    ASSERT_EQ(run({"cluster", "photos"}).status, 0);
  }
  ProgramRun run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--catalog", catalog()});
    return facenet(arguments);
  }
  ProgramRun report(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "report");
    return run(arguments);
  }
};

TEST_F(ReportTest, WritesAFolderOrAFile) {
  const ProgramRun folder = report({"-o", "pages/"});
  EXPECT_EQ(folder.status, 0) << folder.err;
  EXPECT_EQ(folder.out, "pages/index.html\n");
  EXPECT_THAT(folder.err, IsEmpty());
  EXPECT_TRUE(fs::exists(path("pages/people/1.html")));
  const ProgramRun file = report({"-o", "people.html"});
  EXPECT_EQ(file.status, 0) << file.err;
  EXPECT_EQ(file.out, "people.html\n");
  EXPECT_THAT(read("people.html"), HasSubstr("5 people</h2>"));
  EXPECT_THAT(read("people.html"),
              HasSubstr("<dt>named</dt><dd>0 people, 0.0 % of the faces</dd>"));

  for (const char* there : {"pages", "people.html"}) {
    const ProgramRun again = report({"-o", there});
    EXPECT_EQ(again.status, 2);
    EXPECT_THAT(again.errors(), ElementsAre(HasSubstr("--force to replace it")));
    EXPECT_EQ(report({"-o", there, "--force"}).status, 0);
  }
}

TEST_F(ReportTest, SaysAsJsonWhatWasWritten) {
  const json written = report({"-o", "pages", "--min-faces", "10", "--json"}).json();
  EXPECT_EQ(written["file"], "pages/index.html");
  EXPECT_EQ(written["people_count"], 4);
  EXPECT_EQ(written["face_count"], 44);
  EXPECT_EQ(written["photo_count"], 44);
  EXPECT_EQ(written["failed"], json::array());
}

TEST_F(ReportTest, AFaceThatIsPutWithAStrangerIsProbablyWrong) {
  const json people = run({"people", "list", "--json"}).json()["people"];
  const std::string face = std::to_string(people[0]["faces"][0]["face"].get<int>());
  const std::string other = std::to_string(people[1]["person"].get<int>());
  ASSERT_EQ(run({"people", "move", face, "--to", other}).status, 0);
  const json written = report({"-o", "pages", "--json"}).json();
  EXPECT_EQ(written["doubtful_face_count"], 1);
  EXPECT_THAT(read("pages/index.html"),
              AllOf(HasSubstr("Face " + face + " as "), HasSubstr("people reject " + face)));
}

TEST_F(ReportTest, PhotosThatAreAwayAreSaid) {
  const json people = run({"people", "list", "--json"}).json()["people"];
  fs::remove(people[0]["faces"][0]["photo"].get<std::string>());
  const ProgramRun one = report({"-o", "pages"});
  EXPECT_EQ(one.status, 0);
  EXPECT_THAT(one.errors(), ElementsAre(HasSubstr("photos that are not there now are left out")));
  EXPECT_THAT(read("pages/people/1.html"), HasSubstr("1 photo is not there now"));
}

TEST_F(ReportTest, APhotoThatBrokeIsNamed) {
  const json people = run({"people", "list", "--json"}).json()["people"];
  const std::string photo = people[0]["faces"][0]["photo"];
  write(photo.substr(path("").size()), std::string(fs::file_size(photo), 'x'));
  const ProgramRun run = report({"-o", "people.html"});
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.errors(), ElementsAre(AllOf(HasSubstr(photo), HasSubstr("not a photo"))));
}

TEST_F(ReportTest, NeedsPeopleAndAPlace) {
  EXPECT_EQ(report({}).status, 2);
  EXPECT_EQ(report({"-o", "a", "--min-faces", "0"}).status, 2);
  EXPECT_EQ(report({"-o", "a", "--min-faces", "100"}).status, 1);
  EXPECT_FALSE(fs::exists(path("a")));
  write("mine/letter.txt", "dear");
  EXPECT_THAT(report({"-o", "mine"}).errors(),
              ElementsAre(HasSubstr("mine: holds files that are of no report")));
}

}  // namespace
}  // namespace facenet::test
