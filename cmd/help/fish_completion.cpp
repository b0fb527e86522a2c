#include "base/format.h"
#include "cmd/help/completion.h"

namespace facenet {
namespace {

constexpr const char* kFishHead =
    R"(# fish completion for facenet, made by `facenet completion fish`.

# True when the words behind `facenet` begin with these, and with nothing else than these and options
# when --only is the first of them.
function __facenet_at
    set -l words (commandline -opc)[2..]
    set -l wanted $argv
    if test "$wanted[1]" = --only
        set -e wanted[1]
        set -l next (math (count $wanted) + 1)
        test (count $words) -lt $next; or string match -q -- '-*' $words[$next]; or return 1
    end
    test (count $words) -ge (count $wanted); or return 1
    for i in (seq (count $wanted))
        test "$words[$i]" = "$wanted[$i]"; or return 1
    end
end

complete -c facenet -f
)";

std::string fish_line(const std::string& condition, const std::string& rest,
                      const std::string& help) {
  return fmt::format("complete -c facenet -n {} {} -d {}\n", shell_word(condition), rest,
                     shell_word(help));
}

void print_option(std::ostream& out, const std::string& condition,
                  const OptionDescription& option) {
  std::string rest = option.letter == 0 ? "" : fmt::format("-s {} ", option.letter);
  rest += "-l " + option.name;
  if (!option.value.empty()) {
    const auto values = offered_values(option);
    std::string offered = values.empty() ? "" : fmt::format("{}", fmt::join(values, " "));
    if (option.completion == Completion::kFolders) offered += "(__fish_complete_directories)";
    rest += option.completion == Completion::kFiles ? " -r -F" : " -x";
    if (!offered.empty()) rest += " -a " + shell_word(offered);
  }
  out << fish_line(condition, rest, short_help(option.help));
}

void print_arguments(std::ostream& out, const CommandDescription& command,
                     const std::string& condition) {
  for (const OptionGroup& group : command.groups)
    for (const OptionDescription& option : group.options) print_option(out, condition, option);
  const ArgumentDescription& argument = command.argument;
  if (argument.completion == Completion::kFiles)
    out << fmt::format("complete -c facenet -n {} -F\n", shell_word(condition));
  if (argument.completion == Completion::kFolders)
    out << fmt::format("complete -c facenet -n {} -a '(__fish_complete_directories)'\n",
                       shell_word(condition));
  if (!argument.known.empty())
    out << fmt::format("complete -c facenet -n {} -a {}\n", shell_word(condition),
                       shell_word(fmt::format("{}", fmt::join(argument.known, " "))));
}

void print_commands(std::ostream& out, const std::string& condition,
                    const std::vector<CommandDescription>& commands) {
  for (const CommandDescription& command : commands)
    out << fish_line(condition, "-a " + short_name(command), command.summary);
}

}  // namespace

void print_fish_completion(std::ostream& out, const ProgramDescription& program) {
  out << kFishHead;
  print_commands(out, "__facenet_at --only", program.commands);
  out << fish_line("__facenet_at --only", "-s h -l help", "list the commands");
  out << fish_line("__facenet_at --only", "-l version", "show the version");
  for (const CommandDescription& command : program.commands) {
    out << '\n';
    if (command.subcommands.empty()) {
      print_arguments(out, command, "__facenet_at " + command.name);
      continue;
    }
    const std::string alone = "__facenet_at --only " + command.name;
    print_commands(out, alone, command.subcommands);
    for (const CommandDescription& subcommand : command.subcommands) {
      if (subcommand.name == command.name + ' ' + command.preset)
        print_arguments(out, subcommand, alone);
      print_arguments(out, subcommand, "__facenet_at " + subcommand.name);
    }
  }
}

}  // namespace facenet
