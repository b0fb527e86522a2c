// A catalog's way from one model to another that was trained compatible with it.
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <signal.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "test/cli/program.h"
#include "weights/model_info.h"
#include "weights/safetensors.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kOlder = "mobilefacenet-512";

/// The default network and one that is nearly the same, so that vectors of both can be compared.
class UpgradeTest : public ProgramTest {
 protected:
  /// A weights file: the default network's numbers but for some noise, its description changed.
  std::string write_model(const std::string& file, const std::function<void(json&)>& change,
                          float noise = 0.01F) const {
    const SafetensorsFile older(test_models() + "/" + kOlder + ".safetensors");
    std::map<std::string, TensorView> tensors = older.tensors();
    std::vector<std::vector<float>> values;
    for (auto& [name, view] : tensors) {
      if (view.type != TensorType::kFloat32) continue;
      auto& numbers = values.emplace_back(view.data.size() / sizeof(float));
      std::memcpy(numbers.data(), view.data.data(), view.data.size());
      for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] *= 1 + noise * std::sin(static_cast<float>(i));
      view.data = std::as_bytes(std::span(numbers));
    }
    auto metadata = older.metadata();
    json described = json::parse(metadata.at("facenet"));
    described["name"] = fs::path(file).stem().string();
    change(described);
    metadata["facenet"] = described.dump();
    write_safetensors(path(file), tensors, metadata, true);
    return path(file);
  }
  static json point(double cut) {
    return {{"verification", cut},
            {"clustering", cut},
            {"midpoint", cut},
            {"steepness", 14},
            {"joins",
             {{"strangers", 2},
              {"even", 0.385},
              {"crowd", 0.036},
              {"fewer", 0.19},
              {"more", 0.05},
              {"slope", 38},
              {"ceiling", 0.25}}}};
  }
  static json both(double cut) { return {{"plain", point(cut)}, {"mirrored", point(cut)}}; }
  static json compatible_with_older() {
    const SafetensorsFile older(test_models() + "/" + kOlder + ".safetensors");
    return {{"model", kOlder},
            {"weights_sha256", older.payload_sha256()},
            {"thresholds", both(kAcross)}};
  }
  std::string write_compatible(const std::string& file = "v2.safetensors") const {
    return write_model(file, [](json& described) {
      described["thresholds"] = both(kNewer);
      described["compatible_with"] = compatible_with_older();
    });
  }

  ProgramRun on_catalog(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--catalog", catalog()});
    return facenet(arguments);
  }
  json cluster(std::vector<std::string> more = {"photos"}) const {
    more.insert(more.begin(), {"cluster", "--json"});
    const ProgramRun run = on_catalog(more);
    EXPECT_EQ(run.status, 0) << run.err;
    return run.json();
  }
  /// Vectors of each model, by name.
  std::map<std::string, int> vectors() const {
    std::map<std::string, int> counts;
    const json info = on_catalog({"catalog", "info", "--json"}).json();
    for (const json& model : info["models"]) counts[model["name"]] = model["vector_count"];
    return counts;
  }
  /// Person and name of each photo with one face.
  static std::map<std::string, std::pair<int, json>> person_of(const json& document) {
    std::map<std::string, std::pair<int, json>> people;
    for (const json& person : document["people"])
      for (const json& face : person["faces"])
        people[fs::path(face["photo"].get<std::string>()).filename()] = {person["person"],
                                                                         person["name"]};
    return people;
  }
  /// Photo number i is "i.jpg", the first of them of the first person.
  void copy_every_second(std::size_t first) const {
    const auto names = johns();
    for (std::size_t i = first; i < names.size(); i += 2)
      copy_photo(names[i], "photos/" + std::to_string(i) + ".jpg");
  }

  static constexpr double kNewer = 1.3, kAcross = 1.34, kOld = 1.38;
};

