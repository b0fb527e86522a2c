// Photos that several processes share, and catalogs that become one.
#include <filesystem>
#include <set>

#include <gmock/gmock.h>

#include "catalog/catalog.h"
#include "test/cli/program.h"

namespace facenet::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

/// A face by its file and where it is in it.
using Face = std::pair<std::string, float>;

class MergeCommandTest : public ProgramTest {
 protected:
  void embed(const std::string& shard, const std::string& catalog) const {
    const ProgramRun run =
        facenet({"embed", "photos", "--shard", shard, "--catalog", path(catalog)});
    ASSERT_EQ(run.status, 0) << run.err;
  }
  ProgramRun merge(std::vector<std::string> catalogs) const {
    catalogs.insert(catalogs.begin(), {"catalog", "merge"});
    return facenet(catalogs);
  }
  void cluster(const std::string& catalog) const {
    ASSERT_EQ(facenet({"cluster", "--catalog", path(catalog)}).status, 0);
  }

  /// Every face with its vector, by the name of its file.
  std::map<Face, std::vector<float>> vectors(const std::string& name) const {
    const Catalog catalog(path(name), Catalog::Mode::kRead);
    const ModelId model = catalog.models().front().id;
    std::map<Face, std::vector<float>> vectors;
    for (const FaceRecord& face : catalog.faces())
      vectors.emplace(key_of(catalog, face), catalog.embedding(face.id, model));
    return vectors;
  }
  std::set<std::set<Face>> people(const std::string& name) const {
    const Catalog catalog(path(name), Catalog::Mode::kRead);
    std::map<PersonId, std::set<Face>> groups;
    for (const auto& [face, person] : catalog.memberships())
      groups[person].insert(key_of(catalog, catalog.face(face)));
    std::set<std::set<Face>> people;
    for (const auto& [person, faces] : groups) people.insert(faces);
    return people;
  }

 private:
  static Face key_of(const Catalog& catalog, const FaceRecord& face) {
    return {std::filesystem::path(catalog.paths_of(face.photo).front().path).filename().string(),
            face.x};
  }
};

TEST_F(MergeCommandTest, ShardsMergedAreTheCatalogOfOneRun) {
  copy_photos("johns", "photos");
  ASSERT_EQ(facenet({"embed", "photos", "--catalog", path("whole.db")}).status, 0);
  cluster("whole.db");
  for (const char* number : {"1", "2", "3"})
    embed(std::string(number) + "/3", std::string("part-") + number + ".db");
  // A worker that is started again has nothing to do, and says whose the other files are.
  const ProgramRun again =
      facenet({"embed", "photos", "--shard", "1/3", "--catalog", path("part-1.db"), "--json"});
  EXPECT_EQ(again.json()["photo_counts"]["new"], 0);
  EXPECT_EQ(again.json()["photo_counts"]["missing"], 0);
  EXPECT_GT(again.json()["photo_counts"]["files_of_other_shards"], 0);

  const ProgramRun merged = merge({"all.db", "part-1.db", "part-2.db", "part-3.db"});
  EXPECT_EQ(merged.status, 0) << merged.err;
  EXPECT_THAT(merged.err,
              AllOf(HasSubstr("part-1.db: copied to all.db"), HasSubstr("all.db: holds 54 faces")));
  EXPECT_EQ(vectors("all.db"), vectors("whole.db")) << "bit for bit";
  cluster("all.db");
  EXPECT_EQ(people("all.db"), people("whole.db"));
  const ProgramRun twice = merge({"all.db", "part-1.db", "part-2.db", "part-3.db"});
  EXPECT_THAT(twice.err, AllOf(HasSubstr("part-2.db: holds nothing new"),
                               HasSubstr("part-3.db: holds nothing new")));
  EXPECT_EQ(facenet({"catalog", "check", "--catalog", path("all.db")}).status, 0);
}

TEST_F(MergeCommandTest, AShardIsThatOfTheProcess) {
  copy_photo(johns()[0], "photos/a.jpg");
  copy_photo(johns()[0], "photos/copy of a.jpg");
  std::int64_t read = 0;
  for (const char* rank : {"0", "1"}) {
    const ProgramRun run =
        facenet({"embed", "photos", "--json", "--catalog", path(std::string(rank) + ".db")},
                {{"RANK", rank}, {"WORLD_SIZE", "2"}});
    EXPECT_EQ(run.status, 0) << "a part without files is no mistake: " << run.err;
    EXPECT_THAT(run.err, HasSubstr("of 2 of the files, as RANK and WORLD_SIZE are set"));
    const auto scanned = run.json()["photo_counts"]["scanned"].get<std::int64_t>();
    EXPECT_TRUE(scanned == 0 || scanned == 2) << "copies go together";
    read += scanned;
  }
  EXPECT_EQ(read, 2);
  for (const char* shard : {"0/2", "3/2", "1", "1/0", "a/b", "1/2/3"}) {
    const ProgramRun run = facenet({"embed", "photos", "--shard", shard, "--catalog", catalog()});
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.errors(), ElementsAre(HasSubstr("it must be I/N")));
  }
  EXPECT_THAT(
      facenet({"embed", "photos", "--catalog", catalog()}, {{"RANK", "2"}, {"WORLD_SIZE", "2"}})
          .err,
      HasSubstr("RANK=2 and WORLD_SIZE=2"));
}

TEST_F(MergeCommandTest, NamesOfTwoCatalogsComeTogether) {
  for (const char* place : {"laptop", "server"}) {
    copy_photo(johns()[0], std::string(place) + "/a.jpg");
    copy_photo(johns()[1], std::string(place) + "/b.jpg");
    const std::string file = std::string(place) + ".db";
    ASSERT_EQ(facenet({"cluster", place, "--catalog", path(file)}).status, 0);
  }
  ASSERT_EQ(facenet({"people", "name", "1", "Ann", "--catalog", path("server.db")}).status, 0);
  const ProgramRun merged = merge({"laptop.db", "server.db", "--json"});
  EXPECT_EQ(merged.status, 0) << merged.err;
  EXPECT_EQ(merged.json()["merged"][0]["new_fact_count"], 1);
  EXPECT_EQ(merged.json()["merged"][0]["known_photo_count"], 2);
  EXPECT_EQ(merged.json()["fact_count"], 1);
  EXPECT_THAT(facenet({"people", "--catalog", path("laptop.db")}).out, HasSubstr("Ann"));
}

TEST_F(MergeCommandTest, RefusesWhatIsNoCatalog) {
  copy_photo(johns()[0], "photos/a.jpg");
  ASSERT_EQ(facenet({"cluster", "photos", "--catalog", path("a.db")}).status, 0);
  const std::string before = read("a.db");
  for (const auto& [other, message] :
       std::map<std::string, std::string>{{"nowhere.db", "no such catalog"},
                                          {"a.db", "is named twice"},
                                          {"photos/a.jpg", "no facenet catalog"}}) {
    const ProgramRun run = merge({"a.db", other});
    EXPECT_EQ(run.status, 2) << other;
    EXPECT_THAT(run.errors(), SizeIs(1)) << run.err;
    EXPECT_THAT(run.err, HasSubstr(message));
  }
  EXPECT_EQ(merge({"new.db", "photos/a.jpg"}).status, 2);
  EXPECT_FALSE(std::filesystem::exists(path("new.db")));
}

}  // namespace
}  // namespace facenet::test
