#include <filesystem>
#include <sstream>

#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

/// What scripts build on: lists and photos through pipes, records line by line.
class ScriptingTest : public ProgramTest {
 protected:
  static std::vector<json> lines_of(const std::string& text) {
    std::istringstream lines(text);
    std::vector<json> records;
    for (std::string line; std::getline(lines, line);) records.push_back(json::parse(line));
    return records;
  }
};

TEST_F(ScriptingTest, JsonIsOneDocumentAndJsonLinesAreRecords) {
  copy_photo(johns()[0], "photos/a.jpg");
  copy_photo("faces/dogs.jpg", "photos/dogs.jpg");
  write("photos/z.jpg", "words");
  const ProgramRun whole = facenet({"detect", "photos", "--json"});
  EXPECT_EQ(whole.status, 3);
  const json photos = whole.json()["photos"];
  ASSERT_EQ(photos.size(), 3u);
  EXPECT_EQ(photos[0]["photo"], path("photos/a.jpg"));
  EXPECT_THAT(photos[2]["error"].get<std::string>(), HasSubstr("not a photo"));
  const ProgramRun lines = facenet({"detect", "photos", "--jsonl"});
  EXPECT_EQ(lines.status, 3);
  EXPECT_EQ(json(lines_of(lines.out)), photos);

  EXPECT_EQ(facenet({"detect", "photos/z.jpg", "--json"}).json()["photos"].size(), 1u);
  fs::create_directories(path("empty"));
  EXPECT_EQ(facenet({"detect", "empty", "--json"}).json(), json({{"photos", json::array()}}));
  EXPECT_THAT(facenet({"detect", "photos", "--json", "--jsonl"}).err,
              HasSubstr("only one of --json, --jsonl"));
}

TEST_F(ScriptingTest, TakesPathsThatEndInNul) {
  copy_photo(johns()[0], "photos/a b.jpg");
  copy_photo(johns()[1], "photos/new\nline.jpg");
  copy_photo(johns()[2], "photos/c.jpg");
  const ProgramRun piped =
      bash("find photos -name '*[be].jpg' -print0 | \"$FACENET\" detect --from0 - --jsonl");
  EXPECT_EQ(piped.status, 0) << piped.err;
  const std::vector<json> records = lines_of(piped.out);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0]["photo"], path("photos/a b.jpg"));
  EXPECT_EQ(records[1]["photo"], path("photos/new\nline.jpg"));

  write("list", std::string("photos/c.jpg\0", 13));
  const ProgramRun both = facenet({"detect", "--from0", "list", "photos/a b.jpg", "--jsonl"});
  EXPECT_EQ(lines_of(both.out).size(), 2u);
  const ProgramRun library =
      facenet({"cluster", "--from0", "list", "--json", "--catalog", catalog()});
  EXPECT_EQ(library.status, 0) << library.err;
  EXPECT_EQ(library.json()["people"].size(), 1u);

  write("empty", "");
  const ProgramRun none = facenet({"cluster", "--from0", "empty", "--catalog", catalog()});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.errors(), ElementsAre(HasSubstr("empty: lists no paths")));
  write("lines", "photos/c.jpg\nphotos/a b.jpg\n");
  const ProgramRun lines = facenet({"detect", "--from0", "lines"});
  EXPECT_EQ(lines.status, 2);
  EXPECT_THAT(lines.errors(), ElementsAre(HasSubstr("find -print0")));
  EXPECT_EQ(facenet({"detect", "--from0", "nowhere"}).status, 2);
}

TEST_F(ScriptingTest, ReadsPhotosFromPipes) {
  copy_photo(johns()[0], "a.jpg");
  copy_photo(johns()[1], "b.jpg");
  const json expected = facenet({"detect", "a.jpg", "--json"}).json()["photos"][0];
  for (const std::string name : {"/dev/stdin", "-"}) {
    const ProgramRun run = bash("cat a.jpg | \"$FACENET\" detect --json " + name);
    EXPECT_EQ(run.status, 0) << run.err;
    const json photo = run.json()["photos"][0];
    EXPECT_EQ(photo["photo"], name);
    EXPECT_EQ(photo["faces"], expected["faces"]);
  }
  const ProgramRun two = bash("\"$FACENET\" verify <(cat a.jpg) <(cat b.jpg) --json");
  EXPECT_EQ(two.json()["distance"],
            facenet({"verify", "a.jpg", "b.jpg", "--json"}).json()["distance"]);
  const ProgramRun broken = bash("echo words | \"$FACENET\" detect -");
  EXPECT_EQ(broken.status, 3);
  EXPECT_THAT(broken.errors(), ElementsAre(HasSubstr("-: not a photo")));
}