TEST_F(UpgradeTest, PeopleSurviveFromTheFirstToTheLastFace) {
  copy_every_second(0);
  const int anna = person_of(cluster()).at("0.jpg").first;
  ASSERT_EQ(on_catalog({"people", "name", std::to_string(anna), "Anna"}).status, 0);
  const json before = cluster();
  const int old_faces = before["face_count"];

  const std::string v2 = write_compatible();
  const ProgramRun upgrade = on_catalog({"model", "upgrade", "v2.safetensors", "--json"});
  ASSERT_EQ(upgrade.status, 0) << upgrade.err;
  EXPECT_EQ(upgrade.json()["changed"], true);
  EXPECT_EQ(upgrade.json()["before"], kOlder);
  EXPECT_EQ(upgrade.json()["model"], "v2");
  EXPECT_EQ(upgrade.json()["waiting_face_count"], old_faces);

  // The change itself moves nobody, and no photo is read: they could all be away.
  fs::rename(path("photos"), path("away"));
  const json switched = cluster({});
  EXPECT_EQ(switched["people"], before["people"]);
  EXPECT_EQ(switched["rule"], "default");
  EXPECT_EQ(switched["model"], v2) << "a path that is right from every folder";
  fs::rename(path("away"), path("photos"));

  // New photos get vectors of the new model, and find the people of before.
  copy_every_second(1);
  const json grown = cluster();
  EXPECT_EQ(vectors().at(kOlder), old_faces);
  EXPECT_EQ(vectors().at("v2"), grown["face_count"].get<int>() - old_faces);
  ASSERT_EQ(grown["vectors"].size(), 2U);
  EXPECT_EQ(grown["vectors"][0]["model"], kOlder);
  EXPECT_EQ(grown["vectors"][0]["face_count"], old_faces);
  EXPECT_EQ(grown["vectors"][1]["model"], "v2");
  EXPECT_EQ(person_of(grown).at("0.jpg"), std::pair(anna, json("Anna")));
  EXPECT_EQ(person_of(grown).at("1.jpg"), std::pair(anna, json("Anna")));

  const ProgramRun rest = on_catalog({"embed", "--upgrade", "--json"});
  EXPECT_EQ(rest.status, 0) << rest.err;
  EXPECT_EQ(rest.json()["embedded_face_count"], old_faces);
  EXPECT_EQ(rest.json()["left_face_count"], 0);
  EXPECT_EQ(rest.json()["missing_face_count"], 0);
  const json after = cluster();
  EXPECT_EQ(after["rule"], "default");
  EXPECT_EQ(after["vectors"].size(), 1U);
  for (const auto& [photo, person] : person_of(before))
    EXPECT_EQ(person_of(after).at(photo), person) << photo;
  EXPECT_EQ(vectors().at(kOlder), old_faces) << "the way back is open";
  EXPECT_EQ(on_catalog({"catalog", "check"}).status, 0);
}

TEST_F(UpgradeTest, AskingWorksOverVectorsOfBothModels) {
  copy_every_second(0);
  cluster();
  write_compatible();
  ASSERT_EQ(on_catalog({"model", "upgrade", "v2.safetensors"}).status, 0);
  copy_every_second(1);
  const json grown = cluster();

  const ProgramRun found = on_catalog({"find", "photos/0.jpg", "--json"});
  ASSERT_EQ(found.status, 0) << found.err;
  const json person = found.json()["faces"][0];
  EXPECT_EQ(person["person"], person_of(grown).at("0.jpg").first);
  EXPECT_LT(person["distance"], person["threshold"]);
  const json itself = found.json()["faces"][0]["photos"][0];
  EXPECT_EQ(fs::path(itself["photo"].get<std::string>()).filename(), "0.jpg");
  EXPECT_GT(itself["distance"], 0) << "its own vector is still the older one";

  // Two faces of one person, one of each model: the probability is that of pairs across.
  std::map<std::string, int> face_of;
  for (const json& one : grown["people"])
    for (const json& face : one["faces"])
      face_of[fs::path(face["photo"].get<std::string>()).filename()] = face["face"];
  const json why = on_catalog({"cluster", "--explain", std::to_string(face_of.at("0.jpg")),
                               std::to_string(face_of.at("1.jpg")), "--json"})
                       .json();
  const double odds = 14 * (kAcross - why["distance"].get<double>());
  EXPECT_NEAR(why["probability"], 1 / (1 + std::exp(-odds)), 1e-9);

  EXPECT_EQ(on_catalog({"catalog", "quality"}).status, 0);
  const ProgramRun review = on_catalog({"people", "review", "--json"});
  EXPECT_LT(review.status, 2) << review.err;
}

