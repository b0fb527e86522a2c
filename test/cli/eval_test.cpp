#include <cstring>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
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
  EXPECT_EQ(json["pair_count"], 4);
  EXPECT_EQ(json["accuracy"], 1.0);
  EXPECT_EQ(json["auc"], 1.0);
  EXPECT_EQ(json["no_face_count"], 0);
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
              ElementsAre("facenet: roc.svg: already exists; give --force to replace it"));
}

TEST_F(EvalTest, MeasuresHowTwoModelsUnderstandEachOther) {
  // The built-in network learned to follow the other one.
  const ProgramRun run = facenet({"eval", "lfw", "lfw", "--json", "--score", "0.5", "--model",
                                  "mobilefacenet-512", "--against", "facenet-nn4"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.json()["against"], "facenet-nn4");
  EXPECT_EQ(run.json()["auc"], 1.0);
  const ProgramRun same = facenet({"eval", "lfw", "lfw", "--json", "--score", "0.5"});
  EXPECT_NE(run.json()["threshold"], same.json()["threshold"]);
  EXPECT_FALSE(same.json().contains("against"));
}

TEST_F(EvalTest, AFixedCropNeedsNoDetector) {
  const ProgramRun run = facenet({"eval", "lfw", "lfw", "--mode", "centre", "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.json()["no_face_count"], 0);
  EXPECT_EQ(run.json()["mode"], "centre");
}

TEST_F(EvalTest, MeasuresAFolderOfPeople) {
  write("lfw/images/John_Simm/broken.jpg", "no photo");
  const ProgramRun run = facenet({"eval", "identities", "lfw/images", "--json", "--score", "0.5"});
  EXPECT_EQ(run.status, 3) << run.err;
  const auto json = run.json();
  EXPECT_EQ(json["people_count"], 2);
  EXPECT_EQ(json["face_count"], 6);
  EXPECT_EQ(json["unreadable_count"], 1);
  EXPECT_EQ(json["pair_counts"]["same"], 6);
  EXPECT_EQ(json["pair_counts"]["different"], 9);
  EXPECT_EQ(json["val"]["0.1"], 1.0);
  EXPECT_EQ(json["clustering"]["bcubed"]["f"], 1.0);
  EXPECT_EQ(json["clustering"]["cluster_count"], 2);
  EXPECT_THAT(run.err, HasSubstr("broken.jpg: "));

  const ProgramRun text = facenet({"eval", "identities", "lfw/images", "--score", "0.5"});
  EXPECT_THAT(text.out, HasSubstr("6 faces of 2 people, mobilefacenet-512, aligned"));

  EXPECT_THAT(text.out, HasSubstr("\nrule        "));

  const ProgramRun calibrated = facenet({"eval", "identities", "lfw/images", "--score", "0.5",
                                         "--calibrate", "--output", "mine.safetensors", "--json"});
  const auto point = calibrated.json()["calibration"];
  EXPECT_GT(point["verification"], 0);
  const auto info = facenet({"model", "info", "./mine.safetensors", "--json"}).json();
  EXPECT_EQ(info["thresholds"]["mirrored"], point);
  EXPECT_NE(info["thresholds"]["plain"], point);
  EXPECT_EQ(info["provenance"]["thresholds, mirrored"],
            "facenet eval identities --calibrate: 6 faces of 2 people");
  EXPECT_THAT(facenet({"eval", "identities", "lfw/images", "--output", "x.safetensors"}).err,
              HasSubstr("--output goes with --calibrate"));

  write("empty/.keep", "");
  const ProgramRun empty = facenet({"eval", "identities", "empty"});
  EXPECT_EQ(empty.status, 2);
  EXPECT_THAT(empty.errors(), ElementsAre("facenet: empty: no photos in folders below; give a "
                                          "folder with a folder for each person"));
}

/// A gray BMP file of 64 x 64 pixels, by the letter of its specification.
std::string gray_picture() {
  constexpr int kEdge = 64, kHeader = 54, kPixels = 3 * kEdge * kEdge;
  const auto number = [](int value) {
    std::string bytes;
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
    return bytes;
  };
  return "BM" + number(kHeader + kPixels) + number(0) + number(kHeader) + number(40) +
         number(kEdge) + number(kEdge) + number(1 | 24 << 16) + number(0) + number(kPixels) +
         std::string(16, '\0') + std::string(kPixels, '\x80');
}

/// Videos of five people, whose photos serve as frames. By the hash of their names Ada and Ann are
/// in one fold, Ben and Cid in another, and Bob is alone in a third.
class VideosTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    const std::map<std::string, std::string> names = {{"John_Salley", "Ada"},
                                                      {"John_Savage", "Ann"},
                                                      {"John_Schneider", "Ben"},
                                                      {"John_Shimkus", "Cid"},
                                                      {"John_Simm", "Bob"}};
    std::map<std::string, int> counts;
    for (const std::string& photo : johns()) {
      const std::size_t begin = photo.find('/') + 1;
      const std::string& name = names.at(photo.substr(begin, photo.rfind('/') - begin));
      const int count = counts[name]++;
      if (count < 6) copy_photo(photo, frame(name + "/" + std::to_string(count / 3), count % 3));
    }
  }

  /// Three a video, numbered 9, 10, 11.
  static std::string frame(const std::string& video, int number) {
    return "ytf/" + video + "/frame" + std::to_string(9 + number) + ".jpg";
  }
};

TEST_F(VideosTest, AreComparedInPairsOfOurChoice) {
  const ProgramRun run = facenet(
      {"eval", "ytf", "ytf", "--json", "--score", "0.5", "--frames", "2", "--roc", "roc.svg"});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto json = run.json();
  EXPECT_EQ(json["protocol"], "built-in");
  EXPECT_EQ(json["pair_count"], 8);
  EXPECT_EQ(json["video_count"], 8);  // without Bob's
  EXPECT_EQ(json["frame_count"], 16);
  EXPECT_EQ(json["accuracy"], 1.0);
  EXPECT_EQ(json["no_face_count"], 0);
  EXPECT_THAT(json["fold_thresholds"], SizeIs(2));
  EXPECT_THAT(read("roc.svg"), HasSubstr("<svg"));
}

TEST_F(VideosTest, AreComparedByASplitsFile) {
  // The first frames with a face count: those of 9 and 10, but for Ben's.
  for (const int number : {-1, 0}) write(frame("Ben/0", number), gray_picture());
  write(frame("Ada/0", -1), "no photo");
  write(frame("Bob/9", 0), gray_picture());
  write("splits.txt",
        "split number, first name, second name, is same\n"
        "1, Ada/0, Ada/1, 1\n1, Ada/0, Ben/0, 0\n"
        "2, Cid/0, Cid/1, 1\n2, Bob/9, Ben/0, 0\n");
  const ProgramRun run = facenet(
      {"eval", "ytf", "ytf", "--pairs", "splits.txt", "--score", "0.5", "--frames", "2", "--json"});
  EXPECT_EQ(run.status, 3) << run.err;
  const auto json = run.json();
  EXPECT_EQ(json["protocol"], "splits file");
  EXPECT_EQ(json["pair_count"], 4);
  EXPECT_EQ(json["video_count"], 6);
  EXPECT_EQ(json["frame_count"], 10);
  EXPECT_EQ(json["unreadable_count"], 1);
  EXPECT_THAT(json["videos_without_face"], ElementsAre("Bob/9"));
  EXPECT_EQ(json["accuracy"], 1.0);
  EXPECT_THAT(run.err, HasSubstr("frame8.jpg: "));

  write("splits.txt", "1, Ada/0, Eve/0, 0\n");
  EXPECT_THAT(facenet({"eval", "ytf", "ytf", "--pairs", "splits.txt"}).errors(),
              ElementsAre("facenet: ytf: has no frames of Eve/0"));
}

std::string read_weights(const std::string& model) {
  std::ifstream file(test_models() + "/" + model + ".safetensors", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The weights of `model` with more said about how they were made.
std::string with_provenance(const std::string& model, const std::string& key,
                            const std::string& value) {
  std::string bytes = read_weights(model);
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  auto header = nlohmann::json::parse(bytes.substr(sizeof length, length));
  auto info = nlohmann::json::parse(header["__metadata__"]["facenet"].get<std::string>());
  info["provenance"][key] = value;
  header["__metadata__"]["facenet"] = info.dump();
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::string payload = bytes.substr(sizeof length + length);
  length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text + payload;
}

TEST_F(EvalTest, MeasuresWhatLossesOfImagesDo) {
  const auto run = [&](const std::string& table, const std::string& values) {
    return facenet({"eval", "sensitivity", table, "lfw/images", "--values", values, "--score",
                    "0.5", "--far", "0.1", "--json", "--plot", table + ".svg"});
  };
  const ProgramRun quality = run("quality", "90,10");
  ASSERT_EQ(quality.status, 0) << quality.err;
  auto json = quality.json();
  EXPECT_EQ(json["table"], "quality");
  EXPECT_EQ(json["face_count"], 6);
  EXPECT_EQ(json["pair_counts"]["same"], 6);
  ASSERT_THAT(json["rows"], SizeIs(3));
  EXPECT_TRUE(json["rows"][0]["quality"].is_null());
  EXPECT_EQ(json["rows"][0]["val"], 1.0);
  EXPECT_EQ(json["rows"][1]["quality"], 90);
  EXPECT_EQ(json["rows"][1]["paper"]["val"], 0.865);
  EXPECT_NE(json["rows"][1]["threshold"], json["rows"][2]["threshold"]);
  EXPECT_THAT(read("quality.svg"), HasSubstr("JPEG quality"));

  const ProgramRun size = run("size", "4,256");
  ASSERT_EQ(size.status, 0) << size.err;
  json = size.json();
  EXPECT_EQ(json["rows"][1]["pixels"], 16);
  // Faces of 4 x 4 pixels look alike: those of two people are nearer to each other.
  EXPECT_LT(json["rows"][1]["threshold"], json["rows"][0]["threshold"]);
  EXPECT_TRUE(json["rows"][1]["paper"].is_null());
  // More pixels than the network takes: nothing is lost.
  EXPECT_EQ(json["rows"][2]["val"], json["rows"][0]["val"]);
  EXPECT_EQ(json["rows"][2]["threshold"], json["rows"][0]["threshold"]);
}

TEST_F(EvalTest, ComparesModels) {
  write("own.safetensors", with_provenance("mobilefacenet-512", "training images", "2600000"));
  const ProgramRun run =
      facenet({"eval", "sensitivity", "models", "lfw/images", "mobilefacenet-512",
               "./own.safetensors", "--far", "0.1", "--score", "0.5", "--csv"});
  ASSERT_EQ(run.status, 0) << run.err;
  std::istringstream lines(run.out);
  std::string header, first, second;
  std::getline(lines, header);
  std::getline(lines, first);
  std::getline(lines, second);
  EXPECT_EQ(header,
            "model,embedding,parameters,training_images,training_identities,val,standard_error,"
            "threshold,paper_val,paper_standard_error");
  EXPECT_THAT(first, MatchesRegex("mobilefacenet-512,512,[0-9]+,,,1.000000,.*,0.856,0.020"));
  EXPECT_THAT(second, MatchesRegex("mobilefacenet-512,512,[0-9]+,2600000,,1.000000,.*,0.763,"));
  // The second was measured on the faces that were found for the first.
  const auto measured = [](const std::string& line) { return line.substr(line.find(",1.0")); };
  const auto end = measured(first).find(",0.856");
  EXPECT_EQ(measured(first).substr(0, end), measured(second).substr(0, end));
}

TEST_F(EvalTest, SaysWhatIsMissing) {
  write("empty/.keep", "");
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"eval"},
       "facenet: say what to do: lfw, ytf, identities or sensitivity; see `facenet eval -h`"},
      {{"eval", "iris"},
       "facenet: there is no `eval iris`; there are lfw, ytf, identities and sensitivity; see "
       "`facenet eval -h`"},
      {{"eval", "lfw"},
       "facenet: missing DIR: give the folder of the data set; see `facenet eval lfw -h`"},
      {{"eval", "lfw", "--view", "3", "lfw"},
       "facenet: --view must be 1 or 2; see `facenet eval lfw -h`"},
      {{"eval", "ytf", "empty"},
       "facenet: empty: no photos in folders below; give a folder with a folder for each person"},
      {{"eval", "ytf", "lfw/images"},
       "facenet: lfw/images: no videos there; frames must be in PERSON/VIDEO/FRAME.jpg"},
      {{"eval", "ytf", "--frames", "0", "lfw"},
       "facenet: --frames must be at least 1; see `facenet eval ytf -h`"},
      {{"eval", "sensitivity", "size"},
       "facenet: missing TABLE and DIR: give quality, size or models, and a folder with a folder "
       "for each person; see `facenet eval sensitivity -h`"},
      {{"eval", "sensitivity", "colour", "lfw"},
       "facenet: there is no table 'colour'; there are quality, size and models; see `facenet eval "
       "sensitivity -h`"},
      {{"eval", "sensitivity", "quality", "lfw", "--values", "10,x"},
       "facenet: --values 10,x: give numbers from 1 to 100 with commas between them; see `facenet "
       "eval "
       "sensitivity -h`"},
      {{"eval", "sensitivity", "models", "lfw"},
       "facenet: missing MODEL: give names or weights files after the folder; see `facenet eval "
       "sensitivity -h`"},
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
