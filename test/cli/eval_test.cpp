#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// LFW's layout made of the labelled photos that Debian's dlib ships: two folds.
class EvalTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    add_person(kFirst);
    add_person(kSecond);
    const std::string a = kFirst, b = kSecond;
    write("lfw/pairs.txt",
          "2\t1\n" + a + " 1 2\n" + a + " 1 " + b + " 1\n" + b + " 1 2\n" + a + " 2 " + b + " 3\n");
    write("lfw/pairsDevTrain.txt", "1\n" + a + " 1 3\n" + a + " 1 " + b + " 2\n");
    write("lfw/pairsDevTest.txt", "1\n" + b + " 1 3\n" + a + " 2 " + b + " 2\n");
  }

  void add_person(const std::string& name) {
    int count = 0;
    for (const std::string& photo : johns()) {
      if (photo.find(name) == std::string::npos || count == 3) continue;
      copy_photo(photo, image(name, ++count));
    }
  }
  static std::string image(const std::string& name, int number) {
    return "lfw/images/" + name + "/" + name + "_000" + std::to_string(number) + ".jpg";
  }

  static constexpr const char* kFirst = "John_Salley";
  static constexpr const char* kSecond = "John_Simm";
};

TEST_F(EvalTest, MeasuresView2) {
  const ProgramRun run = facenet({"eval", "lfw", "lfw", "--json", "--score", "0.5"});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto json = run.json();
  EXPECT_EQ(json["pairs"], 4);
  EXPECT_EQ(json["accuracy"], 1.0);
  EXPECT_EQ(json["auc"], 1.0);
  EXPECT_EQ(json["no_face"], 0);
  EXPECT_EQ(json["mode"], "aligned");
  EXPECT_EQ(json["val"]["0.001"], 1.0);
  EXPECT_THAT(json["fold_thresholds"], SizeIs(2));
}

TEST_F(EvalTest, MeasuresView1AndDrawsPages) {
  const ProgramRun run = facenet({"eval", "lfw", "lfw", "--view", "1", "--failures", "wrong.html",
                                  "--roc", "roc.svg", "--score", "0.5"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("LFW View 1, 2 pairs, mobilefacenet-512, aligned\n"));
  EXPECT_THAT(run.out, HasSubstr("accuracy   1.0000"));
  EXPECT_THAT(read("roc.svg"), HasSubstr("<svg"));
  EXPECT_THAT(read("wrong.html"), HasSubstr("False rejects"));
  const ProgramRun again = facenet({"eval", "lfw", "lfw", "--view", "1", "--roc", "roc.svg"});
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.errors(),
              ElementsAre("facenet: roc.svg: exists already; give --force to replace it"));
}

TEST_F(EvalTest, AFixedCropNeedsNoDetector) {
  const ProgramRun run = facenet({"eval", "lfw", "lfw", "--mode", "centre", "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.json()["no_face"], 0);
  EXPECT_EQ(run.json()["mode"], "centre");
}

TEST_F(EvalTest, MeasuresAFolderOfPeople) {
  write("lfw/images/John_Simm/broken.jpg", "no photo");
  const ProgramRun run = facenet({"eval", "identities", "lfw/images", "--json", "--score", "0.5"});
  EXPECT_EQ(run.status, 3) << run.err;
  const auto json = run.json();
  EXPECT_EQ(json["people"], 2);
  EXPECT_EQ(json["faces"], 6);
  EXPECT_EQ(json["unreadable"], 1);
  EXPECT_EQ(json["pairs"]["same"], 6);
  EXPECT_EQ(json["pairs"]["different"], 9);
  EXPECT_EQ(json["val"]["0.1"], 1.0);
  EXPECT_EQ(json["clustering"]["bcubed"]["f"], 1.0);
  EXPECT_EQ(json["clustering"]["clusters"], 2);
  EXPECT_THAT(run.err, HasSubstr("broken.jpg: "));

  const ProgramRun text = facenet({"eval", "identities", "lfw/images", "--score", "0.5"});
  EXPECT_THAT(text.out, HasSubstr("6 faces of 2 people, mobilefacenet-512, aligned"));

  write("empty/.keep", "");
  const ProgramRun empty = facenet({"eval", "identities", "empty"});
  EXPECT_EQ(empty.status, 2);
  EXPECT_THAT(empty.errors(), ElementsAre("facenet: empty: no photos in folders below; give a "
                                          "folder with a folder for each person"));
}

TEST_F(EvalTest, SaysWhatIsMissing) {
  write("empty/.keep", "");
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"eval"}, "facenet: missing PROTOCOL: give lfw or identities; see `facenet eval -h`"},
      {{"eval", "iris"},
       "facenet: there is no protocol 'iris': known are lfw and identities; see `facenet eval -h`"},
      {{"eval", "lfw"},
       "facenet: missing DIR: give the folder of the data set; see `facenet eval -h`"},
      {{"eval", "lfw", "--view", "3", "lfw"},
       "facenet: --view must be 1 or 2; see `facenet eval -h`"},
      {{"eval", "lfw", "empty"},
       "facenet: empty/pairs.txt: cannot be read; it comes with Labeled Faces in the Wild"},
  };
  for (const auto& [arguments, message] : cases) {
    const ProgramRun run = facenet(arguments);
    EXPECT_EQ(run.status, 2) << message;
    EXPECT_THAT(run.out, IsEmpty());
    EXPECT_THAT(run.errors(), ElementsAre(message));
  }
  // An image that cannot be read would change the protocol.
  write(image(kFirst, 1), "no photo");
  const ProgramRun broken = facenet({"eval", "lfw", "lfw"});
  EXPECT_EQ(broken.status, 2);
  EXPECT_THAT(broken.err, HasSubstr("John_Salley_0001.jpg: "));
}

}  // namespace
}  // namespace facenet::test