/// As weights say it that were trained before there was the rule.
TEST_F(UpgradeTest, ModelsWithoutTheRuleAreGroupedByTheMeanOfTheirCuts) {
  const auto without_rule = [](json thresholds) {
    for (const char* kind : {"plain", "mirrored"}) thresholds[kind].erase("joins");
    return thresholds;
  };
  const std::string v1 = write_model("v1.safetensors", [&](json& described) {
    described["thresholds"] = without_rule(both(kOld));
  });
  const std::string v1_weights = SafetensorsFile(v1).payload_sha256();
  write_model(
      "v2.safetensors",
      [&](json& described) {
        described["thresholds"] = without_rule(both(kNewer));
        described["compatible_with"] = {{"model", "v1"},
                                        {"weights_sha256", v1_weights},
                                        {"thresholds", without_rule(both(kAcross))}};
      },
      0.02F);
  copy_every_second(0);
  const json before = cluster({"photos", "--model", "v1.safetensors"});
  EXPECT_EQ(before["rule"], "threshold");
  EXPECT_EQ(before["threshold"], kOld);
  ASSERT_EQ(on_catalog({"model", "upgrade", "v2.safetensors"}).status, 0);
  EXPECT_EQ(cluster({})["people"], before["people"]);
  copy_every_second(1);
  const json grown = cluster();
  EXPECT_LT(grown["threshold"], kOld);
  EXPECT_GT(grown["threshold"], kNewer);
  const json found = on_catalog({"find", "photos/0.jpg", "--json"}).json();
  EXPECT_EQ(found["threshold"], kNewer);
  EXPECT_GT(found["faces"][0]["threshold"], kNewer);
  EXPECT_LT(found["faces"][0]["threshold"], kAcross) << "the mean over a person of both kinds";
}

TEST_F(UpgradeTest, TwiceIsOnceAndBackIsPossible) {
  copy_photo(johns()[0], "photos/a.jpg");
  cluster();
  write_compatible();
  ASSERT_EQ(on_catalog({"model", "upgrade", "v2.safetensors"}).status, 0);
  const ProgramRun again = on_catalog({"model", "upgrade", "v2.safetensors", "--json"});
  EXPECT_EQ(again.status, 0);
  EXPECT_EQ(again.json()["changed"], false);
  EXPECT_THAT(again.err, HasSubstr("its model is v2 already; nothing to do"));

  EXPECT_EQ(on_catalog({"model", "upgrade", kOlder}).status, 0);
  EXPECT_EQ(cluster()["vectors"][0]["model"], kOlder);
  EXPECT_EQ(on_catalog({"embed", "--upgrade", "--json"}).json()["embedded_face_count"], 0)
      << "it has the older model's vectors";
}

TEST_F(UpgradeTest, WhatIsNotCompatibleIsRefusedAndNothingChanges) {
  copy_photo(johns()[0], "photos/a.jpg");
  cluster();
  const std::string before = read("catalog.db");
  write_model("stranger.safetensors", [](json&) {});
  write_model("cousin.safetensors", [](json& described) {
    described["compatible_with"] = compatible_with_older();
    described["compatible_with"]["weights_sha256"] = std::string(64, '0');
  });
  write_model("unmeasured.safetensors", [](json& described) {
    described["compatible_with"] = compatible_with_older();
    described["compatible_with"]["thresholds"]["mirrored"]["clustering"] = 0;
  });
  write_model("damaged.safetensors", [](json& described) {
    described["compatible_with"] = compatible_with_older();
    described["compatible_with"].erase("weights_sha256");
  });
  const std::map<std::string, std::string> reasons = {
      {"stranger.safetensors", "not trained to be compatible"},
      {"cousin.safetensors", "other weights of mobilefacenet-512 (000000000000)"},
      {"unmeasured.safetensors", "not known which distances"},
      {"damaged.safetensors", "lacks \"weights_sha256\""},
      {"mtcnn", "is a detector"},
      {"absent.safetensors", "no such weights file"},
      {"module.pt", "TorchScript"}};
  for (const auto& [model, reason] : reasons) {
    const ProgramRun run = on_catalog({"model", "upgrade", model});
    EXPECT_EQ(run.status, 2) << model;
    EXPECT_THAT(run.out, IsEmpty());
    EXPECT_THAT(run.errors(), ElementsAre(HasSubstr(reason)));
    EXPECT_EQ(read("catalog.db"), before) << model;
  }
  fs::remove(catalog());
  EXPECT_EQ(on_catalog({"model", "upgrade", "stranger.safetensors"}).status, 2);
  EXPECT_FALSE(fs::exists(catalog())) << "no catalog is made";
}

