#pragma once

#include "base/error.h"
#include "cmd/command_line.h"

namespace facenet {

// folders.cpp
ExitStatus export_links(Arguments arguments);
ExitStatus export_copies(Arguments arguments);

// xmp.cpp
ExitStatus export_xmp_sidecars(Arguments arguments);

// tables.cpp
ExitStatus export_csv(Arguments arguments);
ExitStatus export_json(Arguments arguments);

}  // namespace facenet
