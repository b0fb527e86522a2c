#include <iostream>

#include "base/logging.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/networks.h"
#include "cmd/output.h"
#include "nn/model_store.h"
#include "nn/safetensors.h"

namespace facenet {
namespace {

struct ModelOptions {
  CommonOptions common;
  OutputOptions output;
  std::string name, file;
  bool force = false;
  std::vector<std::string> words;
};

struct Totals {
  std::int64_t parameters = 0, multiply_adds = 0;
};

Totals totals(const std::vector<LayerInfo>& layers) {
  Totals sum;
  for (const LayerInfo& layer : layers) {
    sum.parameters += layer.parameters;
    sum.multiply_adds += layer.multiply_adds;
  }
  return sum;
}

std::string input_text(const ModelInfo& info) {
  return info.height == 0 ? fmt::format("{} channels, any size", info.channels)
                          : fmt::format("{}x{}x{}", info.channels, info.height, info.width);
}

ExitStatus list(const ModelOptions& options) {
  const auto models = list_models();
  if (options.output.json) {
    Json json{{"models", Json::array()}};
    for (const StoredModel& model : models) {
      json["models"].push_back({{"name", model.info.name},
                                {"kind", model.info.kind},
                                {"embedding", model.info.embedding},
                                {"path", to_valid_utf8(model.path)}});
    }
    print_json(json);
  } else {
    for (const StoredModel& model : models) {
      std::cout << fmt::format("{:24}{:10}{:24}{}\n", model.info.name, model.info.kind,
                               input_text(model.info), escape_control(model.path));
    }
  }
  if (!models.empty()) return ExitStatus::kOk;
  log_error("no models in {}; get them with scripts/models, or `facenet model import`",
            fmt::join(model_folders(), ", "));
  return ExitStatus::kNegative;
}

Json operating_point_json(const OperatingPoint& point) {
  return {{"verification", point.verification},
          {"clustering", point.clustering},
          {"midpoint", point.midpoint},
          {"steepness", point.steepness}};
}

Json info_json(const ModelInfo& info, const std::vector<LayerInfo>& layers,
               const SafetensorsFile& file) {
  const Totals sum = totals(layers);
  Json json{{"name", info.name},
            {"kind", info.kind},
            {"network", info.network},
            {"path", to_valid_utf8(file.path())},
            {"sha256", file.payload_sha256()},
            {"input", {info.channels, info.height, info.width}},
            {"embedding", info.embedding},
            {"alignment", info.alignment},
            {"parameters", sum.parameters},
            {"multiply_adds", sum.multiply_adds},
            {"layers", Json::array()},
            {"thresholds",
             {{"mirrored", operating_point_json(info.mirrored)},
              {"plain", operating_point_json(info.plain)}}},
            {"provenance", info.provenance}};
  for (const LayerInfo& layer : layers) {
    json["layers"].push_back({{"name", layer.name},
                              {"kind", layer.kind},
                              {"output", layer.output},
                              {"parameters", layer.parameters},
                              {"multiply_adds", layer.multiply_adds}});
  }
  return json;
}

void print_info_text(const ModelInfo& info, const std::vector<LayerInfo>& layers,
                     const SafetensorsFile& file) {
  const auto row = [](const std::string& what, const std::string& value) {
    std::cout << fmt::format("{:16}{}\n", what, escape_control(value));
  };
  const Totals sum = totals(layers);
  row("name", info.name);
  row("kind", info.kind);
  row("file", file.path());
  row("sha256", file.payload_sha256());
  row("input", input_text(info));
  if (info.embedding > 0) {
    row("embedding", std::to_string(info.embedding));
    row("alignment", info.alignment);
    row("thresholds",
        fmt::format("verify {:.3f}, cluster {:.3f} (without mirror image {:.3f}, {:.3f})",
                    info.mirrored.verification, info.mirrored.clustering, info.plain.verification,
                    info.plain.clustering));
  }
  row("parameters", with_thousands(sum.parameters));
  row("multiply-adds", with_thousands(sum.multiply_adds));
  for (const auto& [key, value] : info.provenance) row(key, value);
  std::cout << fmt::format("\n{:40}{:14}{:18}{:>12}{:>16}\n", "layer", "kind", "output",
                           "parameters", "multiply-adds");
  for (const LayerInfo& layer : layers) {
    std::cout << fmt::format("{:40}{:14}{:18}{:>12}{:>16}\n", layer.name, layer.kind,
                             fmt::format("{}", fmt::join(layer.output, "x")),
                             with_thousands(layer.parameters), with_thousands(layer.multiply_adds));
  }
}

ExitStatus info(const ModelOptions& options) {
  if (options.words.size() != 2) fail<UsageError>("usage: facenet model info NAME|FILE");
  const SafetensorsFile file(find_model(options.words[1]));
  const ModelInfo info = read_model_info(file);
  const auto layers = networks().describe_layers(file.path(), 0, 0);
  if (options.output.json) {
    print_json(info_json(info, layers, file));
  } else {
    print_info_text(info, layers, file);
  }
  return ExitStatus::kOk;
}

ExitStatus import(const ModelOptions& options) {
  const std::vector<std::string> files(options.words.begin() + 1, options.words.end());
  if (files.empty()) fail<UsageError>("usage: facenet model import FILE...");
  const std::string path =
      networks().import_model(files, options.name, options.file, options.force);
  if (options.output.json) {
    print_json({{"path", to_valid_utf8(path)}});
  } else {
    std::cout << escape_control(path) << '\n';
  }
  return ExitStatus::kOk;
}

}  // namespace

ExitStatus run_model(Arguments arguments) {
  ModelOptions options;
  CommandLine line(
      "model [list | info NAME|FILE | import FILE...] [OPTIONS]",
      "  list           weights that `--model` and `--detector` can name, and where they lie\n"
      "  info           layers, parameters, multiply-adds, thresholds and provenance of one\n"
      "  import FILE... converts published weights (.onnx, .tflite, dlib's .dat) to safetensors "
      "and\n"
      "                 prints the path written. MTCNN takes its three files: pnet, rnet, onet.");
  line.positionals("command", options.words, 0, SIZE_MAX);
  line.option("name", options.name, "NAME",
              "import: as which model (default: found by the files' hashes)");
  line.option("output,o", options.file, "FILE",
              "import: file to write (default: NAME.safetensors in the user's model folder)");
  line.flag("force", options.force, "import: replace the output file if it exists");
  options.output.add_json(line, "one JSON document");
  options.common.add_messages(line);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.common.apply();

  const std::string command = options.words.empty() ? "list" : options.words.front();
  if (command == "list") return list(options);
  if (command == "info") return info(options);
  if (command == "import") return import(options);
  fail<UsageError>("there is no `model {}`", command);
}

}  // namespace facenet
