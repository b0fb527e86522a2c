#include "cmd/help/completion.h"

#include <algorithm>

#include "cmd/help/layout.h"

namespace facenet {

std::vector<CommandDescription> leaf_commands(const ProgramDescription& program) {
  std::vector<CommandDescription> leaves;
  for (const CommandDescription& command : program.commands) {
    if (command.subcommands.empty()) leaves.push_back(command);
    leaves.insert(leaves.end(), command.subcommands.begin(), command.subcommands.end());
  }
  return leaves;
}

std::vector<std::string> offered_values(const OptionDescription& option) {
  return option.choices.empty() ? option.known : option.choices;
}

std::string short_help(const std::string& help) {
  std::string text;
  for (const std::string& line : wrapped(help, std::string::npos)) text += line;
  for (const char* end : {"; ", ". ", " (", ": "})
    if (const std::size_t at = text.find(end); at != std::string::npos) text.erase(at);
  std::erase(text, '`');
  return text;
}

std::string shell_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + '\'';
}

}  // namespace facenet
