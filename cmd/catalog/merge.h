#pragma once

#include "base/error.h"
#include "cmd/command_line.h"

namespace facenet {

/// `facenet catalog merge`.
ExitStatus merge_catalogs_command(Arguments arguments);

}  // namespace facenet
