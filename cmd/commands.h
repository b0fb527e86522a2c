#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "cmd/command_line.h"

namespace facenet {

struct Command;

/// Commands of a command: those of `facenet people`.
struct CommandGroup {
  std::span<const Command> commands = {};
  const char* description = "";  ///< of the command: paragraphs for `-h`
  bool has_preset = false;       ///< the first of them is what is done where none is named
};

/// One command of the program: a function in a file of its own, and a line in commands.cpp.
struct Command {
  const char* name;
  const char* summary;
  ExitStatus (*run)(Arguments arguments);  ///< null: it has commands of its own
  CommandGroup group = {};
  bool hidden = false;  ///< left out of the list of commands
};

/// All commands, in the order of the help text.
std::span<const Command> commands();

/// Runs the command that the words name: at least one. Throws UsageError, with a hint where to read
/// on.
ExitStatus run_command(std::span<const std::string> words);

/// What there is to say of a command, and of all. The words are its name: "eval", "lfw"; throws
/// UsageError when they name none.
CommandDescription describe(std::span<const std::string> words);
CommandDescription describe(const Command& command, const std::string& parent = "");
ProgramDescription describe_program();

ExitStatus run_align(Arguments arguments);
ExitStatus run_cluster(Arguments arguments);
ExitStatus run_completion(Arguments arguments);
ExitStatus run_config(Arguments arguments);
ExitStatus run_detect(Arguments arguments);
ExitStatus run_embed(Arguments arguments);
ExitStatus run_find(Arguments arguments);
ExitStatus run_forget(Arguments arguments);
ExitStatus run_help(Arguments arguments);
ExitStatus run_import(Arguments arguments);
ExitStatus run_insight(Arguments arguments);
ExitStatus run_report(Arguments arguments);
ExitStatus run_serve(Arguments arguments);
ExitStatus run_train(Arguments arguments);
ExitStatus run_photos(Arguments arguments);
ExitStatus run_verify(Arguments arguments);
ExitStatus run_watch(Arguments arguments);
ExitStatus run_who(Arguments arguments);

CommandGroup catalog_commands();
CommandGroup eval_commands();
CommandGroup export_commands();
CommandGroup model_commands();
CommandGroup people_commands();

}  // namespace facenet
