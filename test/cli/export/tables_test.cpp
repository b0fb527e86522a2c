#include <algorithm>
#include <filesystem>
#include <sstream>

#include <gmock/gmock.h>

#include "base/csv.h"
#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(const std::string& text) {
  CsvReader reader(text, "out");
  Rows rows;
  while (const auto row = reader.next()) rows.push_back(*row);
  return rows;
}

/// Two Johns, a photo of nobody whom we name, a name with all that CSV minds, and a photo that is
/// away.
class ExportTablesTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    for (int i = 0; i < 14; ++i)
      copy_photo(johns()[std::size_t(i)], "photos/" + johns()[std::size_t(i)]);
    copy_photo(johns()[0], "photos/a, \"quoted\".jpg");
    ASSERT_EQ(run({"cluster", "photos"}).status, 0);
    ASSERT_EQ(run({"people", "name", "1", "Smith, \"Joe\""}).status, 0);
    ASSERT_EQ(run({"people", "hide", "2"}).status, 0);
    fs::remove(path("photos/" + johns()[1]));
    ASSERT_EQ(run({"cluster", "photos"}).status, 0);
  }
  ProgramRun run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--catalog", catalog()});
    return facenet(arguments);
  }
  Rows table(const std::string& name) const {
    const ProgramRun printed = run({"export", "csv", name});
    EXPECT_EQ(printed.status, 0) << printed.err;
    EXPECT_THAT(printed.err, IsEmpty());
    return rows_of(printed.out);
  }
};

TEST_F(ExportTablesTest, ARowAFaceInTheOrderOfNumbers) {
  const Rows rows = table("faces");
  EXPECT_THAT(rows.front(),
              ElementsAre("face", "person", "name", "photo", "sha256", "x", "y", "width", "height",
                          "score", "recognisable", "missing", "time", "by_hand"));
  ASSERT_EQ(rows.size(), 15U);
  for (std::size_t i = 2; i < rows.size(); ++i)
    EXPECT_LT(std::stoi(rows[i - 1][0]), std::stoi(rows[i][0]));
  int missing = 0, named = 0, quoted = 0;
  for (const auto& row : Rows(rows.begin() + 1, rows.end())) {
    EXPECT_EQ(row[4].size(), 64U);
    missing += row[11] == "1";
    named += row[2] == "Smith, \"Joe\"";
    quoted += row[3] == path("photos/a, \"quoted\".jpg");
  }
  EXPECT_EQ(missing, 1);
  EXPECT_EQ(named, 11);
  EXPECT_EQ(quoted, 1) << "the first of the photo's two paths";
}

TEST_F(ExportTablesTest, ARowAPersonAndARowAFact) {
  const Rows people = table("people");
  ASSERT_EQ(people.size(), 3U);
  EXPECT_THAT(people[0], ElementsAre("person", "name", "hidden", "face_count", "photo_count"));
  EXPECT_THAT(people[1], ElementsAre("1", "Smith, \"Joe\"", "0", "11", "11"));
  EXPECT_THAT(people[2], ElementsAre("2", "", "1", "3", "3"));
  const Rows facts = table("facts");
  ASSERT_EQ(facts.size(), 3U);
  EXPECT_EQ(facts[1][2], "name");
  EXPECT_EQ(facts[1][6], "Smith, \"Joe\"");
  EXPECT_EQ(facts[2][2], "hide");
  EXPECT_EQ(facts[2][4], "2");
}

TEST_F(ExportTablesTest, TheDocumentHoldsTheSame) {
  const json document = run({"export", "json"}).json();
  const Rows faces = table("faces"), people = table("people"), facts = table("facts");
  ASSERT_EQ(document["faces"].size() + 1, faces.size());
  for (std::size_t i = 1; i < faces.size(); ++i) {
    const json& face = document["faces"][i - 1];
    EXPECT_EQ(std::to_string(face["face"].get<int>()), faces[i][0]);
    EXPECT_EQ(std::to_string(face["person"].get<int>()), faces[i][1]);
    EXPECT_EQ(face["photo"], faces[i][3]);
    EXPECT_EQ(face["sha256"], faces[i][4]);
    EXPECT_NEAR(face["box"][0].get<double>(), std::stod(faces[i][5]), 0.006);
    EXPECT_EQ(face["missing"].get<bool>(), faces[i][11] == "1");
  }
  ASSERT_EQ(document["people"].size() + 1, people.size());
  EXPECT_EQ(document["people"][0]["name"], "Smith, \"Joe\"");
  ASSERT_EQ(document["facts"].size() + 1, facts.size());
  EXPECT_EQ(document["facts"], run({"people", "log", "--json"}).json()["facts"]);
}

TEST_F(ExportTablesTest, WritesAFileWholeAndReplacesNone) {
  ASSERT_EQ(run({"export", "csv", "people", "-o", "people.csv"}).status, 0);
  EXPECT_EQ(read("people.csv"), run({"export", "csv", "people"}).out);
  const ProgramRun taken = run({"export", "json", "-o", "people.csv"});
  EXPECT_EQ(taken.status, 2);
  EXPECT_THAT(taken.errors(), ElementsAre(HasSubstr("already exists; give --force")));
  EXPECT_EQ(run({"export", "json", "-o", "people.csv", "--force"}).status, 0);
  EXPECT_EQ(read("people.csv"), run({"export", "json"}).out);
}

TEST_F(ExportTablesTest, AnEmptyCatalogGivesEmptyTables) {
  fs::create_directory(path("empty"));
  facenet({"cluster", "empty", "--catalog", path("empty.db")});
  const ProgramRun document = facenet({"export", "json", "--catalog", path("empty.db")});
  EXPECT_EQ(document.status, 0) << document.err;
  EXPECT_EQ(document.json()["faces"], json::array());
  EXPECT_EQ(facenet({"export", "csv", "facts", "--catalog", path("empty.db")}).out,
            "fact,time,kind,text,person,other_person,name,faces,undoes,undone,step\n");
}

TEST_F(ExportTablesTest, OtherTablesAreRefused) {
  EXPECT_THAT(run({"export", "csv", "friends"}).errors(),
              ElementsAre(HasSubstr("there is no table 'friends': give faces, people or facts")));
  EXPECT_EQ(run({"export", "csv"}).status, 2);
  EXPECT_EQ(run({"export", "csv", "faces", "--force"}).status, 2);
}

}  // namespace
}  // namespace facenet::test
