#pragma once

#include <span>
#include <string>

#include "base/error.h"

namespace facenet {

using Arguments = std::span<const std::string>;

/// One command of the program: a function in a file of its own, and a line in commands.cpp.
struct Command {
  const char* name;
  const char* summary;
  ExitStatus (*run)(Arguments arguments);
};

/// All commands, in the order of the help text.
std::span<const Command> commands();

ExitStatus run_align(Arguments arguments);
ExitStatus run_catalog(Arguments arguments);
ExitStatus run_cluster(Arguments arguments);
ExitStatus run_detect(Arguments arguments);
ExitStatus run_embed(Arguments arguments);
ExitStatus run_eval(Arguments arguments);
ExitStatus run_find(Arguments arguments);
ExitStatus run_model(Arguments arguments);
ExitStatus run_people(Arguments arguments);
ExitStatus run_train(Arguments arguments);
ExitStatus run_verify(Arguments arguments);

}  // namespace facenet
