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
using testing::IsEmpty;

/// A catalog of the five Johns and a photo of many people.
class ExportFoldersTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    copy_photos("johns", "photos");
    copy_photo("faces/bald_guys.jpg", "photos/many.jpg");
    ASSERT_EQ(run({"cluster", "photos"}).status, 0);
    ASSERT_EQ(run({"people", "name", "1", "Anna/../../x"}).status, 0);
    ASSERT_EQ(run({"people", "name", "2", "Ben"}).status, 0);
  }
  ProgramRun run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--catalog", catalog()});
    return facenet(arguments);
  }
  ProgramRun links(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"export", "links"});
    return run(arguments);
  }
  std::set<std::string> names_in(const std::string& folder) const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(path(folder)))
      if (const std::string name = entry.path().filename(); name != ".facenet-export")
        names.insert(name);
    return names;
  }
  std::set<std::string> photos_of(const std::string& person) const {
    std::set<std::string> names;
    const json people = run({"people", "show", person, "--json"}).json()["people"];
    for (const json& face : people[0]["faces"])
      names.insert(fs::path(face["photo"].get<std::string>()).filename());
    return names;
  }
};

TEST_F(ExportFoldersTest, AFolderAPersonWithLinksToThePhotos) {
  const ProgramRun first = links({"out", "--named"});
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.out, IsEmpty());
  EXPECT_THAT(first.errors(),
              ElementsAre("facenet: out: links of 22 photos: 22 added, 0 removed, 0 left; folders: "
                          "2 added, 0 removed"));
  EXPECT_EQ(names_in("out"), (std::set<std::string>{"Anna_.._.._x", "Ben"}));
  EXPECT_EQ(names_in("out/Ben"), photos_of("Ben"));
  for (const auto& link : fs::directory_iterator(path("out/Ben"))) {
    EXPECT_TRUE(fs::read_symlink(link).is_absolute());
    EXPECT_TRUE(fs::exists(link)) << link;
  }
  const ProgramRun again = links({"out", "--named"});
  EXPECT_THAT(again.errors(),
              ElementsAre("facenet: out: links of 22 photos: 0 added, 0 removed, 22 left"));
}

TEST_F(ExportFoldersTest, FollowsWhatIsSaidOfPeople) {
  links({"out", "--named", "--relative"});
  EXPECT_TRUE(fs::read_symlink(fs::directory_iterator(path("out/Ben"))->path()).is_relative());
  ASSERT_EQ(run({"people", "name", "2", "Benjamin"}).status, 0);
  const std::string face = std::to_string(
      run({"people", "show", "1", "--json"}).json()["people"][0]["faces"][0]["face"].get<int>());
  ASSERT_EQ(run({"people", "move", face, "--to", "2"}).status, 0);
  const ProgramRun moved = links({"out", "--named", "--relative"});
  EXPECT_EQ(moved.status, 0) << moved.err;
  EXPECT_EQ(names_in("out"), (std::set<std::string>{"Anna_.._.._x", "Benjamin"}));
  EXPECT_EQ(names_in("out/Benjamin"), photos_of("2"));
  EXPECT_EQ(names_in("out/Anna_.._.._x"), photos_of("1"));
}

TEST_F(ExportFoldersTest, SaysAsJsonWhatWasDone) {
  const json dry = links({"out", "--people", "Ben", "--dry-run", "--json"}).json();
  EXPECT_EQ(dry["dry_run"], true);
  EXPECT_EQ(dry["added_count"], 11);
  EXPECT_FALSE(fs::exists(path("out")));
  const json done = links({"out", "--people", "Ben", "--hard", "--json"}).json();
  EXPECT_EQ(done["folder"], path("out"));
  EXPECT_EQ(done["kind"], "hard links");
  EXPECT_EQ(done["folder_count"], 1);
  EXPECT_EQ(done["photo_count"], 11);
  EXPECT_EQ(done["added_count"], 11);
  EXPECT_EQ(done["taken"], json::array());
  EXPECT_EQ(fs::hard_link_count(fs::directory_iterator(path("out/Ben"))->path()), 2U);
}

