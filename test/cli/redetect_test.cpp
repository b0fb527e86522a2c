// A catalog's way from one detector to another.
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <signal.h>
#include <unistd.h>

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
using testing::StartsWith;

class RedetectCommandTest : public ProgramTest {
 protected:
  ProgramRun with_catalog(std::vector<std::string> arguments,
                          const std::map<std::string, std::string>& environment = {}) const {
    arguments.insert(arguments.end(), {"--catalog", catalog()});
    return facenet(arguments, environment);
  }
  json cluster(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"cluster", "--json"});
    const ProgramRun run = with_catalog(more);
    EXPECT_EQ(run.status, 0) << run.err;
    return run.json();
  }
  json info() const { return with_catalog({"catalog", "info", "--json"}).json(); }
  /// Person and name of each face.
  static std::map<int, std::pair<int, json>> person_of_face(const json& document) {
    std::map<int, std::pair<int, json>> people;
    for (const json& person : document["people"])
      for (const json& face : person["faces"])
        people[face["face"]] = {person["person"], person["name"]};
    return people;
  }
};

TEST_F(RedetectCommandTest, TheBuiltInAndTheDownloadedWeightsAreOneDetector) {
  copy_photos("johns/John_Simm", "photos");
  // First without any downloaded weights, then with all of them.
  fs::create_directory(path("empty"));
  const ProgramRun first =
      with_catalog({"cluster", "photos", "--json"}, {{"FACENET_MODELS", path("empty")}});
  ASSERT_EQ(first.status, 0) << first.err;
  copy_photo(
      "johns/John_Savage/" +
          fs::directory_iterator(test_photos() + "/johns/John_Savage")->path().filename().string(),
      "photos/new.jpg");
  const json later = cluster({"photos"});
  EXPECT_EQ(later["photo_counts"]["new"], 1);
  EXPECT_EQ(later["redetection"], nullptr);

  // And the other way round: the downloaded detector is gone.
  fs::remove(catalog());
  cluster({"photos"});
  fs::create_directory(path("some"));
  fs::create_symlink(test_models() + "/mobilefacenet-512.safetensors",
                     path("some/mobilefacenet-512.safetensors"));
  copy_photo("faces/bald_guys.jpg", "photos/bald.jpg");
  const ProgramRun back =
      with_catalog({"cluster", "photos", "--json"}, {{"FACENET_MODELS", path("some")}});
  ASSERT_EQ(back.status, 0) << back.err;
  EXPECT_EQ(back.json()["photo_counts"]["new"], 1);
}

TEST_F(RedetectCommandTest, ACatalogKeepsTheOptionsThatItWasMadeWith) {
  copy_photos("johns/John_Simm", "photos");
  cluster({"photos", "--score", "0.8", "--min-face", "0.1"});
  const json detector = info()["properties"]["detector"];
  EXPECT_THAT(detector.get<std::string>(),
              AllOf(HasSubstr("score 0.8"), HasSubstr("min-face 0.1 ")));
  copy_photo("faces/bald_guys.jpg", "photos/bald.jpg");
  EXPECT_EQ(cluster({"photos"})["photo_counts"]["new"], 1);
  cluster({"photos", "--score", "0.8"});
  EXPECT_EQ(with_catalog({"embed", "photos"}).status, 0);
  EXPECT_EQ(with_catalog({"embed", "--upgrade"}).status, 0);
  EXPECT_EQ(with_catalog({"find", "photos/bald.jpg", "--all"}).status, 0);
  EXPECT_EQ(info()["properties"]["detector"], detector);

  const ProgramRun other = with_catalog({"cluster", "photos", "--score", "0.99"});
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.errors(), ElementsAre(HasSubstr("`facenet cluster --redetect`")));
}

TEST_F(RedetectCommandTest, ACatalogOfAnEarlierDefaultKeepsItAndSaysHowToChange) {
  copy_photos("johns/John_Simm", "photos");
  cluster({"photos", "--detector", "mtcnn"});
  const json made = info();
  EXPECT_THAT(made["properties"]["detector"].get<std::string>(), StartsWith("mtcnn "));
  copy_photo("faces/bald_guys.jpg", "photos/bald.jpg");
  const json later = cluster({"photos"});
  EXPECT_EQ(later["photo_counts"]["new"], 1);
  EXPECT_EQ(later["redetection"], nullptr);
  EXPECT_EQ(info()["properties"]["detector"], made["properties"]["detector"]);

  const std::string hint =
      "; new catalogs use yunet: `facenet cluster --redetect --detector yunet` goes over to it";
  EXPECT_THAT(with_catalog({"cluster", "--redetect"}).err,
              HasSubstr("its faces were found by these options already" + hint));
  EXPECT_THAT(with_catalog({"catalog", "info"}).out, HasSubstr(hint));
  EXPECT_GT(cluster({"--redetect", "--detector", "yunet"})["redetection"]["kept_face_count"], 0);
  EXPECT_THAT(with_catalog({"catalog", "info"}).out, Not(HasSubstr(hint)));
  EXPECT_THAT(with_catalog({"cluster", "--redetect"}).err, Not(HasSubstr(hint)));
}

