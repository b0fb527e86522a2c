#pragma once

#include "base/error.h"
#include "cmd/command_line.h"

namespace facenet {

/// `facenet catalog split`.
ExitStatus split_catalog_command(Arguments arguments);

}  // namespace facenet
