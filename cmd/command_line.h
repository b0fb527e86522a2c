#pragma once

#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace facenet {

/// The arguments of one command: which options it knows, where their values go, and its help text.
/// This and its .cpp are the only places that know of Boost.ProgramOptions.
class CommandLine {
 public:
  /// `synopsis`: "cluster PHOTOS..."; `description`: paragraphs for `-h`.
  CommandLine(std::string synopsis, std::string description);
  ~CommandLine();

  /// Options that follow are listed under this heading.
  void heading(const std::string& text);

  /// Adds `--name` (or "name,n" for a short form too) that stores its value in `target`, whose
  /// present value is the default that the help shows. T: std::string, bool (a switch), int,
  /// std::int64_t, double, std::vector<std::string>. `value_name` stands in the help: "FILE".
  template <class T>
  void option(const std::string& name, T& target, const std::string& value_name,
              const std::string& help);
  void flag(const std::string& name, bool& target, const std::string& help);
  /// A switch that sets `target` to false: --no-flip.
  void negative_flag(const std::string& name, bool& target, const std::string& help);

  /// Arguments without a dash, between `least` and `most` of them.
  void positionals(const std::string& name, std::vector<std::string>& target, std::size_t least,
                   std::size_t most);

  /// Reads the arguments (without the command's name). False when `-h` was among them and the help
  /// has been printed to stdout. Throws UsageError.
  bool parse(std::span<const std::string> arguments);

  /// True when the option was given, as opposed to left at its default.
  bool given(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace facenet
