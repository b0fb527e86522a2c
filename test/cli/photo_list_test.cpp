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

/// A library with a photo of each kind: with and without faces, unreadable, skipped, gone.
class PhotoListTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    copy_photo(johns()[0], "photos/a.jpg");
    copy_photo(johns()[1], "photos/b.jpg");
    copy_photo("faces/bald_guys.jpg", "photos/many.jpg");
    copy_photo("faces/dogs.jpg", "photos/dogs.jpg");
    write("photos/broken.jpg", "words");
    write("photos/layers.psd", "8BPS");
    copy_photo(johns().back(), "photos/gone.jpg");
    first_ = cluster();
    fs::remove(path("photos/gone.jpg"));
  }
  ProgramRun cluster() const {
    return facenet({"cluster", "photos", "--json", "--catalog", catalog()});
  }
  ProgramRun photos(std::vector<std::string> options) const {
    options.insert(options.begin(), {"photos", "--catalog", catalog()});
    return facenet(options);
  }
  std::string lines(const std::vector<std::string>& names) const {
    std::string text;
    for (const std::string& name : names) text += path("photos/" + name) + "\n";
    return text;
  }

  ProgramRun first_;
};

TEST_F(PhotoListTest, ClusterCountsPhotosWithoutFaces) {
  EXPECT_EQ(first_.json()["photo_counts"]["without_faces"], 1);
  EXPECT_THAT(first_.errors(),
              Contains(HasSubstr("6 photos: 5 new, 1 unreadable; 1 without faces; ")));
  EXPECT_EQ(cluster().json()["photo_counts"]["without_faces"], 1) << "also when they are not new";
}

TEST_F(PhotoListTest, EachKindIsListed) {
  EXPECT_EQ(photos({"--without-faces"}).out, lines({"dogs.jpg"}));
  const ProgramRun unreadable = photos({"--unreadable"});
  EXPECT_EQ(unreadable.status, 0) << unreadable.err;
  EXPECT_EQ(unreadable.out,
            path("photos/broken.jpg") + ": not a photo (its first bytes are those of text)\n");
  EXPECT_EQ(photos({"--skipped"}).out, path("photos/layers.psd") + ": photoshop\n");
  EXPECT_EQ(photos({"--missing"}).out, lines({"gone.jpg"})) << "before any run has noticed";
  cluster();
  EXPECT_EQ(photos({"--missing"}).out, lines({"gone.jpg"}));
  const ProgramRun all = photos({});
  EXPECT_EQ(all.out, lines({"a.jpg", "b.jpg", "dogs.jpg", "many.jpg"}));
  EXPECT_THAT(all.errors(),
              ElementsAre("facenet: 1 more is not there now: `facenet photos --missing`"));
}

TEST_F(PhotoListTest, PhotosOfPeople) {
  const json people = facenet({"people", "--json", "--catalog", catalog()}).json()["people"];
  const json& john = people[0];
  ASSERT_EQ(john["faces"].size(), 2U);
  ASSERT_EQ(facenet({"people", "name", "1", "Smith, John", "--catalog", catalog()}).status, 0);
  const ProgramRun run = photos({"--of", "1", "--json"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.json()["photo_count"], 2);
  const json photo = run.json()["photos"][0];
  EXPECT_EQ(photo["photo"], path("photos/a.jpg"));
  EXPECT_EQ(photo["face_count"], 1);
  EXPECT_EQ(photo["faces"][0]["person"], 1);
  EXPECT_EQ(photo["faces"][0]["name"], "Smith, John");
  EXPECT_EQ(photo["faces"][0]["face"], 1);
  EXPECT_EQ(photos({"--of", "Smith, John"}).out, lines({"a.jpg", "b.jpg"}));
  EXPECT_EQ(photos({"--of", "1", "-0"}).out,
            path("photos/a.jpg") + '\0' + path("photos/b.jpg") + '\0');

  // Of several people: where all of them are.
  const json faces = photos({"--json"}).json()["photos"][3]["faces"];
  ASSERT_GT(faces.size(), 1U);
  const auto person = [&](std::size_t face) {
    return std::to_string(faces[face]["person"].get<int>());
  };
  EXPECT_EQ(photos({"--of", person(0) + "," + person(1)}).out, lines({"many.jpg"}));
  const ProgramRun none = photos({"--of", "1," + person(1)});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.out, IsEmpty());
  EXPECT_THAT(none.errors(), ElementsAre(HasSubstr("no photo shows them")));
}

TEST_F(PhotoListTest, CsvHasARowAPhoto) {
  EXPECT_EQ(photos({"--without-faces", "--csv"}).out,
            "photo,face_count,error,skipped\n" + path("photos/dogs.jpg") + ",0,,\n");
  EXPECT_THAT(photos({"--unreadable", "--csv"}).out, HasSubstr("broken.jpg,0,not a photo"));
}

TEST_F(PhotoListTest, NothingFoundIsStatusOne) {
  fs::remove(path("photos/broken.jpg"));
  const ProgramRun none = photos({"--unreadable", "--json"});
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.json()["photos"], json::array());
  EXPECT_THAT(none.errors(), ElementsAre(HasSubstr("there are no unreadable photos")));
  EXPECT_EQ(photos({"--unreadable", "--missing"}).status, 2);
  EXPECT_EQ(photos({"--of", "Nobody"}).status, 2);
}

TEST_F(PhotoListTest, OfSeveralPathsOneThatExistsIsUsed) {
  copy_photo(johns()[0], "photos/copy.jpg");
  cluster();
  fs::remove(path("photos/a.jpg"));
  EXPECT_EQ(photos({"--of", "1"}).out, lines({"b.jpg", "copy.jpg"}));
}

}  // namespace
}  // namespace facenet::test
