#include <filesystem>

#include <gmock/gmock.h>

#include "base/format.h"
#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::StartsWith;

/// Photos of several faces: `who`, and what `verify` and `find` say of the faces that they leave
/// out.
class WhoTest : public ProgramTest {
 protected:
  ProgramRun who(const std::string& photo, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"who", photo, "--catalog", catalog()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return facenet(arguments);
  }
  void cluster() const {
    const ProgramRun run = facenet({"cluster", "photos", "-q", "--catalog", catalog()});
    ASSERT_EQ(run.status, 0) << run.err;
  }
};

TEST_F(WhoTest, SaysWhatTheCatalogHoldsOfItsPhotos) {
  copy_photo(johns()[0], "photos/a.jpg");
  copy_photo(johns()[1], "photos/b.jpg");
  copy_photo("faces/bald_guys.jpg", "photos/many.jpg");
  cluster();
  ASSERT_EQ(facenet({"people", "name", "1", "Ann", "--catalog", catalog()}).status, 0);
  const ProgramRun run = who("photos/a.jpg");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, MatchesRegex("[0-9]+x[0-9]+[+-][0-9]+[+-][0-9]+ person 1 Ann: distance "
                                    "0\\.[0-9]+, probability [01]\\.[0-9]+\n"));
  const json answer = who("photos/many.jpg", {"--json"}).json();
  EXPECT_EQ(answer["in_catalog"], true);
  ASSERT_GT(answer["faces"].size(), 2U);
  EXPECT_EQ(answer["face_count"], answer["faces"].size());
  EXPECT_GT(answer["faces"][0]["face"], 0);
  EXPECT_GT(answer["faces"][0]["person"], 1);
  EXPECT_TRUE(answer["faces"][0]["distance"].is_null()) << "its person is on no other photo";
  EXPECT_GE(answer["faces"][0]["box"][2], answer["faces"].back()["box"][2]);

  // A statement counts, whatever the vectors say.
  ASSERT_EQ(facenet({"people", "reject", "1", "--catalog", catalog()}).status, 0);
  EXPECT_NE(who("photos/a.jpg", {"--json"}).json()["faces"][0]["person"], 1);
}

TEST_F(WhoTest, ComparesOtherPhotosWithThePeople) {
  copy_photo(johns()[0], "photos/a.jpg");
  copy_photo(johns()[1], "photos/b.jpg");
  copy_photo(johns()[2], "new.jpg");
  copy_photo("faces/bald_guys.jpg", "strangers.jpg");
  copy_photo("faces/dogs.jpg", "dogs.jpg");
  write("text.jpg", "words");
  cluster();
  const ProgramRun run = who("new.jpg", {"--json"});
  EXPECT_EQ(run.status, 0) << run.err;
  const json face = run.json()["faces"][0];
  EXPECT_EQ(run.json()["in_catalog"], false);
  EXPECT_TRUE(face["face"].is_null());
  EXPECT_EQ(face["person"], 1);
  EXPECT_LE(face["distance"], face["threshold"]);
  EXPECT_THAT(
      who("new.jpg", {"--csv"}).out,
      StartsWith(
          "face,person,name,distance,probability,x,y,width,height,score,time,by_hand\n,1,,0."));

  const ProgramRun strangers = who("strangers.jpg");
  EXPECT_EQ(strangers.status, 1);
  EXPECT_THAT(strangers.out, MatchesRegex("([0-9x+-]+ nobody\n)+"));
  const ProgramRun dogs = who("dogs.jpg");
  EXPECT_EQ(dogs.status, 1);
  EXPECT_THAT(dogs.errors(), ElementsAre(StartsWith("facenet: dogs.jpg: no face found")));
  EXPECT_EQ(who("text.jpg").status, 3);
  EXPECT_EQ(who("none.jpg").status, 3);
  for (const char* photo : {"text.jpg", "none.jpg"}) {
    const ProgramRun find = facenet({"find", photo, "--catalog", catalog()});
    EXPECT_EQ(find.status, 3) << "not wrong usage, nor nobody";
    EXPECT_EQ(find.errors().size(), 1U) << find.err;
  }
  EXPECT_EQ(facenet({"find", "dogs.jpg", "--catalog", catalog()}).status, 1);
}

TEST_F(WhoTest, NobodyIsInAPhotoTwice) {
  copy_photo("faces/bald_guys.jpg", "photos/many.jpg");
  cluster();
  // The same picture in other bytes: each face is the one that it was.
  std::string bytes = read("photos/many.jpg");
  write("same.jpg", bytes + "trailing bytes");
  const json known = who("photos/many.jpg", {"--json"}).json();
  const json fresh = who("same.jpg", {"--json"}).json();
  EXPECT_EQ(fresh["in_catalog"], false);
  ASSERT_EQ(fresh["faces"].size(), known["faces"].size());
  for (std::size_t i = 0; i < known["faces"].size(); ++i)
    EXPECT_EQ(fresh["faces"][i]["person"], known["faces"][i]["person"]);
}

TEST_F(WhoTest, VerifySaysWhichFaceItTook) {
  copy_photo("faces/bald_guys.jpg", "many.jpg");
  copy_photo(johns()[0], "one.jpg");
  const ProgramRun run = facenet({"verify", "many.jpg", "one.jpg", "--json"});
  EXPECT_EQ(run.status, 1);
  const auto count = run.json()["a"]["face_count"].get<int>();
  EXPECT_GT(count, 1);
  EXPECT_EQ(run.json()["b"]["face_count"], 1);
  EXPECT_THAT(run.errors(), ElementsAre(AllOf(StartsWith("facenet: many.jpg: took the largest of " +
                                                         std::to_string(count) + " faces, "),
                                              HasSubstr("; --all compares every face"))));
  EXPECT_THAT(facenet({"verify", "many.jpg", "one.jpg", "--all"}).err, IsEmpty());
}

TEST_F(WhoTest, FindSaysWhichFaceItTookAndWhereEachIs) {
  copy_photo("faces/bald_guys.jpg", "photos/many.jpg");
  cluster();
  const std::vector<std::string> find = {"find", "photos/many.jpg", "--catalog", catalog()};
  const auto with = [&](const std::string& option) {
    auto arguments = find;
    arguments.push_back(option);
    return facenet(arguments);
  };
  const ProgramRun run = facenet(find);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.errors(), ElementsAre(HasSubstr("took the largest of")));
  EXPECT_THAT(run.out, HasSubstr("many.jpg"));
  const json found = with("--json").json();
  EXPECT_GT(found["face_count"], 1);
  const json box = found["faces"][0]["photos"][0]["box"];
  EXPECT_EQ(box, found["faces"][0]["box"]);
  const auto whole = [&](std::size_t at) {
    return std::to_string(std::lround(box[at].get<double>()));
  };
  EXPECT_THAT(run.out, HasSubstr(fmt::format(" {}x{}+{}+{} {}", whole(2), whole(3), whole(0),
                                             whole(1), path("photos/many.jpg"))));
  EXPECT_THAT(
      with("--csv").out,
      StartsWith("asked,person,name,face,photo,distance,probability,x,y,width,height,time\n"));
  EXPECT_THAT(with("--all").err, IsEmpty());
}

}  // namespace
}  // namespace facenet::test
