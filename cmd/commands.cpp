#include "cmd/commands.h"

#include <algorithm>
#include <array>
#include <iostream>

#include "base/nearest.h"
#include "base/text.h"
#include "cmd/help/help_text.h"
#include "cmd/help/layout.h"

namespace facenet {
namespace {

constexpr const char* kDescription =
    "Finds the people in a photo library. It detects every face, turns it into a vector that is "
    "close to other vectors of the same person, and groups the faces into people. Start with "
    "`facenet cluster FOLDER`.\n\n"
    "Results go to stdout, everything else to stderr.";

std::vector<std::string> names_of(std::span<const Command> commands) {
  std::vector<std::string> names;
  for (const Command& command : commands) names.emplace_back(command.name);
  return names;
}

const Command* find_command(std::span<const Command> commands, const std::string& name) {
  const auto found = std::ranges::find(commands, name, &Command::name);
  return found == commands.end() ? nullptr : &*found;
}

std::string joined(const std::string& parent, const std::string& name) {
  return parent.empty() ? name : parent + ' ' + name;
}

/// The message says all there is to say: no hint where to read on follows.
[[noreturn]] void no_such_command(std::span<const Command> commands, const std::string& parent,
                                  const std::string& name) {
  constexpr std::size_t kFew = 6;  // that a message has room for
  const std::string what = parent.empty() ? fmt::format("there is no command '{}'", name)
                                          : fmt::format("there is no `{} {}`", parent, name);
  const auto names = names_of(commands);
  if (const auto meant = nearest_word(name, names))
    fail("{}; did you mean `facenet {}`?", what, joined(parent, *meant));
  if (parent.empty()) fail("{}; `facenet -h` lists them", what);
  if (names.size() > kFew) fail("{}; see `facenet {} -h`", what, parent);
  fail("{}; there are {}; see `facenet {} -h`", what, listed(names, "and"), parent);
}

/// Whoever used the command wrongly is told where to read on.
ExitStatus run_leaf(const Command& command, const std::string& name,
                    std::span<const std::string> words) {
  try {
    return command.run({.command = name, .words = words});
  } catch (const UsageError& error) {
    fail<UsageError>("{}; see `facenet {} -h`", error.what(), name);
  }
}

ExitStatus run(const Command& command, const std::string& name,
               std::span<const std::string> words) {
  const CommandGroup& group = command.group;
  if (group.commands.empty()) return run_leaf(command, name, words);
  if (!words.empty() && !words.front().starts_with('-')) {
    const Command* subcommand = find_command(group.commands, words.front());
    if (subcommand == nullptr) no_such_command(group.commands, name, words.front());
    return run(*subcommand, joined(name, subcommand->name), words.subspan(1));
  }
  if (asks_for_help(words)) {
    print_command_help(std::cout, describe(command), text_width(), asks_for_all(words));
    return ExitStatus::kOk;
  }
  if (!group.has_preset) {
    fail<UsageError>("say what to do: {}; see `facenet {} -h`",
                     listed(names_of(group.commands), "or"), name);
  }
  return run(group.commands.front(), joined(name, group.commands.front().name), words);
}

}  // namespace

std::span<const Command> commands() {
  static const std::array kCommands = {
      Command{"cluster", "find the people in photo folders", run_cluster},
      Command{"watch", "follow photo folders, and say who is in new photos", run_watch},
      Command{"people", "list, name, merge, split and review people", nullptr, people_commands()},
      Command{"serve", "look at the people in your browser, and name them there", run_serve},
      Command{"photos", "list photos without faces, unreadable, missing or of some people",
              run_photos},
      Command{"who", "say who is in a photo", run_who},
      Command{"find", "find all photos of the person in a photo", run_find},
      Command{"export", "put what was found where other programs can use it", nullptr,
              export_commands()},
      Command{"import", "take over the names that faces have in other programs", run_import},
      Command{"report", "make a page to look at the people with", run_report},
      Command{"forget", "take people or photos out of the catalog for good", run_forget},
      Command{"verify", "say whether two photos show the same person", run_verify},
      Command{"detect", "find faces in photos", run_detect},
      Command{"align", "cut faces out of photos, turned and scaled", run_align},
      Command{"embed", "turn faces into vectors", run_embed},
      Command{"eval", "measure how well a model tells people apart", nullptr, eval_commands()},
      Command{"train", "train a network on photos of known people", run_train},
      Command{"catalog", "show what the catalog holds, check it, judge the people", nullptr,
              catalog_commands()},
      Command{"model", "list, describe, import and change models", nullptr, model_commands()},
      Command{"config", "show your defaults and where they come from", run_config},
      Command{.name = "help", .summary = "describe a command", .run = run_help, .hidden = true},
      Command{.name = "insight",
              .summary = "print what the page of serve shows of everybody",
              .run = run_insight,
              .hidden = true},
      Command{.name = "completion",
              .summary = "print completion for a shell",
              .run = run_completion,
              .hidden = true},
  };
  return kCommands;
}

ExitStatus run_command(std::span<const std::string> words) {
  const Command* command = find_command(commands(), words.front());
  if (command == nullptr) no_such_command(commands(), "", words.front());
  return run(*command, command->name, words.subspan(1));
}

CommandDescription describe(const Command& command, const std::string& parent) {
  CommandDescription description;
  const std::string name = joined(parent, command.name);
  const CommandGroup& group = command.group;
  if (group.commands.empty()) {
    command.run({.command = name, .description = &description});
  } else {
    description.synopses = {fmt::format("{} {} [OPTIONS] [ARGUMENTS]", name,
                                        group.has_preset ? "[COMMAND]" : "COMMAND")};
    description.paragraphs = paragraphs_of(group.description);
    for (const Command& subcommand : group.commands)
      description.subcommands.push_back(describe(subcommand, name));
    if (group.has_preset) description.preset = group.commands.front().name;
  }
  description.name = name;
  description.summary = command.summary;
  description.hidden = command.hidden;
  return description;
}

CommandDescription describe(std::span<const std::string> words) {
  std::span<const Command> candidates = commands();
  std::string parent;
  for (std::size_t i = 0;; ++i) {
    const Command* command = find_command(candidates, words[i]);
    if (command == nullptr) no_such_command(candidates, parent, words[i]);
    if (i + 1 == words.size()) return describe(*command, parent);
    candidates = command->group.commands;
    parent = joined(parent, command->name);
    if (candidates.empty())
      fail("`facenet {}` has no commands of its own; see `facenet help {}`", parent, parent);
  }
}

ProgramDescription describe_program() {
  ProgramDescription program{
      .summary = "find the people in a photo library",
      .paragraphs = paragraphs_of(kDescription),
      .exit_statuses =
          {{"0", "done (`verify`: the same person)"},
           {"1", "the answer is no: different people, nothing found"},
           {"2",
            "wrong usage or a failure: one line on stderr says what went wrong and what to do"},
           {"3", "done, but some photos could not be read"},
           {"129, 130, 143", "stopped by SIGHUP, Ctrl-C or SIGTERM; what was done is saved"},
           {"141", "stopped because nobody reads the output any more (| head)"}},
      .environment = {{"FACENET_CATALOG", "the catalog, if `--catalog` is not given"},
                      {"FACENET_CONFIG",
                       "the configuration file, instead of the one below; if empty, none is read"},
                      {"FACENET_MODELS", "a folder with weights, instead of the one below"},
                      {"COLUMNS", "the width of help texts, if it is not that of the terminal"}},
      .files = {
          {"~/.config/facenet/config",
           "your defaults: `facenet config -h` says what can stand there; it is in "
           "$XDG_CONFIG_HOME/facenet if that variable is set"},
          {"~/.local/share/facenet/catalog.db",
           "the catalog of faces and people, if no other is named; it is in "
           "$XDG_DATA_HOME/facenet if that variable is set"},
          {"~/.local/share/facenet/models", "weights that `facenet model import` converted"}}};
  for (const Command& command : commands()) program.commands.push_back(describe(command));
  return program;
}

}  // namespace facenet
