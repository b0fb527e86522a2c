#pragma once

#include "cmd/commands.h"

namespace facenet {

/// The protocols of `facenet eval`, each with options of its own.
ExitStatus run_eval_identities(Arguments arguments);
ExitStatus run_eval_lfw(Arguments arguments);

}  // namespace facenet
