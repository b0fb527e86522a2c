#pragma once

#include "pipeline/torch_functions.h"

namespace facenet {

struct Training;

/// The networks module, loaded at the first call. Throws Error when the installation lacks it.
const Networks& networks();
const Training& training();

}  // namespace facenet
