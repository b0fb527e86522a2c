#pragma once

#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "cmd/help/description.h"

namespace facenet {

/// Headings of what most commands have.
inline constexpr const char* kOutputHeading = "Output";
inline constexpr const char* kSpeedHeading = "Speed";
inline constexpr const char* kGeneralHeading = "General";

/// What a command is called with.
struct Arguments {
  std::string command;                      ///< its name: "eval lfw"
  std::span<const std::string> words = {};  ///< what stands behind the name
  /// Where it is set, the command is not to run but to be described there: parse() does so, and
  /// returns false.
  CommandDescription* description = nullptr;
};

/// The arguments of one command: which options it knows, where their values go, and what it says
/// of itself. Options that are not given take their values from the user's configuration file. Only
/// command_line.cpp and configuration.cpp know of Boost.ProgramOptions.
class CommandLine {
 public:
  /// `synopsis`: "cluster [OPTIONS] [PATH...]", and more of them below in lines of their own.
  /// `description`: paragraphs with an empty line between; they are laid out where they are shown.
  CommandLine(const std::string& synopsis, const std::string& description);
  ~CommandLine();

  /// An entry of a list below what has been described: a term and what it means.
  void term(const std::string& term, const std::string& text);
  void paragraph(const std::string& text);

  /// Options that follow are listed under this heading, beside those that stand there already.
  /// Groups are shown in the order in which they were first named; kSpeedHeading and
  /// kGeneralHeading come last.
  void heading(const std::string& text);
  const std::string& heading() const;

  /// Adds `--name` (or "name,n" for a short form too) that stores its value in `target`, whose
  /// present value is the default that the help shows. T: std::string, int, std::int64_t, double,
  /// std::vector<std::string>, which may be given more than once. `value_name` stands in the help:
  /// "FILE". The description may be completed: `line.option(…).choices = {"fast", "exact"}`.
  template <class T>
  OptionDescription& option(const std::string& name, T& target, const std::string& value_name,
                            const std::string& help);
  OptionDescription& flag(const std::string& name, bool& target, const std::string& help);
  /// A switch that sets `target` to false: --no-flip.
  OptionDescription& negative_flag(const std::string& name, bool& target, const std::string& help);

  /// Arguments without a dash, between `least` and `most` of them. `name`: "PATH: give photos or
  /// folders", as the message says when one is missing.
  ArgumentDescription& positionals(const std::string& name, std::vector<std::string>& target,
                                   std::size_t least, std::size_t most);

  /// Reads the arguments. False when the command has nothing to do: `-h` was among them and the
  /// help has been printed to stdout, or only the description was asked for. Throws UsageError.
  bool parse(const Arguments& arguments);

  /// True when the option was given, as opposed to left at its default or that of the user's
  /// configuration.
  bool given(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Options are listed under another heading as long as this lives.
class Heading {
 public:
  Heading(CommandLine& line, const std::string& text) : line_(line), before_(line.heading()) {
    line.heading(text);
  }
  ~Heading() { line_.heading(before_); }
  Heading(const Heading&) = delete;
  Heading& operator=(const Heading&) = delete;

 private:
  CommandLine& line_;
  std::string before_;
};

/// True when help is asked for, which then is all that happens.
bool asks_for_help(std::span<const std::string> words);
/// True when rare options are wanted too.
bool asks_for_all(std::span<const std::string> words);

/// Paragraphs of a text: an empty line stands between two.
std::vector<Paragraph> paragraphs_of(const std::string& text);

}  // namespace facenet
