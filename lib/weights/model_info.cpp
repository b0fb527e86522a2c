#include "weights/model_info.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

const nlohmann::json& member(const nlohmann::json& json, const char* key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  if (!json.is_object() || found == json.end()) {
    fail("the model description lacks \"{}\"", key);
  }
  return *found;
}

template <class T>
T value(const nlohmann::json& json, const char* key) {
  const nlohmann::json& found = member(json, key);
  try {
    return found.get<T>();
  } catch (const nlohmann::json::exception&) {
    fail("the model description's \"{}\" has the wrong type", key);
  }
}

nlohmann::json point_to_json(const OperatingPoint& point) {
  nlohmann::json json{{"verification", point.verification},
                      {"clustering", point.clustering},
                      {"midpoint", point.midpoint},
                      {"steepness", point.steepness}};
  if (point.joins.is_measured())
    json["joins"] = {{"strangers", point.joins.strangers}, {"even", point.joins.even},
                     {"crowd", point.joins.crowd},         {"fewer", point.joins.fewer},
                     {"more", point.joins.more},           {"slope", point.joins.slope},
                     {"ceiling", point.joins.ceiling}};
  if (const auto& constants = point.recognisability; constants.is_measured())
    json["recognisability"] = {{"length", constants.length},
                               {"sharpness", constants.sharpness},
                               {"offset", constants.offset}};
  return json;
}

/// Weights of before have none.
JoinConstants joins_from_json(const nlohmann::json& json) {
  const auto found = json.find("joins");
  if (found == json.end()) return {};
  const JoinConstants joins{.strangers = value<double>(*found, "strangers"),
                            .even = value<double>(*found, "even"),
                            .crowd = value<double>(*found, "crowd"),
                            .fewer = value<double>(*found, "fewer"),
                            .more = value<double>(*found, "more"),
                            .slope = value<double>(*found, "slope"),
                            .ceiling = value<double>(*found, "ceiling")};
  constexpr double kFarthest = 4;  // of unit vectors
  if (!(joins.strangers > 0 && joins.strangers <= kFarthest && joins.slope > 0 &&
        joins.ceiling >= -1 && joins.ceiling < 1))
    fail("the model description's \"joins\" make no sense");
  return joins;
}

RecognisabilityConstants recognisability_from_json(const nlohmann::json& json) {
  const auto found = json.find("recognisability");
  if (found == json.end()) return {};
  const RecognisabilityConstants constants{.length = value<double>(*found, "length"),
                                           .sharpness = value<double>(*found, "sharpness"),
                                           .offset = value<double>(*found, "offset")};
  if (!std::isfinite(constants.length) || !std::isfinite(constants.sharpness) ||
      !std::isfinite(constants.offset))
    fail("the model description's \"recognisability\" makes no sense");
  return constants;
}

OperatingPoint point_from_json(const nlohmann::json& json) {
  return {.verification = value<double>(json, "verification"),
          .clustering = value<double>(json, "clustering"),
          .midpoint = value<double>(json, "midpoint"),
          .steepness = value<double>(json, "steepness"),
          .joins = joins_from_json(json),
          .recognisability = recognisability_from_json(json)};
}

nlohmann::json points_to_json(const OperatingPoint& plain, const OperatingPoint& mirrored) {
  return {{"plain", point_to_json(plain)}, {"mirrored", point_to_json(mirrored)}};
}

nlohmann::json compatibility_to_json(const Compatibility& compatibility) {
  return {{"model", compatibility.model},
          {"weights_sha256", compatibility.weights_sha256},
          {"thresholds", points_to_json(compatibility.plain, compatibility.mirrored)}};
}

