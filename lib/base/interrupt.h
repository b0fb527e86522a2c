#pragma once

#include "base/error.h"

namespace facenet {

/// From here on SIGINT and SIGTERM only set a flag, so that work can stop between two photos and
/// commit. A second signal ends the process at once.
void install_interrupt_handlers();

/// True once a signal came.
bool interrupted();

/// kInterrupt or kTerminate, by the signal that came.
ExitStatus interrupt_status();

}  // namespace facenet
