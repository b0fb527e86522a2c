#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <utility>

#include "base/logging.h"
#include "base/text.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/model/upgrade.h"
#include "cmd/output.h"
#include "face/align.h"
#include "pipeline/torch_module.h"
#include "weights/model_store.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

/// What the commands share.
struct ModelOptions {
  CommonOptions common;
  OutputOptions output;
  std::vector<std::string> words;

  /// False when there is nothing to do.
  bool parse(CommandLine& line, const Arguments& arguments) {
    output.add_json(line, "one JSON document");
    common.add_messages(line);
    if (!line.parse(arguments)) return false;
    common.apply();
    return true;
  }
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

ExitStatus list(Arguments arguments) {
  ModelOptions options;
  CommandLine line("model list [OPTIONS]",
                   "Lists the weights that `--model` and `--detector` can name, and where they "
                   "are.");
  options.output.add_json_lines(line, "model");
  if (!options.parse(line, arguments)) return ExitStatus::kOk;
  options.output.validate();
  const auto models = list_models();
  if (options.output.any_json()) {
    Json json{{"models", Json::array()}};
    for (const StoredModel& model : models) {
      json["models"].push_back({{"name", model.info.name},
                                {"kind", model.info.kind},
                                {"embedding", model.info.embedding},
                                {"path", to_valid_utf8(model.path)}});
    }
    print_records(json, "models", options.output);
  } else {
    for (const StoredModel& model : models) {
      std::cout << fmt::format("{:24}{:10}{:24}{}\n", escape_control(model.info.name),
                               escape_control(model.info.kind), input_text(model.info),
                               escape_control(model.path));
    }
  }
  if (!models.empty()) return ExitStatus::kOk;
  log_error("no models in {}; get them with scripts/models or `facenet model import`",
            fmt::join(model_folders(), ", "));
  return ExitStatus::kNegative;
}

/// What there is to say of a model, with or without weights.
struct Report {
  ModelInfo info;
  std::vector<LayerInfo> layers;
  std::string path{}, sha256{};  ///< empty without weights
};

Json report_json(const Report& report) {
  const ModelInfo& info = report.info;
  const Totals sum = totals(report.layers);
  Json json{{"name", info.name},
            {"kind", info.kind},
            {"network", info.network},
            {"path", report.path.empty() ? Json() : Json(to_valid_utf8(report.path))},
            {"sha256", report.sha256.empty() ? Json() : Json(report.sha256)},
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
  if (const auto& older = info.compatible_with) {
    json["compatible_with"] = {{"model", older->model},
                               {"weights_sha256", older->weights_sha256},
                               {"thresholds",
                                {{"mirrored", operating_point_json(older->mirrored)},
                                 {"plain", operating_point_json(older->plain)}}}};
  }
  for (const LayerInfo& layer : report.layers) {
    json["layers"].push_back({{"name", layer.name},
                              {"kind", layer.kind},
                              {"output", layer.output},
                              {"parameters", layer.parameters},
                              {"multiply_adds", layer.multiply_adds}});
  }
  return json;
}

std::string thresholds_text(const OperatingPoint& mirrored, const OperatingPoint& plain) {
  return fmt::format("verify {:.3f}, cluster {:.3f} (without mirror image {:.3f}, {:.3f})",
                     mirrored.verification, mirrored.clustering, plain.verification,
                     plain.clustering);
}

void print_report(const Report& report) {
  const auto row = [](const std::string& what, const std::string& value) {
    std::cout << fmt::format("{:15} {}\n", escape_control(what), escape_control(value));
  };
  const ModelInfo& info = report.info;
  const Totals sum = totals(report.layers);
  row("name", info.name);
  row("kind", info.kind);
  row("file", report.path.empty() ? "none: a network without weights" : report.path);
  if (!report.sha256.empty()) row("sha256", report.sha256);
  row("input", input_text(info));
  if (info.embedding > 0) {
    row("embedding", std::to_string(info.embedding));
    row("alignment", info.alignment);
    row("thresholds", thresholds_text(info.mirrored, info.plain));
  }
  if (const auto& older = info.compatible_with) {
    row("compatible with", fmt::format("{}, weights {:.12}", older->model, older->weights_sha256));
    row("  across", thresholds_text(older->mirrored, older->plain));
  }
  row("parameters", with_thousands(sum.parameters));
  row("multiply-adds", with_thousands(sum.multiply_adds));
  for (const auto& [key, value] : info.provenance) {
    if (key != "thresholds") row(key, value);
  }
  if (info.provenance.contains("thresholds")) {
    row("", "thresholds: " + info.provenance.at("thresholds"));
  }
  std::cout << fmt::format("\n{:40}{:20}{:18}{:>12}{:>16}\n", "layer", "kind", "output",
                           "parameters", "multiply-adds");
  for (const LayerInfo& layer : report.layers) {
    std::cout << fmt::format("{:40}{:20}{:18}{:>12}{:>16}\n", escape_control(layer.name),
                             escape_control(layer.kind),
                             fmt::format("{}", fmt::join(layer.output, "x")),
                             with_thousands(layer.parameters), with_thousands(layer.multiply_adds));
  }
}

/// A network without weights is described where there is no file of that name, and where the
/// options ask for another one than the file holds.
bool means_design(const std::string& name, const NetworkOptions& options) {
  const KnownModel* model = find_known_model(name);
  if (model == nullptr || !model->sources.empty()) return false;
  if (options.embedding > 0 || options.batch_norm) return true;
  const auto stored = list_models();
  return std::none_of(stored.begin(), stored.end(),
                      [&](const StoredModel& one) { return one.info.name == name; });
}

Report report_of(const std::string& name, const NetworkOptions& options) {
  options.validate();
  if (means_design(name, options)) {
    ModelDescription design = torch_functions().describe_network(name, options);
    return {.info = std::move(design.info), .layers = std::move(design.layers)};
  }
  if (options.embedding > 0 || options.batch_norm) {
    fail<UsageError>("--embedding and --batch-norm are for networks without weights, such as nn2");
  }
  const SafetensorsFile file(find_model(name));
  return {.info = read_model_info(file),
          .layers = torch_functions().describe_layers(file.path(), 0, 0),
          .path = file.path(),
          .sha256 = file.payload_sha256()};
}

ExitStatus info(Arguments arguments) {
  ModelOptions options;
  NetworkOptions network;
  CommandLine line(
      "model info [OPTIONS] NAME|FILE",
      "Describes a model: layers, parameters, multiply-adds, thresholds and origin. NAME can also "
      "be a network without weights: nn1, nn2, nn3, nn4, nns1, nns2 or inception-resnet-v1.");
  auto& known =
      line.positionals("NAME|FILE: give the name of a model or a weights file", options.words, 1, 1)
          .known;
  for (const KnownModel& model : known_models()) known.push_back(model.info.name);
  line.option("embedding", network.embedding, "N",
              "size of the vectors, for a network without weights (0: the network's own)");
  line.flag("batch-norm", network.batch_norm,
            "add batch norm after every convolution, for a network without weights");
  if (!options.parse(line, arguments)) return ExitStatus::kOk;
  const Report report = report_of(options.words.front(), network);
  if (options.output.json) {
    print_json(report_json(report));
  } else {
    print_report(report);
  }
  return ExitStatus::kOk;
}

/// "127.5", or "123,117,104" for red, green and blue in the order of the network.
std::array<float, 3> three_numbers(const std::string& text, const char* option) {
  std::array<float, 3> numbers{};
  int used = 0;
  const int count = std::sscanf(text.c_str(), "%f%n,%f,%f%n", &numbers[0], &used, &numbers[1],
                                &numbers[2], &used);
  if (count == 1 && static_cast<std::size_t>(used) == text.size()) {
    return {numbers[0], numbers[0], numbers[0]};
  }
  if (count == 3 && static_cast<std::size_t>(used) == text.size()) return numbers;
  fail<UsageError>("--{} {}: give one number, or three with commas between them", option, text);
}

struct ImportCommand : ModelOptions {
  ImportOptions import;
  bool bgr = false;           ///< of a new embedder, as the next three
  std::string mean, divisor;  ///< one number or three
  std::string alignment;

  void add_new_embedder(CommandLine& line) {
    line.heading("A new embedder");
    line.flag("bgr", bgr, "it takes the channels as blue, green, red");
    line.option("mean", mean, "X[,Y,Z]",
                "what is subtracted from the pixel values (default: 127.5)");
    line.option("divisor", divisor, "X[,Y,Z]",
                "what they are divided by after that (default: 127.5)");
    line.option("alignment", alignment, "NAME",
                "where it expects eyes, nose and mouth: arcface-112 (default) or dlib-150")
        .choices = {"arcface-112", "dlib-150"};
  }
};

Normalisation normalisation(const ImportCommand& options) {
  Normalisation chosen = kUsualNormalisation;
  chosen.bgr = options.bgr;
  if (!options.mean.empty()) chosen.mean = three_numbers(options.mean, "mean");
  if (!options.divisor.empty()) chosen.divisor = three_numbers(options.divisor, "divisor");
  return chosen;
}

ExitStatus import(Arguments arguments) {
  ImportCommand options;
  CommandLine line(
      "model import [OPTIONS] FILE...",
      "Converts weights (.onnx, .tflite, .safetensors, or dlib's .dat) to facenet's own format, "
      "and prints the path of the new file. For MTCNN, give its three files: pnet, rnet, onet. "
      "Files in facenet's format, as `facenet train` writes them, can be given another name or "
      "stored in half the size.");
  line.positionals("FILE: give the files to convert", options.words, 1, SIZE_MAX);
  line.option("name", options.import.name, "NAME",
              "name of the model (default: recognised by the files' hashes). With a new name, one "
              ".onnx or .tflite file becomes a new embedder");
  line.option("network", options.import.network, "NAME",
              "network of a .safetensors file from elsewhere: inception-resnet-v1");
  line.option("output,o", options.import.output, "FILE",
              "file to write (default: NAME.safetensors in your folder of models)");
  line.flag("half", options.import.half, "store numbers in 16 bits, which halves the size");
  line.flag("force", options.import.overwrite, "replace the output file if it exists");
  options.add_new_embedder(line);
  if (!options.parse(line, arguments)) return ExitStatus::kOk;
  ImportOptions chosen = options.import;
  if (options.bgr || !options.mean.empty() || !options.divisor.empty()) {
    chosen.normalisation = normalisation(options);
  }
  if (!options.alignment.empty()) chosen.alignment = find_alignment(options.alignment).name;
  const std::string path = torch_functions().import_model(options.words, chosen);
  if (options.output.json) {
    print_json({{"path", to_valid_utf8(path)}});
  } else {
    std::cout << escape_control(path) << '\n';
  }
  return ExitStatus::kOk;
}

ExitStatus upgrade(Arguments arguments) {
  ModelOptions options;
  CommandLine line(
      "model upgrade [OPTIONS] NAME|FILE",
      "Changes the catalog's model without reading any photo. The new model must have been trained "
      "to be compatible with the present one; `facenet model info` says if it was. People, names "
      "and everything you have said stay. New photos get vectors of the new model, and faces that "
      "are already there keep their vectors until `facenet embed --upgrade`. To go back, name the "
      "earlier model: vectors are never deleted.");
  line.positionals("NAME|FILE: give the name of a model or a weights file", options.words, 1, 1)
      .known = known_embedders();
  options.common.add_catalog(line);
  if (!options.parse(line, arguments)) return ExitStatus::kOk;
  return model_upgrade(options.common, options.words.front(), options.output.json);
}

constexpr std::array kModelCommands = {
    Command{"list", "list the models whose weights are installed", list},
    Command{"info", "describe a model: layers, thresholds, origin", info},
    Command{"import", "convert weights to facenet's format", import},
    Command{"upgrade", "change the catalog's model to a compatible one", upgrade},
};

}  // namespace

CommandGroup model_commands() {
  return {kModelCommands,
          "Lists, describes, imports and changes models: networks with their weights.", true};
}

}  // namespace facenet
