#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "cmd/help/description.h"

namespace facenet {

/// A script for bash (4 or later, with or without the package bash-completion), zsh or fish that
/// completes commands, options, and values as far as they are known.
void print_bash_completion(std::ostream& out, const ProgramDescription& program);
void print_zsh_completion(std::ostream& out, const ProgramDescription& program);
void print_fish_completion(std::ostream& out, const ProgramDescription& program);

// What the three have in common.

/// Commands that can be typed in full: those without commands of their own.
std::vector<CommandDescription> leaf_commands(const ProgramDescription& program);

/// Values that a shell offers for an option.
std::vector<std::string> offered_values(const OptionDescription& option);

/// The beginning of a help text that says the most: a shell has one line for it.
std::string short_help(const std::string& help);

/// A word of a shell script that means this text.
std::string shell_word(const std::string& text);

}  // namespace facenet
