#pragma once

#include <string>
#include <vector>

#include "cmd/help/description.h"

namespace facenet {

/// A line of the configuration file: the default of an option.
struct Setting {
  std::string name;  ///< of the option: "model"
  std::string value;
  int line = 0;
};

/// The user's configuration file, in the format of Boost.ProgramOptions: `name = value` lines, with
/// comments from # on.
struct Configuration {
  std::string path;  ///< where it is, or would be; empty: none is wanted, or there is no home
  bool exists = false;
  std::vector<Setting> settings;

  /// True for a setting that a variable of the environment takes the place of.
  static bool is_overridden(const Setting& setting);
  /// "/home/you/.config/facenet/config line 3"
  std::string place_of(const Setting& setting) const;
};

inline constexpr const char* kCatalogVariable = "FACENET_CATALOG";
inline constexpr const char* kConfigurationVariable = "FACENET_CONFIG";

/// A variable of the environment, empty when it is not set.
std::string environment_value(const char* name);

/// Names of the options whose defaults the file can set, sorted.
std::vector<std::string> setting_names();

/// Reads $FACENET_CONFIG, else $XDG_CONFIG_HOME/facenet/config, else ~/.config/facenet/config; none
/// where $FACENET_CONFIG is empty. Throws Error that names file and line when the file cannot be
/// read, has unknown names, or values that their options do not take.
Configuration read_configuration();

/// Puts the user's defaults in place of the built-in ones. Of a file that cannot be read, a help
/// text says nothing.
void show_configured_defaults(CommandDescription& command);

}  // namespace facenet
