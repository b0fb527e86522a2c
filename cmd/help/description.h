#pragma once

#include <deque>
#include <string>
#include <vector>

namespace facenet {

// What a command says of itself. CommandLine collects it while a command names its options; help
// texts, man pages and completion scripts are all printed from it.
//
// Texts are plain: paragraphs are laid out where they are printed, and `backticks` mark what is
// typed.

/// What a shell offers for a value besides the values that are known.
enum class Completion { kNothing, kFiles, kFolders };

struct OptionDescription {
  std::string name = {};   ///< without dashes: "threads"
  char letter = 0;         ///< of the short form: 'q'; 0: there is none
  std::string value = {};  ///< how the value is called: "FILE"; empty: the option is a switch
  std::string default_value = {};  ///< as shown; empty: there is none, or `help` says what it is
  std::string help = {};
  bool rare = false;                      ///< shown by `-h --all` alone
  std::vector<std::string> choices = {};  ///< the only values there are
  std::vector<std::string> known = {};    ///< values among others: names of models
  Completion completion = Completion::kNothing;
};

struct OptionGroup {
  std::string heading;
  /// Not a vector: who described an option may go on to complete its description.
  std::deque<OptionDescription> options = {};
};

struct Paragraph {
  std::string term;  ///< what `text` explains; empty: a paragraph of its own
  std::string text;
};

/// The words behind a command that are no options.
struct ArgumentDescription {
  std::string name = {};  ///< of the first: "PATH"; empty: there are none
  std::vector<std::string> known = {};
  Completion completion = Completion::kNothing;
};

struct CommandDescription {
  std::string name = {};                   ///< "cluster", "eval lfw"
  std::string summary = {};                ///< one line without a full stop
  std::vector<std::string> synopses = {};  ///< "cluster [OPTIONS] [PATH...]"
  std::vector<Paragraph> paragraphs = {};
  std::vector<OptionGroup> groups = {};
  ArgumentDescription argument = {};
  std::vector<CommandDescription> subcommands = {};
  /// The sub-command that runs where none is named; empty: one has to be.
  std::string preset = {};
  bool hidden = false;  ///< left out of lists of commands
};

/// "lfw" of "eval lfw".
inline std::string short_name(const CommandDescription& command) {
  return command.name.substr(command.name.rfind(' ') + 1);
}

struct ProgramDescription {
  std::string summary = {};  ///< one line without a full stop
  std::vector<Paragraph> paragraphs = {};
  std::vector<CommandDescription> commands = {};
  std::vector<Paragraph> exit_statuses = {}, environment = {}, files = {};
};

}  // namespace facenet
