// A folder is renamed, and every command finds its photos under the new name.
#include <filesystem>
#include <set>

#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class MovedFolderTest : public ProgramTest {
 protected:
  ProgramRun with_catalog(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--catalog", catalog()});
    return facenet(arguments);
  }
};

TEST_F(MovedFolderTest, EveryCommandKnowsTheNewName) {
  copy_photos("johns/John_Simm", "old");
  // At a low threshold the one person is in pieces, so that there is something to review.
  const json before = with_catalog({"cluster", "old", "--threshold", "0.2", "--json"}).json();
  const auto photos = before["photo_counts"]["new"].get<int>();
  fs::rename(path("old"), path("new"));
  const ProgramRun cluster = with_catalog({"cluster", "new", "--threshold", "0.2", "--json"});
  ASSERT_EQ(cluster.status, 0) << cluster.err;
  EXPECT_EQ(cluster.json()["photo_counts"]["moved"], photos);
  EXPECT_EQ(cluster.json()["photo_counts"]["new"], 0);
  EXPECT_EQ(cluster.json()["people"].size(), before["people"].size());
  EXPECT_THAT(cluster.err, HasSubstr(" moved; 0 faces embedded"));

  const ProgramRun review =
      with_catalog({"people", "review", "--json", "--chips", "chips", "--limit", "2"});
  ASSERT_EQ(review.status, 0) << review.err;
  EXPECT_THAT(review.err, Not(HasSubstr(path("old"))));
  ASSERT_FALSE(review.json()["pairs"].empty());
  EXPECT_TRUE(fs::exists(
      path("chips/" + review.json()["pairs"][0]["pair"].get<std::string>() + "-a1.png")));

  const std::string photo = fs::directory_iterator(path("new"))->path();
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"people", "--json"},
                                             {"people", "-0"},
                                             {"people", "--csv"},
                                             {"people", "review", "--json"},
                                             {"find", photo, "--json"},
                                             {"find", photo, "-0"},
                                             {"cluster", "-0", "--threshold", "0.2"}}) {
    const ProgramRun run = with_catalog(command);
    EXPECT_EQ(run.status, 0) << command[0] << ": " << run.err;
    EXPECT_THAT(run.out, AllOf(HasSubstr(path("new/")), Not(HasSubstr(path("old/")))))
        << command[0];
  }

  const ProgramRun old = with_catalog({"cluster", "old"});
  EXPECT_EQ(old.status, 2);
  EXPECT_THAT(old.errors(), ElementsAre(AllOf(HasSubstr(path("old") + ": is not there any more"),
                                              HasSubstr("are in " + path("new") + " now"))));
}

TEST_F(MovedFolderTest, ADeadPathOfAnEarlierCatalogIsLeftAtTheNextScan) {
  copy_photo(johns()[0], "album/a.jpg");
  ASSERT_EQ(with_catalog({"cluster", "album"}).status, 0);
  copy_photo(johns()[0], "new/a.jpg");
  ASSERT_EQ(with_catalog({"cluster", "new"}).status, 0);
  fs::remove_all(path("album"));
  EXPECT_THAT(with_catalog({"people", "-0"}).out, HasSubstr(path("album/")));
  const ProgramRun run = with_catalog({"cluster", "new", "--json"});
  EXPECT_EQ(run.json()["photo_counts"]["unchanged"], 1);
  EXPECT_EQ(with_catalog({"people", "-0"}).out, path("new/a.jpg") + std::string(1, '\0'));
}

}  // namespace
}  // namespace facenet::test
