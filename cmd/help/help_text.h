#pragma once

#include <cstddef>
#include <ostream>

#include "cmd/help/description.h"

namespace facenet {

/// `facenet -h`
void print_program_help(std::ostream& out, const ProgramDescription& program, std::size_t width);

/// `facenet COMMAND -h`, in lines of at most `width` columns; with `all`, the rare options too.
void print_command_help(std::ostream& out, const CommandDescription& command, std::size_t width,
                        bool all);

}  // namespace facenet
