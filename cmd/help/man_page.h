#pragma once

#include <ostream>
#include <string>

#include "cmd/help/description.h"

namespace facenet {

/// facenet(1), in mdoc. `date`: when this version was released, "November 27, 2026".
void print_program_page(std::ostream& out, const ProgramDescription& program,
                        const std::string& date);

/// facenet-COMMAND(1); a command's own commands stand in its page.
void print_command_page(std::ostream& out, const CommandDescription& command,
                        const std::vector<Paragraph>& exit_statuses, const std::string& date);

/// Name of a page without its section: "facenet-cluster".
std::string page_name(const CommandDescription& command);

}  // namespace facenet
