#include "weights/model_info.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "test/support/temporary_folder.h"
#include "weights/model_store.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

ModelInfo example() {
  ModelInfo info;
  info.name = "example";
  info.kind = "embedder";
  info.network = "graph";
  info.height = 96;
  info.width = 80;
  info.embedding = 7;
  info.normalisation = {.bgr = true, .mean = {1, 2, 3}, .divisor = {4, 5, 6}};
  info.alignment = "arcface-112";
  info.plain = {.verification = 1, .clustering = 2, .midpoint = 3, .steepness = 4};
  info.mirrored = {.verification = 5, .clustering = 6, .midpoint = 7, .steepness = 8};
  info.provenance = {{"source", "made by hand"}};
  return info;
}

TEST(ModelInfo, KeepsEverythingThroughJson) {
  const auto json = to_json(example());
  EXPECT_EQ(json["input"], nlohmann::json({3, 96, 80}));
  EXPECT_EQ(json["thresholds"]["mirrored"]["clustering"], 6);
  const ModelInfo read = model_info_from_json(nlohmann::json::parse(json.dump()));
  EXPECT_EQ(to_json(read), json);
  EXPECT_TRUE(read.normalisation.bgr);
  EXPECT_EQ(read.normalisation.divisor[2], 6);
  EXPECT_EQ(read.width, 80);
  EXPECT_EQ(read.mirrored.steepness, 8);
  EXPECT_EQ(read.provenance.at("source"), "made by hand");
}

TEST(ModelInfo, NamesTheKeyThatIsMissingOrWrong) {
  const auto json = to_json(example());
  for (const auto& [key, value] : json.items()) {
    auto without = json;
    without.erase(key);
    EXPECT_THAT([&] { model_info_from_json(without); },
                ThrowsMessage<Error>(HasSubstr("lacks \"" + key + "\"")));
  }
  const auto expect_wrong = [&](const char* pointer, const nlohmann::json& value, const char* key) {
    auto wrong = json;
    wrong[nlohmann::json::json_pointer(pointer)] = value;
    EXPECT_THAT([&] { model_info_from_json(wrong); }, ThrowsMessage<Error>(HasSubstr(key)));
  };
  expect_wrong("/name", 3, "\"name\" has the wrong type");
  expect_wrong("/kind", "oracle", "\"kind\"");
  expect_wrong("/embedding", 0, "\"embedding\"");
  expect_wrong("/input", {3, 112}, "\"input\"");
  expect_wrong("/input", {1, 112, 112}, "\"input\"");
  expect_wrong("/input", {3, -1, 112}, "\"input\"");
  expect_wrong("/normalisation/channels", "hsv", "\"channels\"");
  expect_wrong("/normalisation/divisor", {1, 0, 1}, "\"divisor\"");
  expect_wrong("/thresholds/plain", 1, "lacks \"verification\"");
  EXPECT_THROW(model_info_from_json(nlohmann::json::array()), Error);
}

ModelInfo compatible_example() {
  ModelInfo info = example();
  info.compatible_with = {.model = "older",
                          .weights_sha256 = std::string(64, 'a'),
                          .plain = {.verification = 1.1, .clustering = 1.2},
                          .mirrored = {.verification = 1.3, .midpoint = 1.4, .steepness = 9}};
  return info;
}

TEST(ModelInfo, KeepsWhatItIsCompatibleWith) {
  EXPECT_FALSE(to_json(example()).contains("compatible_with"));
  EXPECT_FALSE(model_info_from_json(to_json(example())).compatible_with);
  const auto json = to_json(compatible_example());
  const auto read = model_info_from_json(nlohmann::json::parse(json.dump())).compatible_with;
  ASSERT_TRUE(read);
  EXPECT_EQ(read->model, "older");
  EXPECT_EQ(read->weights_sha256, std::string(64, 'a'));
  EXPECT_EQ(read->operating_point(false).clustering, 1.2);
  EXPECT_EQ(read->operating_point(true).verification, 1.3);
  EXPECT_EQ(read->operating_point(true).steepness, 9);
}

TEST(ModelInfo, ADamagedCompatibilityIsNoCompatibility) {
  const auto expect_wrong = [](const char* pointer, const nlohmann::json& value, const char* key) {
    auto wrong = to_json(compatible_example());
    wrong[nlohmann::json::json_pointer(pointer)] = value;
    EXPECT_THAT([&] { model_info_from_json(wrong); }, ThrowsMessage<Error>(HasSubstr(key)));
  };
  expect_wrong("/compatible_with", "older", "lacks \"model\"");
  expect_wrong("/compatible_with", nullptr, "lacks \"model\"");
  expect_wrong("/compatible_with/model", 1, "\"model\" has the wrong type");
  expect_wrong("/compatible_with/weights_sha256", std::string(63, 'a'), "SHA-256");
  expect_wrong("/compatible_with/weights_sha256", std::string(64, 'A'), "SHA-256");
  expect_wrong("/compatible_with/thresholds", 1, "lacks \"plain\"");
  expect_wrong("/compatible_with/thresholds/mirrored", 1, "lacks \"verification\"");
  expect_wrong("/compatible_with/thresholds/plain/midpoint", "1", "\"midpoint\"");
}

TEST(ModelInfo, AFileWithoutADescriptionIsNamed) {
  const TemporaryFolder folder;
  const std::string path = folder.path("model.safetensors");
  const auto expect_error = [&](const std::map<std::string, std::string>& metadata) {
    write_safetensors(path, {}, metadata, true);
    EXPECT_THAT([&] { read_model_info(SafetensorsFile(path)); },
                ThrowsMessage<Error>(AllOf(HasSubstr(path), HasSubstr("facenet model import"))));
  };
  expect_error({});
  expect_error({{"facenet", "{ not json"}});
  expect_error({{"facenet", "{}"}});
  write_safetensors(path, {}, {{"facenet", to_json(example()).dump()}}, true);
  EXPECT_EQ(read_model_info(SafetensorsFile(path)).name, "example");
}

TEST(KnownModels, AreCompleteAndFoundByName) {
  for (const char* name : {kDefaultEmbedder, kDefaultDetector}) {
    ASSERT_NE(find_known_model(name), nullptr) << name;
  }
  EXPECT_EQ(find_known_model("no-such-model"), nullptr);
  for (const KnownModel& model : known_models()) {
    SCOPED_TRACE(model.info.name);
    EXPECT_EQ(find_known_model(model.info.name), &model);
    EXPECT_EQ(to_json(model_info_from_json(to_json(model.info))), to_json(model.info));
    for (const auto& source : model.sources) EXPECT_EQ(source.sha256.size(), 64U);
    EXPECT_TRUE(model.info.provenance.contains(model.sources.empty() ? "architecture" : "licence"));
  }
}

}  // namespace
}  // namespace facenet
