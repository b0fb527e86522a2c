#include "base/format.h"
#include "cmd/help/completion.h"

namespace facenet {
namespace {

/// Text within a specification of _arguments, where brackets and colons mean something.
std::string specified(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

/// ":FILE:_files", what _arguments should offer.
std::string zsh_action(const std::string& name, const std::vector<std::string>& values,
                       Completion completion) {
  const std::string head = fmt::format(":{}:", specified(name));
  const std::string files = completion == Completion::kFiles     ? "_files"
                            : completion == Completion::kFolders ? "_files -/"
                                                                 : "";
  if (values.empty()) return head + files;
  if (files.empty()) return fmt::format("{}({})", head, fmt::join(values, " "));
  return fmt::format("{}_alternative \"values\\:value\\:({})\" \"files\\:file\\:{}\"", head,
                     fmt::join(values, " "), files);
}

void print_option(std::ostream& out, const OptionDescription& option) {
  std::string end = fmt::format("[{}]", specified(short_help(option.help)));
  if (!option.value.empty())
    end += zsh_action(option.value, offered_values(option), option.completion);
  const std::string assigned = option.value.empty() ? "" : "=";
  if (option.letter == 0) {
    out << "    " << shell_word(fmt::format("--{}{}{}", option.name, assigned, end)) << '\n';
    return;
  }
  const std::string both = fmt::format("(-{} --{})", option.letter, option.name);
  const std::string taken = option.value.empty() ? "" : "+";
  out << "    " << shell_word(fmt::format("{}-{}{}{}", both, option.letter, taken, end)) << '\n';
  out << "    " << shell_word(fmt::format("{}--{}{}{}", both, option.name, assigned, end)) << '\n';
}

std::string function_of(const std::string& command) {
  std::string name = "_facenet_" + command;
  for (char& c : name)
    if (c == ' ' || c == '-') c = '_';
  return name;
}

void print_arguments(std::ostream& out, const CommandDescription& command) {
  out << fmt::format("{}() {{\n  local -a arguments=(\n", function_of(command.name));
  for (const OptionGroup& group : command.groups)
    for (const OptionDescription& option : group.options) print_option(out, option);
  const ArgumentDescription& argument = command.argument;
  if (!argument.name.empty())
    out << "    "
        << shell_word('*' + zsh_action(argument.name, argument.known, argument.completion)) << '\n';
  out << "  )\n  _arguments -s -S : $arguments\n}\n\n";
}

/// The function that offers commands, and hands over to that of the command that was chosen.
void print_choice(std::ostream& out, const std::string& command, const std::string& options,
                  const std::vector<CommandDescription>& commands, const std::string& preset) {
  const std::string function = command.empty() ? "_facenet" : function_of(command);
  out << fmt::format("{}() {{\n  local -a commands=(\n", function);
  for (const CommandDescription& one : commands)
    out << "    " << shell_word(specified(short_name(one)) + ':' + one.summary) << '\n';
  out << "  )\n";
  if (!preset.empty())
    out << fmt::format(
        "  if [[ CURRENT -ge 2 && ${{words[2]}} == -* ]]; then\n    {}\n    return\n  fi\n",
        function_of(command + ' ' + preset));
  out << "  local curcontext=$curcontext state line\n";
  out << fmt::format("  _arguments -C {} '1: :->command' '*:: :->rest'\n", options);
  out << fmt::format(
      "  case $state in\n    command) _describe -t commands 'command' commands ;;\n"
      "    rest) (( $+functions[{0}_${{words[1]//-/_}}] )) && {0}_${{words[1]//-/_}} ;;\n"
      "  esac\n}}\n\n",
      function);
}

}  // namespace

void print_zsh_completion(std::ostream& out, const ProgramDescription& program) {
  out << "#compdef facenet\n# zsh completion for facenet, made by `facenet completion zsh`.\n\n";
  for (const CommandDescription& command : program.commands) {
    if (command.subcommands.empty()) {
      print_arguments(out, command);
      continue;
    }
    for (const CommandDescription& subcommand : command.subcommands)
      print_arguments(out, subcommand);
    print_choice(out, command.name, "'(-h --help)'{-h,--help}'[show help]'", command.subcommands,
                 command.preset);
  }
  print_choice(out, "",
               "'(-h --help)'{-h,--help}'[list the commands]' '--version[show the version]'",
               program.commands, "");
  out << "# Loaded by the completion system it is a function's body; sourced, it defines "
         "functions.\n"
         "if [[ $funcstack[1] == _facenet ]]; then\n  _facenet \"$@\"\nelse\n  compdef _facenet "
         "facenet\nfi\n";
}

}  // namespace facenet