TEST_F(ScriptingTest, EmbedWritesToStdout) {
  copy_photo(johns()[0], "a.jpg");
  const ProgramRun lines = facenet({"embed", "a.jpg", "--output", "-"});
  EXPECT_EQ(lines.status, 0) << lines.err;
  EXPECT_EQ(lines_of(lines.out)[0]["faces"][0]["embedding"].size(), 512u);
  ASSERT_EQ(facenet({"embed", "a.jpg", "--output", "a.npy"}).status, 0);
  EXPECT_EQ(facenet({"embed", "a.jpg", "--output", "-", "--format", "npy"}).out, read("a.npy"));
  ASSERT_EQ(facenet({"embed", "a.jpg", "--output", "a.csv"}).status, 0);
  EXPECT_EQ(facenet({"embed", "a.jpg", "--output", "-", "--format", "csv"}).out, read("a.csv"));
  EXPECT_EQ(facenet({"embed", "a.jpg", "--output", "-", "--json"}).status, 2);
  EXPECT_EQ(facenet({"embed", "a.jpg", "--output", "a.txt"}).status, 2);
}

TEST_F(ScriptingTest, VerifyComparesManyPairsInOneRun) {
  copy_photo(johns()[0], "photos/a.jpg");
  copy_photo(johns()[1], "photos/b.jpg");
  copy_photo("faces/dogs.jpg", "photos/dogs.jpg");
  write("photos/pairs.csv", "a,b\na.jpg,b.jpg\na.jpg,a.jpg\nb.jpg,none.jpg\ndogs.jpg,a.jpg\n");
  const ProgramRun run = facenet({"verify", "--pairs", "photos/pairs.csv", "--json"});
  EXPECT_EQ(run.status, 3);
  const json pairs = run.json()["pairs"];
  ASSERT_EQ(pairs.size(), 4u);
  const json single = facenet({"verify", "photos/a.jpg", "photos/b.jpg", "--json"}).json();
  EXPECT_EQ(pairs[0]["distance"], single["distance"]);
  EXPECT_EQ(pairs[0]["same"], single["same"]);
  EXPECT_EQ(pairs[0]["a"]["photo"], "photos/a.jpg");
  EXPECT_TRUE(pairs[1]["same"]);
  EXPECT_EQ(pairs[1]["distance"], 0);
  EXPECT_THAT(pairs[2]["error"].get<std::string>(), HasSubstr("none.jpg"));
  EXPECT_THAT(pairs[3]["error"].get<std::string>(), HasSubstr("no face found"));
  EXPECT_THAT(run.err, HasSubstr("2 of 4 pairs could not be compared"));

  const ProgramRun csv =
      bash("printf 'photos/a.jpg,photos/a.jpg\\n' | \"$FACENET\" verify --pairs - --csv");
  EXPECT_EQ(csv.status, 0) << csv.err;
  EXPECT_THAT(csv.out, HasSubstr("a,b,answer,distance,probability,error\n"
                                 "photos/a.jpg,photos/a.jpg,same,0.000000,"));
  EXPECT_EQ(facenet({"verify", "--pairs", "photos/pairs.csv", "photos/a.jpg"}).status, 2);
  write("three.csv", "a.jpg,b.jpg,c.jpg\n");
  EXPECT_THAT(facenet({"verify", "--pairs", "three.csv"}).errors(),
              ElementsAre(HasSubstr("line 1 should hold two photos")));
  write("none.csv", "a,b\n");
  EXPECT_EQ(facenet({"verify", "--pairs", "none.csv"}).status, 1);
}

}  // namespace
}  // namespace facenet::test
