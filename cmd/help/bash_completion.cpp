#include <map>
#include <set>

#include "base/format.h"
#include "cmd/help/completion.h"

namespace facenet {
namespace {

constexpr const char* kBashHead =
    R"(# bash completion for facenet, made by `facenet completion bash`.

# Sets `commands`, or `options`, `words` and `arguments`, of the command $1.
_facenet_words() {
  case $1 in
)";

constexpr const char* kBashMiddle = R"(  esac
}

# Sets `values` and `arguments` for the value of option $2 of command $1; fails for a switch.
_facenet_values() {
  case $2 in
)";

constexpr const char* kBashTail = R"(    *) return 1 ;;
  esac
}

_facenet() {
  local cur=$2 command=${COMP_WORDS[1]} option= commands= options= values= words= arguments=
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _facenet_words ''
    COMPREPLY=($(compgen -W "$commands $options" -- "$cur"))
    return
  fi
  _facenet_words "$command"
  if [[ -n $commands ]]; then
    if ((COMP_CWORD == 2)) && [[ $cur != -* ]]; then
      COMPREPLY=($(compgen -W "$commands" -- "$cur"))
      return
    fi
    [[ ${COMP_WORDS[2]} == -* ]] || command+=" ${COMP_WORDS[2]}"
    _facenet_words "$command"
  fi

  # Bash takes --option=value for three words.
  if [[ $cur == '=' ]]; then
    cur=
    option=${COMP_WORDS[COMP_CWORD - 1]}
  elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == '=' ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  else
    option=${COMP_WORDS[COMP_CWORD - 1]}
  fi
  if [[ $option == -* ]] && _facenet_values "$command" "$option"; then
    COMPREPLY=($(compgen -W "$values" -- "$cur"))
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
    return
  else
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
  case $arguments in
    files) compopt -o default ;;
    folders) compopt -o dirnames ;;
  esac
}

complete -F _facenet facenet
)";

const char* to_word(Completion completion) {
  return completion == Completion::kFiles     ? "files"
         : completion == Completion::kFolders ? "folders"
                                              : "";
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::string names_of(const std::vector<CommandDescription>& commands) {
  std::vector<std::string> names;
  for (const CommandDescription& command : commands) names.push_back(short_name(command));
  return joined(names);
}

std::string options_of(const CommandDescription& command) {
  std::vector<std::string> options;
  for (const OptionGroup& group : command.groups)
    for (const OptionDescription& option : group.options)
      options.push_back(fmt::format("--{}", option.name));
  return joined(options);
}

void print_words(std::ostream& out, const CommandDescription& command) {
  out << fmt::format("    {}) options={}; words={}; arguments={} ;;\n", shell_word(command.name),
                     shell_word(options_of(command)), shell_word(joined(command.argument.known)),
                     to_word(command.argument.completion));
}

/// The option with its values; where commands differ in them, each has a case of its own.
void print_values(std::ostream& out, const std::vector<CommandDescription>& commands) {
  std::map<std::string, std::map<std::string, std::vector<std::string>>> commands_of;
  for (const CommandDescription& command : commands) {
    for (const OptionGroup& group : command.groups) {
      for (const OptionDescription& option : group.options) {
        std::string pattern = "--" + option.name;
        if (option.letter != 0) pattern += fmt::format(" | -{}", option.letter);
        const std::string action =
            option.value.empty()
                ? "return 1"
                : fmt::format("values={}; arguments={}", shell_word(joined(offered_values(option))),
                              to_word(option.completion));
        commands_of[pattern][action].push_back(shell_word(command.name));
      }
    }
  }
  for (const auto& [pattern, actions] : commands_of) {
    if (actions.size() == 1) {
      if (actions.begin()->first != "return 1")
        out << fmt::format("    {}) {} ;;\n", pattern, actions.begin()->first);
      continue;
    }
    out << fmt::format("    {})\n      case $1 in\n", pattern);
    for (const auto& [action, names] : actions)
      out << fmt::format("        {}) {} ;;\n", fmt::join(names, " | "), action);
    out << "      esac\n      ;;\n";
  }
}

}  // namespace

void print_bash_completion(std::ostream& out, const ProgramDescription& program) {
  out << kBashHead;
  out << fmt::format("    '') commands={}; options='--help --version' ;;\n",
                     shell_word(names_of(program.commands)));
  for (const CommandDescription& command : program.commands) {
    if (command.subcommands.empty()) {
      print_words(out, command);
      continue;
    }
    std::string options = "--help";
    for (const CommandDescription& subcommand : command.subcommands)
      if (command.preset == short_name(subcommand)) options = options_of(subcommand);
    out << fmt::format("    {}) commands={}; options={} ;;\n", shell_word(command.name),
                       shell_word(names_of(command.subcommands)), shell_word(options));
    for (const CommandDescription& subcommand : command.subcommands) print_words(out, subcommand);
  }
  out << kBashMiddle;
  print_values(out, leaf_commands(program));
  out << kBashTail;
}

}  // namespace facenet
