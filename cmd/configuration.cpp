#include "cmd/configuration.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include <boost/program_options/parsers.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/text.h"
#include "cmd/common_options.h"
#include "pipeline/exclusion.h"
#include "weights/model_store.h"
#include "weights/script_options.h"

namespace facenet {
namespace {

namespace po = boost::program_options;

/// The file holds for every folder that facenet is run in.
std::string lasting_path(const char* name, const std::string& value) {
  const std::string path = with_home(value);
  if (!path.starts_with('/')) fail("{} must begin with / or ~/, not be '{}'", name, value);
  return path;
}

std::string read_detector(const std::string& value) {
  if (std::ranges::count(detector_names(), value) == 0)
    fail("detector is {}, not '{}'", listed(detector_names(), "or"), value);
  return value;
}

std::string read_exclude(const std::string& value) {
  const std::string pattern = with_home(value);
  const Exclusion checked({pattern});
  return pattern;
}

/// A file may be away, as an external disk is, while commands run that need no model. A name that
/// is neither known nor that of a file is misspelt.
std::string read_model(const std::string& value) {
  const bool is_path =
      value.find('/') != std::string::npos || value.ends_with(".safetensors") || is_script(value);
  if (is_path) return lasting_path("the file of a model", value);
  const std::vector<std::string> names = known_embedders();
  if (std::ranges::count(names, value) > 0) return value;
  try {
    find_model(value);
  } catch (const Error&) {
    const auto meant = nearest_word(value, names);
    if (meant) fail("no model is called '{}'; did you mean {}?", value, *meant);
    throw;
  }
  return value;
}

std::string read_threads(const std::string& value) {
  int threads = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, threads);
  if (error != std::errc{} || stop != end || threads < 1 || threads > kMostThreads)
    fail("threads must be a number from 1 to {}, not '{}'", kMostThreads, value);
  return value;
}

std::string read_yes_or_no(const std::string& value) {
  if (value != "yes" && value != "no") fail("videos is yes or no, not '{}'", value);
  return value;
}

/// An option whose default the file can set.
struct KnownSetting {
  const char* name;
  /// The value as the option takes it. Throws Error that says why it cannot.
  std::string (*read)(const std::string& value);
  bool repeatable = false;
};

constexpr std::array kKnownSettings = {
    KnownSetting{"catalog",
                 [](const std::string& value) { return lasting_path("catalog", value); }},
    KnownSetting{"detector", read_detector},
    KnownSetting{"exclude", read_exclude, true},
    KnownSetting{"model", read_model},
    KnownSetting{"threads", read_threads},
    KnownSetting{"videos", read_yes_or_no},
};

const KnownSetting& known_setting(const std::string& name) {
  const auto found = std::ranges::find(kKnownSettings, name, &KnownSetting::name);
  if (found != kKnownSettings.end()) return *found;
  const auto names = setting_names();
  if (const auto meant = nearest_word(name, names))
    fail("there is no setting '{}'; did you mean {}?", name, *meant);
  fail("there is no setting '{}'; there are {}", name, listed(names, "and"));
}

/// The name and value of a line; nothing for one without.
std::vector<Setting> parse_line(const std::string& text) {
  const std::string content = text.substr(0, text.find('#'));
  if (content.find_first_not_of(" \t\r") == std::string::npos) return {};
  std::istringstream line(text);
  std::vector<Setting> settings;
  try {
    const po::options_description none;
    for (const auto& option : po::parse_config_file(line, none, true).options)
      settings.push_back({option.string_key, option.value.front(), 0});
  } catch (const po::error&) {
    settings.clear();
  }
  if (settings.empty()) fail("a line has the form `name = value`");  // a section, too
  return settings;
}

void add_line(const std::string& text, int line, std::vector<Setting>& settings) {
  for (Setting& setting : parse_line(text)) {
    const KnownSetting& known = known_setting(setting.name);
    if (setting.value.empty()) fail("{} has no value (# begins a comment)", setting.name);
    const auto before = std::ranges::find(settings, setting.name, &Setting::name);
    if (before != settings.end() && !known.repeatable)
      fail("{} stands in line {} already", setting.name, before->line);
    setting.value = known.read(setting.value);
    setting.line = line;
    settings.push_back(std::move(setting));
  }
}

std::string configuration_path() {
  if (const char* named = std::getenv(kConfigurationVariable); named != nullptr)
    return *named == '\0' ? "" : absolute_path(named);
  const std::string folder = user_configuration_folder();
  return folder.empty() ? "" : folder + "/config";
}

}  // namespace

bool Configuration::is_overridden(const Setting& setting) {
  return setting.name == "catalog" && !environment_value(kCatalogVariable).empty();
}

std::string Configuration::place_of(const Setting& setting) const {
  return fmt::format("{} line {}", path, setting.line);
}

std::string environment_value(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> setting_names() {
  std::vector<std::string> names;
  for (const KnownSetting& setting : kKnownSettings) names.emplace_back(setting.name);
  return names;
}

Configuration read_configuration() {
  Configuration configuration;
  configuration.path = configuration_path();
  const std::string& path = configuration.path;
  if (path.empty()) return configuration;
  std::ifstream file(path);
  if (!file) {
    const bool is_absent = errno == ENOENT || errno == ENOTDIR;
    if (is_absent && environment_value(kConfigurationVariable).empty()) return configuration;
    fail("{}: cannot open the configuration file: {}", path, std::strerror(errno));
  }
  configuration.exists = true;
  int line = 0;
  for (std::string text; std::getline(file, text);) {
    ++line;
    try {
      add_line(text, line, configuration.settings);
    } catch (const Error& error) {
      fail("{} line {}: {}", path, line, error.what());
    }
  }
  if (file.bad()) fail("{}: cannot read the configuration file: {}", path, std::strerror(errno));
  return configuration;
}

void show_configured_defaults(CommandDescription& command) {
  Configuration configuration;
  try {
    configuration = read_configuration();
  } catch (const Error&) {
    return;
  }
  for (OptionGroup& group : command.groups) {
    for (OptionDescription& option : group.options) {
      std::string values;
      for (const Setting& setting : configuration.settings)
        if (setting.name == option.name && !Configuration::is_overridden(setting))
          values += (values.empty() ? "" : ", ") + setting.value;
      if (!values.empty())
        option.default_value = fmt::format("{}, from {}", values, configuration.path);
    }
  }
}

}  // namespace facenet
