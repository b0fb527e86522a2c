// One catalog that becomes several.
#include <filesystem>
#include <set>

#include <gmock/gmock.h>

#include "catalog/catalog.h"
#include "test/cli/program.h"
#include "test/library/splitting/content.h"

namespace facenet::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SplitCommandTest : public ProgramTest {
 protected:
  /// Photos of two people in two folders, of whom one has a name.
  void make_catalog() const {
    copy_photo(johns().front(), "photos/one/a.jpg");
    copy_photo(johns().back(), "photos/two/b.jpg");
    ASSERT_EQ(facenet({"cluster", "photos", "--catalog", catalog()}).status, 0);
    ASSERT_EQ(facenet({"people", "name", "1", "Ann", "--catalog", catalog()}).status, 0);
  }
  ProgramRun split(std::vector<std::string> words) const {
    words.insert(words.begin(), {"catalog", "split"});
    words.insert(words.end(), {"--catalog", catalog()});
    return facenet(words);
  }
  std::set<std::string> files(const std::string& folder) const {
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(path(folder)))
      files.insert(entry.path().filename().string());
    return files;
  }
};

TEST_F(SplitCommandTest, ByFolderAndBackAgain) {
  make_catalog();
  const ProgramRun run = split({"parts", "--by", "path"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err, "facenet: " + path("parts/one.db") +
                         ": holds 1 face of 1 person in 1 photo and 1 fact\n"
                         "facenet: " +
                         path("parts/two.db") +
                         ": holds 1 face of 1 person in 1 photo and 0 facts\n"
                         "facenet: parts: 2 catalogs made\n");
  EXPECT_THAT(files("parts"), ElementsAre("one.db", "two.db"));
  for (const char* part : {"parts/one.db", "parts/two.db"})
    EXPECT_EQ(facenet({"catalog", "check", "--catalog", path(part)}).status, 0);
  ASSERT_EQ(facenet({"catalog", "merge", "all.db", "parts/two.db", "parts/one.db"}).status, 0);
  EXPECT_EQ(content_of(Catalog(path("all.db"), Catalog::Mode::kRead)),
            content_of(Catalog(catalog(), Catalog::Mode::kRead)));
  EXPECT_EQ(facenet({"cluster", "--catalog", path("parts/one.db")}).status, 0)
      << "goes on by itself";
}

TEST_F(SplitCommandTest, ByPersonAsJson) {
  make_catalog();
  const ProgramRun run = split({"parts", "--by", "person", "--json"});
  EXPECT_EQ(run.status, 0) << run.err;
  const auto json = run.json();
  EXPECT_EQ(json["catalog"], catalog());
  EXPECT_EQ(json["by"], "person");
  EXPECT_EQ(json["shared_photo_count"], 0);
  ASSERT_EQ(json["catalogs"].size(), 2U);
  EXPECT_EQ(json["catalogs"][0]["catalog"], path("parts/Ann.db"));
  EXPECT_EQ(json["catalogs"][0]["person"], 1);
  EXPECT_EQ(json["catalogs"][0]["name"], "Ann");
  EXPECT_TRUE(json["catalogs"][0]["folder"].is_null());
  EXPECT_EQ(json["catalogs"][0]["fact_count"], 1);
  EXPECT_EQ(json["catalogs"][1]["catalog"], path("parts/rest.db"));
  EXPECT_TRUE(json["catalogs"][1]["name"].is_null());
  EXPECT_EQ(json["catalogs"][1]["photo_count"], 1);
}

TEST_F(SplitCommandTest, ReplacesNothingUnasked) {
  make_catalog();
  write("parts/two.db", "mine");
  const ProgramRun run = split({"parts", "--by", "path"});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err,
            "facenet: " + path("parts/two.db") + ": already exists; give --force to replace it\n");
  EXPECT_THAT(files("parts"), ElementsAre("two.db"));
  EXPECT_EQ(read("parts/two.db"), "mine");
  EXPECT_EQ(split({"parts", "--by", "path", "--force"}).status, 0);
  EXPECT_THAT(files("parts"), ElementsAre("one.db", "two.db"));
}

TEST_F(SplitCommandTest, SaysWhatCannotBeSplit) {
  const ProgramRun missing = split({"parts", "--by", "path"});
  EXPECT_EQ(missing.status, 2);
  EXPECT_EQ(missing.err, "facenet: " + catalog() +
                             ": does not exist: make a catalog with `facenet cluster PHOTOS`\n");

  { const Catalog empty(catalog(), Catalog::Mode::kCreate); }
  const ProgramRun empty = split({"parts", "--by", "path"});
  EXPECT_EQ(empty.status, 1);
  EXPECT_EQ(empty.out, "");
  EXPECT_EQ(empty.err, "facenet: " + catalog() + ": there are no photos to split\n");
  std::filesystem::remove(catalog());

  copy_photo(johns()[0], "photos/a.jpg");
  ASSERT_EQ(facenet({"cluster", "photos", "--catalog", catalog()}).status, 0);
  const ProgramRun nobody = split({"parts", "--by", "person"});
  EXPECT_EQ(nobody.status, 1);
  EXPECT_EQ(nobody.err,
            "facenet: " + catalog() + ": nobody has a name: `facenet people name` gives one\n");
  EXPECT_FALSE(std::filesystem::exists(path("parts"))) << "nothing was made";

  const ProgramRun unsaid = split({"parts"});
  EXPECT_EQ(unsaid.status, 2);
  EXPECT_THAT(unsaid.err, HasSubstr("give --by path or --by person"));
  EXPECT_EQ(split({"parts", "--by", "year"}).status, 2);
  EXPECT_EQ(split({"--by", "path"}).status, 2);
  const ProgramRun in_the_way = split({"photos/a.jpg", "--by", "path"});
  EXPECT_EQ(in_the_way.status, 2);
  EXPECT_THAT(in_the_way.err, HasSubstr("photos/a.jpg"));
}

}  // namespace
}  // namespace facenet::test