TEST_F(UpgradeTest, ModelInfoSaysWhatItIsCompatibleWith) {
  write_compatible();
  const json info = facenet({"model", "info", "v2.safetensors", "--json"}).json();
  EXPECT_EQ(info["compatible_with"]["model"], kOlder);
  EXPECT_EQ(info["compatible_with"]["thresholds"]["mirrored"]["clustering"], kAcross);
  EXPECT_THAT(facenet({"model", "info", "v2.safetensors"}).out,
              HasSubstr("compatible with mobilefacenet-512, weights "));
  EXPECT_FALSE(facenet({"model", "info", kOlder, "--json"}).json().contains("compatible_with"));
}

TEST_F(UpgradeTest, WrongUsageOfEmbedUpgradeIsSaid) {
  const std::map<std::vector<std::string>, std::string> cases = {
      {{"embed", "--upgrade", "photos"}, "--upgrade takes no PATH"},
      {{"embed", "--upgrade", "--model", "x"}, "--model does not go with --upgrade"},
      {{"embed", "--upgrade", "--output", "x.npy"}, "--output does not go with --upgrade"},
      {{"embed"}, "missing PATH: give photos or folders"},
      {{"model", "upgrade"}, "missing NAME|FILE: give the name of a model or a weights file"}};
  for (const auto& [arguments, message] : cases) {
    const ProgramRun run = facenet(arguments);
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.errors(), ElementsAre(HasSubstr(message)));
  }
}

TEST_F(UpgradeTest, AStoppedUpgradeGoesOnAndKeepsNames) {
  constexpr int kCopies = 8;  // enough work to be caught in the middle
  const auto names = johns();
  for (int copy = 0; copy < kCopies; ++copy)
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string to = "photos/" + std::to_string(i) + "-" + std::to_string(copy) + ".jpg";
      copy_photo(names[i], to);
      // A byte after the end of the image makes it another photo with the same picture.
      std::ofstream(path(to), std::ios::binary | std::ios::app) << static_cast<char>(copy);
    }
  cluster();
  ASSERT_EQ(on_catalog({"people", "name", "1", "Anna"}).status, 0);
  const json before = cluster();
  const int faces = before["face_count"];
  write_compatible();
  ASSERT_EQ(on_catalog({"model", "upgrade", "v2.safetensors"}).status, 0);
  fs::remove(path("photos/0-0.jpg"));  // a photo that is away keeps its vector

  const int process = start({"embed", "--upgrade", "--threads", "1", "--catalog", catalog()});
  while (vectors().at("v2") == 0) usleep(20'000);
  kill(process, SIGINT);
  EXPECT_EQ(wait_for(process), 130);
  const int done = vectors().at("v2");
  EXPECT_GT(done, 0);
  ASSERT_LT(done, faces - 1) << "the run was over before it could be stopped";
  EXPECT_EQ(on_catalog({"catalog", "check"}).status, 0);

  const json halfway = cluster({});
  ASSERT_EQ(halfway["vectors"].size(), 2U);
  EXPECT_EQ(halfway["vectors"][1]["face_count"], done);
  EXPECT_EQ(person_of(halfway), person_of(before));

  const ProgramRun rest = on_catalog({"embed", "--upgrade", "--json"});
  EXPECT_EQ(rest.status, 0) << rest.err;
  EXPECT_EQ(rest.json()["embedded_face_count"], faces - 1 - done);
  EXPECT_EQ(rest.json()["left_face_count"], 0);
  EXPECT_EQ(rest.json()["missing_face_count"], 1);
  EXPECT_EQ(person_of(cluster({})), person_of(before));
}

TEST_F(UpgradeTest, VectorsOfTwoSizesCannotBeMeasuredAgainstEachOther) {
  const std::string small =
      write_model("small.safetensors", [](json& described) { described["embedding"] = 128; });
  const ProgramRun run = facenet({"eval", "lfw", "photos", "--against", small});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors(),
              ElementsAre("facenet: mobilefacenet-512 against " + small +
                          ": vectors of 512 and of 128 numbers cannot be compared; give two models "
                          "of one size"));
}

}  // namespace
}  // namespace facenet::test
