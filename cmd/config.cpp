#include <cstdlib>
#include <iostream>

#include "base/text.h"
#include "base/threads.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/configuration.h"
#include "cmd/output.h"
#include "weights/model_store.h"

namespace facenet {
namespace {

/// A default and where it comes from.
struct Default {
  std::string name, value, source;
  Json json;
};

Json json_value(const std::string& name, const std::string& value) {
  return name == "threads" ? Json(std::stoi(value)) : Json(to_valid_utf8(value));
}

/// As long as neither the file nor the environment says otherwise.
Default built_in_default(const std::string& name) {
  const std::string value = name == "catalog"    ? CommonOptions{}.catalog_path()
                            : name == "detector" ? DetectorOptions{}.detector
                            : name == "model"    ? kAutoEmbedder
                            : name == "threads"  ? std::to_string(available_threads())
                            : name == "videos"   ? "no"
                                                 : "";
  return {name,
          value.empty() ? "nothing" : value,
          "built in",
          {{"name", name},
           {"value", value.empty() ? Json(nullptr) : json_value(name, value)},
           {"source", "built in"}}};
}

Default default_of_file(const Configuration& configuration, const Setting& setting) {
  return {setting.name,
          setting.value,
          configuration.place_of(setting),
          {{"name", setting.name},
           {"value", json_value(setting.name, setting.value)},
           {"source", "file"},
           {"line", setting.line}}};
}

std::vector<Default> defaults_in_force(const Configuration& configuration) {
  std::vector<Default> defaults;
  for (const std::string& name : setting_names()) {
    const std::size_t before = defaults.size();
    if (Configuration::is_overridden({.name = name, .value = {}})) {
      const std::string value = environment_value(kCatalogVariable);
      defaults.push_back({name,
                          value,
                          fmt::format("environment {}", kCatalogVariable),
                          {{"name", name},
                           {"value", json_value(name, value)},
                           {"source", "environment"},
                           {"variable", kCatalogVariable}}});
      continue;
    }
    for (const Setting& setting : configuration.settings)
      if (setting.name == name) defaults.push_back(default_of_file(configuration, setting));
    if (defaults.size() == before) defaults.push_back(built_in_default(name));
  }
  return defaults;
}

void print_defaults_json(const Configuration& configuration) {
  Json json{{"file", nullptr}, {"exists", configuration.exists}, {"settings", Json::array()}};
  if (!configuration.path.empty()) json["file"] = to_valid_utf8(configuration.path);
  for (Default& one : defaults_in_force(configuration))
    json["settings"].push_back(std::move(one.json));
  print_json(json);
}

std::string state_of_file(const Configuration& configuration) {
  if (configuration.exists) return "";
  if (!configuration.path.empty()) return "there is no such file";
  return std::getenv(kConfigurationVariable) != nullptr
             ? fmt::format("environment {}", kConfigurationVariable)
             : "there is no home folder";
}

void print_defaults_text(const Configuration& configuration) {
  std::vector<Default> rows = {{"file",
                                configuration.path.empty() ? "none" : configuration.path,
                                state_of_file(configuration),
                                {}}};
  for (Default& one : defaults_in_force(configuration)) rows.push_back(std::move(one));
  for (const Default& row : rows)
    std::cout << fmt::format("{:10}{}{}\n", row.name, escape_control(row.value),
                             row.source.empty() ? "" : escape_control(" (" + row.source + ')'));
}

}  // namespace

ExitStatus run_config(Arguments arguments) {
  OutputOptions output;
  CommandLine line(
      "config [OPTIONS]",
      "Shows the defaults that commands use, and where each comes from: your configuration file, "
      "the environment, or facenet itself. An option on the command line wins over all of "
      "them.\n\n"
      "The configuration file is ~/.config/facenet/config, or what $FACENET_CONFIG names. Each "
      "line sets the default of one option: `threads = 4`. What follows # is a comment. These "
      "options can be set:");
  line.term("catalog", "the catalog; $FACENET_CATALOG wins over it");
  line.term("detector", "the detector of new catalogs; a catalog remembers its own");
  line.term(
      "exclude",
      "a pattern for files and folders to leave out; may be repeated, and `--exclude` adds to "
      "it");
  line.term("model", "the model of new catalogs; a catalog remembers its own");
  line.term("threads", "number of threads");
  output.add_json(line, "print one JSON document");
  if (!line.parse(arguments)) return ExitStatus::kOk;
  const Configuration configuration = read_configuration();
  output.json ? print_defaults_json(configuration) : print_defaults_text(configuration);
  return ExitStatus::kOk;
}

}  // namespace facenet
