#include <filesystem>
#include <functional>
#include <iostream>

#include "base/file.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/configuration.h"
#include "cmd/help/completion.h"
#include "cmd/help/help_text.h"
#include "cmd/help/layout.h"
#include "cmd/help/man_page.h"

namespace facenet {
namespace {

using Print = void (*)(std::ostream& out, const ProgramDescription& program);

/// What an installation has in its folder `share`: man pages and completion.
void write_share(const std::string& folder) {
  const ProgramDescription program = describe_program();
  const auto write = [&](const std::string& name, const std::function<void(std::ostream&)>& print) {
    make_folder(std::filesystem::path(folder + name).parent_path().string());
    write_file_atomically(folder + name, true, print);
  };
  write("/man/man1/facenet.1",
        [&](std::ostream& out) { print_program_page(out, program, FACENET_RELEASED); });
  for (const CommandDescription& command : program.commands) {
    if (command.hidden) continue;
    write(fmt::format("/man/man1/{}.1", page_name(command)), [&](std::ostream& out) {
      print_command_page(out, command, program.exit_statuses, FACENET_RELEASED);
    });
  }
  const std::initializer_list<std::pair<const char*, Print>> scripts = {
      {"/bash-completion/completions/facenet", print_bash_completion},
      {"/zsh/_facenet", print_zsh_completion},
      {"/fish/vendor_completions.d/facenet.fish", print_fish_completion}};
  for (const auto& [name, print] : scripts)
    write(name, [&program, print = print](std::ostream& out) { print(out, program); });
}

void print_man_page(const std::vector<std::string>& words) {
  const ProgramDescription program = describe_program();
  if (words.empty()) return print_program_page(std::cout, program, FACENET_RELEASED);
  // A command's own commands stand in its page.
  print_command_page(std::cout, describe(std::span(words).first(1)), program.exit_statuses,
                     FACENET_RELEASED);
}

}  // namespace

ExitStatus run_help(Arguments arguments) {
  std::vector<std::string> words;
  std::string folder;
  bool all = false, man = false;
  CommandLine line("help [OPTIONS] [COMMAND...]",
                   "Shows help for a command, as `facenet COMMAND -h` does. Without COMMAND, lists "
                   "the commands.");
  auto& known = line.positionals("COMMAND", words, 0, SIZE_MAX).known;
  for (const Command& command : commands()) known.emplace_back(command.name);
  line.flag("all", all, "show rarely used options, too");
  line.flag("man", man, "print the man page");
  line.option("share", folder, "DIR",
              "write all man pages and the completion for all shells to this folder")
      .rare = true;
  if (!line.parse(arguments)) return ExitStatus::kOk;
  if (!folder.empty()) {
    write_share(folder);
  } else if (man) {
    print_man_page(words);
  } else if (words.empty()) {
    print_program_help(std::cout, describe_program(), text_width());
  } else {
    CommandDescription command = describe(words);
    show_configured_defaults(command);
    print_command_help(std::cout, command, text_width(), all);
  }
  return ExitStatus::kOk;
}

ExitStatus run_completion(Arguments arguments) {
  const std::vector<std::string> shells = {"bash", "zsh", "fish"};
  std::vector<std::string> words;
  CommandLine line("completion [OPTIONS] bash|zsh|fish",
                   "Prints a script that makes the shell complete commands, options and values. "
                   "Packages install it. Without a package, write `source <(facenet completion "
                   "bash)` into ~/.bashrc, `source <(facenet completion zsh)` into ~/.zshrc, or "
                   "`facenet completion fish | source` into ~/.config/fish/config.fish.");
  line.positionals("SHELL: give bash, zsh or fish", words, 1, 1).known = shells;
  if (!line.parse(arguments)) return ExitStatus::kOk;
  const ProgramDescription program = describe_program();
  if (words.front() == "bash") {
    print_bash_completion(std::cout, program);
  } else if (words.front() == "zsh") {
    print_zsh_completion(std::cout, program);
  } else if (words.front() == "fish") {
    print_fish_completion(std::cout, program);
  } else {
    fail<UsageError>("there is no completion for {}: give {}", words.front(), listed(shells, "or"));
  }
  return ExitStatus::kOk;
}

}  // namespace facenet
