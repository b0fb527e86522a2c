#include <filesystem>

#include <gmock/gmock.h>

#include "image/decode.h"
#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A catalog of the five Johns.
class SheetTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    start_image_library();
    copy_photos("johns", "photos");
    ASSERT_EQ(run({"cluster", "photos"}).status, 0);
  }
  ProgramRun run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--catalog", catalog()});
    return facenet(arguments);
  }
  ProgramRun sheet(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"people", "sheet"});
    return run(arguments);
  }
};

TEST_F(SheetTest, DrawsARowForEachOfThePeopleOfTheList) {
  const ProgramRun drawn = sheet({"-o", "people.jpg", "--faces", "5"});
  EXPECT_EQ(drawn.status, 0) << drawn.err;
  EXPECT_EQ(drawn.out, "people.jpg\n");
  EXPECT_THAT(drawn.err, IsEmpty());
  const PhotoFile file(path("people.jpg"));
  EXPECT_EQ(file.format(), ImageFormat::kJpeg);
  EXPECT_GT(file.height(), 5 * 128);
  EXPECT_LT(file.height(), 6 * 128);
}

TEST_F(SheetTest, SaysAsJsonWhatWasDrawn) {
  ASSERT_EQ(run({"people", "name", "2", "Anna"}).status, 0);
  const ProgramRun drawn = sheet({"2", "1", "-o", "two.png", "--faces", "4", "--json"});
  EXPECT_EQ(drawn.status, 0) << drawn.err;
  const json document = drawn.json();
  const PhotoFile file(path("two.png"));
  EXPECT_EQ(document["pages"], json::array({{{"file", "two.png"},
                                             {"width", file.width()},
                                             {"height", file.height()},
                                             {"people_count", 2}}}));
  EXPECT_EQ(document["people_count"], 2);
  EXPECT_EQ(document["left_out_people_count"], 0);
  const json& anna = document["people"][0];
  EXPECT_EQ(anna["person"], 2);
  EXPECT_EQ(anna["name"], "Anna");
  EXPECT_EQ(anna["face_count"], 11);
  EXPECT_EQ(anna["faces"].size(), 4U);
  EXPECT_EQ(anna["left_out_face_count"], 7);
}

TEST_F(SheetTest, TakesTheFormatFromTheNameAndReplacesNothing) {
  write("people.webp", "precious");
  const ProgramRun taken = sheet({"-o", "people.webp"});
  EXPECT_EQ(taken.status, 2);
  EXPECT_THAT(taken.errors(), ElementsAre(HasSubstr("people.webp: already exists; give --force")));
  EXPECT_EQ(read("people.webp"), "precious");
  EXPECT_EQ(sheet({"-o", "people.webp", "--force"}).status, 0);
  EXPECT_EQ(PhotoFile(path("people.webp")).format(), ImageFormat::kWebp);
  const ProgramRun gif = sheet({"-o", "people.gif"});
  EXPECT_EQ(gif.status, 2);
  EXPECT_THAT(gif.err, HasSubstr("give a file that ends in .jpg, .png or .webp"));
  EXPECT_EQ(sheet({}).status, 2) << "without a file";
  EXPECT_EQ(sheet({"-o", "a.png", "--faces", "0"}).status, 2);
  EXPECT_EQ(sheet({"-o", "a.png", "Nobody"}).status, 2);
}

TEST_F(SheetTest, SaysWhoIsLeftOut) {
  const ProgramRun drawn = sheet({"-o", "people.png", "--limit", "2"});
  EXPECT_EQ(drawn.status, 0) << drawn.err;
  EXPECT_THAT(drawn.errors(), ElementsAre("facenet: 2 of 5 people; --limit 5 draws all"));
  EXPECT_EQ(sheet({"-o", "b.png", "--limit", "2", "--json"}).json()["left_out_people_count"], 3);
  const ProgramRun nobody = sheet({"-o", "c.png", "--min-faces", "100"});
  EXPECT_EQ(nobody.status, 1);
  EXPECT_FALSE(fs::exists(path("c.png")));
}

TEST_F(SheetTest, ManyPeopleTakeSeveralPages) {
  // A catalog at a threshold so low that nearly every face is alone.
  ASSERT_EQ(run({"cluster", "--threshold", "0.001"}).status, 0);
  const ProgramRun drawn = sheet({"-o", "out/people.png", "--faces", "1"});
  EXPECT_EQ(drawn.status, 2) << "there is no folder";
  fs::create_directory(path("out"));
  const ProgramRun pages = sheet({"-o", "out/people.png", "--faces", "1"});
  EXPECT_EQ(pages.status, 0) << pages.err;
  EXPECT_EQ(pages.out, "out/people-1.png\nout/people-2.png\n");
  EXPECT_TRUE(fs::exists(path("out/people-2.png")));
  EXPECT_FALSE(fs::exists(path("out/people.png")));
}

TEST_F(SheetTest, PhotosThatAreAwayAreCountedAndTheRowStays) {
  fs::rename(path("photos"), path("elsewhere"));
  const ProgramRun drawn = sheet({"-o", "people.png"});
  EXPECT_EQ(drawn.status, 0) << drawn.err;
  EXPECT_THAT(drawn.errors(), ElementsAre(HasSubstr("54 photos are not there now")));
  EXPECT_GT(PhotoFile(path("people.png")).height(), 5 * 128);
}

TEST_F(SheetTest, APhotoThatBrokeIsNamedAndCostsOnlyItsFace) {
  const json person = run({"people", "show", "1", "--json"}).json()["people"][0];
  const std::string photo = person["faces"][0]["photo"];
  const std::string bytes(fs::file_size(photo), 'x');
  write(photo.substr(path("").size()), bytes);
  const ProgramRun drawn = sheet({"1", "-o", "people.png", "--json"});
  EXPECT_EQ(drawn.status, 3) << drawn.err;
  EXPECT_THAT(drawn.errors(), ElementsAre(AllOf(HasSubstr(photo), HasSubstr("not a photo"))));
  int errors = 0;
  const json document = drawn.json();
  for (const json& face : document["people"][0]["faces"]) errors += face.contains("error");
  EXPECT_EQ(errors, 1);
}

TEST_F(SheetTest, FacesThatWereNeverGroupedHaveNoSheet) {
  const ProgramRun none = facenet({"people", "sheet", "-o", "a.png", "--catalog", path("none.db")});
  EXPECT_EQ(none.status, 2);
  ASSERT_EQ(facenet({"embed", "photos", "--catalog", path("new.db")}).status, 0);
  const ProgramRun ungrouped =
      facenet({"people", "sheet", "-o", "a.png", "--catalog", path("new.db")});
  EXPECT_EQ(ungrouped.status, 2);
  EXPECT_THAT(ungrouped.errors(), Contains(HasSubstr("facenet cluster")));
}

}  // namespace
}  // namespace facenet::test