Compatibility compatibility_from_json(const nlohmann::json& json) {
  Compatibility result;
  result.model = value<std::string>(json, "model");
  result.weights_sha256 = value<std::string>(json, "weights_sha256");
  constexpr std::size_t kDigits = 64;
  if (result.weights_sha256.size() != kDigits ||
      result.weights_sha256.find_first_not_of("0123456789abcdef") != std::string::npos) {
    fail("the model description's \"weights_sha256\" is not a SHA-256 in hexadecimal");
  }
  const nlohmann::json& thresholds = member(json, "thresholds");
  result.plain = point_from_json(member(thresholds, "plain"));
  result.mirrored = point_from_json(member(thresholds, "mirrored"));
  return result;
}

Normalisation normalisation_from_json(const nlohmann::json& json) {
  Normalisation result;
  const auto order = value<std::string>(json, "channels");
  if (order != "rgb" && order != "bgr") {
    fail("the model description's \"channels\" is neither \"rgb\" nor \"bgr\"");
  }
  result.bgr = order == "bgr";
  result.mean = value<std::array<float, 3>>(json, "mean");
  result.divisor = value<std::array<float, 3>>(json, "divisor");
  for (const float divisor : result.divisor) {
    if (divisor == 0) fail("the model description's \"divisor\" has a zero");
  }
  return result;
}

void check(const ModelInfo& info) {
  if (info.kind != "embedder" && info.kind != "detector") {
    fail("the model description's \"kind\" is neither \"embedder\" nor \"detector\"");
  }
  constexpr int kLargest = 1 << 16;
  const auto sane = [](int n) { return n >= 0 && n <= kLargest; };
  if (info.channels != 3 || !sane(info.height) || !sane(info.width)) {
    fail("the model description's \"input\" is not the size of a colour image");
  }
  if (!sane(info.embedding) || (info.kind == "embedder") != (info.embedding > 0)) {
    fail("the model description's \"embedding\" is not a dimension that fits its \"kind\"");
  }
}

}  // namespace

nlohmann::json to_json(const ModelInfo& info) {
  nlohmann::json json{{"name", info.name},
                      {"kind", info.kind},
                      {"network", info.network},
                      {"input", {info.channels, info.height, info.width}},
                      {"embedding", info.embedding},
                      {"normalisation",
                       {{"channels", info.normalisation.bgr ? "bgr" : "rgb"},
                        {"mean", info.normalisation.mean},
                        {"divisor", info.normalisation.divisor}}},
                      {"alignment", info.alignment},
                      {"thresholds", points_to_json(info.plain, info.mirrored)},
                      {"provenance", info.provenance}};
  if (info.compatible_with) json["compatible_with"] = compatibility_to_json(*info.compatible_with);
  return json;
}

ModelInfo model_info_from_json(const nlohmann::json& json) {
  ModelInfo info;
  info.name = value<std::string>(json, "name");
  info.kind = value<std::string>(json, "kind");
  info.network = value<std::string>(json, "network");
  const auto input = value<std::array<int, 3>>(json, "input");
  info.channels = input[0];
  info.height = input[1];
  info.width = input[2];
  info.embedding = value<int>(json, "embedding");
  info.normalisation = normalisation_from_json(member(json, "normalisation"));
  info.alignment = value<std::string>(json, "alignment");
  const nlohmann::json& thresholds = member(json, "thresholds");
  info.plain = point_from_json(member(thresholds, "plain"));
  info.mirrored = point_from_json(member(thresholds, "mirrored"));
  info.provenance = value<std::map<std::string, std::string>>(json, "provenance");
  if (const auto found = json.find("compatible_with"); found != json.end()) {
    info.compatible_with = compatibility_from_json(*found);
  }
  check(info);
  return info;
}

ModelInfo read_model_info(const SafetensorsFile& file) {
  const auto found = file.metadata().find("facenet");
  if (found == file.metadata().end()) {
    fail("{}: not a weights file of facenet; convert it with \"facenet model import\"",
         file.path());
  }
  const auto json = nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  try {
    return model_info_from_json(json);
  } catch (const Error& error) {
    fail("{}: {}; make the file again with \"facenet model import\"", file.path(), error.what());
  }
}

}  // namespace facenet
