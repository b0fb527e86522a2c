#pragma once

#include "pipeline/networks.h"

namespace facenet {

struct Training;

/// The networks module, loaded at the first call. Throws Error when the installation lacks it.
const Networks& networks();
const Training& training();

}  // namespace facenet