TEST_F(RedetectCommandTest, NamesAndNumbersSurviveAnotherDetectorAndTheWayBack) {
  copy_photos("johns", "photos");
  cluster({"photos"});
  for (const char* person : {"1", "2"})
    ASSERT_EQ(with_catalog({"people", "name", person, std::string("Number ") + person}).status, 0);
  const auto before = person_of_face(cluster());
  const json facts = with_catalog({"people", "log", "--json"}).json();

  // Without PATH: the photos of the catalog, wherever they are.
  const json hog = cluster({"--redetect", "--detector", "hog"});
  EXPECT_EQ(hog["redetection"]["photo_count"], info()["photo_count"]);
  EXPECT_EQ(hog["redetection"]["waiting_photo_count"], 0);
  EXPECT_GE(hog["redetection"]["kept_face_count"], 45);
  EXPECT_EQ(hog["redetection"]["kept_face_count"].get<int>() +
                hog["redetection"]["gone_face_count"].get<int>() +
                hog["redetection"]["lost_face_count"].get<int>(),
            before.size());
  EXPECT_EQ(hog["redetection"]["lost_faces"].size(), hog["redetection"]["lost_face_count"]);
  const auto after = person_of_face(hog);
  for (const auto& [face, person] : before) {
    if (!person.second.is_null()) {
      EXPECT_EQ(after.at(face), person) << "face " << face;
    }
  }
  EXPECT_EQ(with_catalog({"people", "log", "--json"}).json(), facts);
  EXPECT_EQ(with_catalog({"catalog", "check"}).status, 0);
  EXPECT_EQ(cluster({"--rebuild"})["people"], cluster()["people"]);

  const json back = cluster({"photos", "--redetect", "--detector", "yunet"});
  EXPECT_EQ(back["redetection"]["lost_face_count"], 0)
      << "all that was said is of faces that yunet finds";
  EXPECT_EQ(info()["face_count"], before.size());
  for (const auto& [face, person] : before) {
    if (!person.second.is_null()) {
      EXPECT_EQ(person_of_face(back).at(face), person);
    }
  }
  const ProgramRun again = with_catalog({"cluster", "--redetect", "--json"});
  EXPECT_EQ(again.status, 0);
  EXPECT_EQ(again.json()["redetection"], nullptr);
  EXPECT_THAT(again.err, HasSubstr("its faces were found by these options already"));
}

TEST_F(RedetectCommandTest, FacesThatOnlyWhatWasSaidKeepsAreListed) {
  copy_photo("faces/bald_guys.jpg", "photos/bald.jpg");
  const json before = cluster({"photos"});
  // The smallest face gets a name, and is too small for what comes then.
  int person = 0, face = 0;
  double least = 1e9;
  for (const json& one : before["people"])
    if (const double width = one["faces"][0]["box"][2]; width < least) {
      least = width;
      person = one["person"];
      face = one["faces"][0]["face"];
    }
  ASSERT_EQ(with_catalog({"people", "name", std::to_string(person), "Anna"}).status, 0);
  const ProgramRun run = with_catalog(
      {"cluster", "--redetect", "--min-face-pixels", std::to_string(static_cast<int>(least) + 8)});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err,
              AllOf(HasSubstr("1 not found but kept because of what you said"),
                    HasSubstr("face " + std::to_string(face) + " of Anna (person " +
                              std::to_string(person) +
                              ") is not found any more; it stays, because of fact 1: person ")));
  EXPECT_THAT(with_catalog({"people", "show", "Anna"}).out, HasSubstr(path("photos/bald.jpg")));
}

TEST_F(RedetectCommandTest, AStoppedRunGoesOnWhereItWas) {
  constexpr int kCopies = 3;  // enough work to be caught in the middle
  const auto names = johns();
  for (int copy = 0; copy < kCopies; ++copy)
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string to = "photos/" + std::to_string(i) + "-" + std::to_string(copy) + ".jpg";
      copy_photo(names[i], to);
      // A byte after the end of the image makes it another photo with the same picture.
      std::ofstream(path(to), std::ios::binary | std::ios::app) << static_cast<char>(copy);
    }
  cluster({"photos"});
  ASSERT_EQ(with_catalog({"people", "name", "1", "Anna"}).status, 0);
  const int photos = info()["photo_count"];
  const auto waiting = [&] { return info()["outdated_photo_count"].get<int>(); };

  const int process = start(
      {"cluster", "--redetect", "--min-face", "0.05", "--threads", "1", "--catalog", catalog()});
  while (waiting() == 0 || waiting() == photos) usleep(20'000);
  kill(process, SIGINT);
  EXPECT_EQ(wait_for(process), 130);
  const int left = waiting();
  ASSERT_GT(left, 0) << "the run was over before it could be stopped";
  ASSERT_LT(left, photos);
  EXPECT_EQ(with_catalog({"catalog", "check"}).status, 0);
  EXPECT_EQ(with_catalog({"cluster", "--min-face", "0.025"}).status, 0) << "looks at no photo";
  EXPECT_EQ(with_catalog({"cluster", "photos", "--min-face", "0.025"}).status, 2);

  // A plain run goes on, too.
  const json rest = cluster({"photos"});
  EXPECT_EQ(rest["redetection"]["photo_count"], left);
  EXPECT_EQ(rest["redetection"]["waiting_photo_count"], 0);
  EXPECT_EQ(rest["photo_counts"]["unchanged"], names.size() * kCopies);  // a photo is there twice
  EXPECT_EQ(with_catalog({"people", "show", "Anna"}).status, 0);
}

TEST_F(RedetectCommandTest, WrongUsageIsSaid) {
  const std::map<std::vector<std::string>, std::string> cases = {
      {{"cluster", "--redetect", "--explain", "1", "2"}, "--explain looks at no photo"},
      {{"cluster", "--redetect", "--embeddings", "x.npy"}, "--redetect goes with a catalog"},
      {{"cluster", "--redetect"}, "does not exist"}};
  for (const auto& [arguments, message] : cases) {
    const ProgramRun run = facenet(arguments);
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.errors(), ElementsAre(HasSubstr(message)));
  }
}

}  // namespace
}  // namespace facenet::test