TEST_F(ExportFoldersTest, CopiesAreThePhotos) {
  const ProgramRun copies = run({"export", "copies", "out", "--people", "2"});
  EXPECT_EQ(copies.status, 0) << copies.err;
  EXPECT_THAT(copies.err, HasSubstr("out: copies of 11 photos: 11 added"));
  const json people = run({"people", "show", "2", "--json"}).json()["people"];
  for (const json& face : people[0]["faces"]) {
    const fs::path photo = face["photo"].get<std::string>();
    const std::string copy = "out/Ben/" + photo.filename().string();
    EXPECT_EQ(read(copy), read(photo.string().substr(path("").size())));
    EXPECT_EQ(fs::last_write_time(path(copy)), fs::last_write_time(photo));
  }
}

TEST_F(ExportFoldersTest, PhotosThatShowAll) {
  const json faces = run({"who", "photos/many.jpg", "--json"}).json()["faces"];
  ASSERT_GT(faces.size(), 1U);
  const auto person = [&](std::size_t i) { return std::to_string(faces[i]["person"].get<int>()); };
  const ProgramRun together = links({"out", "--people", person(0) + "," + person(1), "--together"});
  EXPECT_EQ(together.status, 0) << together.err;
  const std::string folder = "person " + person(0) + " + person " + person(1);
  EXPECT_EQ(names_in("out"), std::set<std::string>{folder});
  EXPECT_EQ(names_in("out/" + folder), std::set<std::string>{"many.jpg"});
  const ProgramRun none = links({"other", "--people", "1,2", "--together"});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.errors(), ElementsAre(HasSubstr("no photo shows them all")));
  EXPECT_FALSE(fs::exists(path("other")));
}

TEST_F(ExportFoldersTest, AFolderOfTheUsersIsLeftAlone) {
  write("mine/letter.txt", "dear");
  const ProgramRun run = links({"mine"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors(), ElementsAre(AllOf(HasSubstr("holds files that no export put there"),
                                              HasSubstr("give a new or an empty folder"))));
  EXPECT_EQ(names_in("mine"), std::set<std::string>{"letter.txt"});
}

TEST_F(ExportFoldersTest, WhatIsInTheWayIsSaid) {
  links({"out", "--named"});
  fs::rename(path("out/Ben"), path("Ben"));
  fs::create_directory_symlink(path("Ben"), path("out/Ben"));
  const ProgramRun run = links({"out", "--named"});
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.err, HasSubstr("left alone, as facenet did not put them there, or as they were "
                                 "changed: Ben"));
}

TEST_F(ExportFoldersTest, PhotosThatAreAwayKeepTheirLinks) {
  links({"out", "--people", "Ben"});
  fs::rename(path("photos"), path("elsewhere"));
  const ProgramRun away = links({"out", "--people", "Ben,1"});
  EXPECT_EQ(away.status, 0) << away.err;
  EXPECT_THAT(away.errors(), ElementsAre(HasSubstr("11 photos are not there now, and left out"),
                                         HasSubstr("0 added, 0 removed, 11 left")));
  EXPECT_EQ(names_in("out/Ben").size(), 11U);
}

TEST_F(ExportFoldersTest, OptionsThatMakeNoSenseAreRefused) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"a", "b"},
                                             {"a", "--together"},
                                             {"a", "--people", "Ben", "--together"},
                                             {"a", "--people", ""},
                                             {"a", "--people", "Nobody"},
                                             {"a", "--min-faces", "0"},
                                             {"a", "--people", "Ben", "--named"},
                                             {"a", "--hard", "--relative"},
                                             {""}}) {
    const ProgramRun run = links(words);
    EXPECT_EQ(run.status, 2) << testing::PrintToString(words);
    EXPECT_EQ(run.errors().size(), 1U) << run.err;
  }
  EXPECT_FALSE(fs::exists(path("a")));
  EXPECT_EQ(run({"export"}).status, 2);
}

}  // namespace
}  // namespace facenet::test
