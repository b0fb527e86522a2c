#pragma once

#include <string>

#include "base/error.h"
#include "cmd/common_options.h"

namespace facenet {

/// `facenet model upgrade MODEL`: changes the catalog's model for a compatible one.
ExitStatus model_upgrade(const CommonOptions& common, const std::string& model, bool json);

}  // namespace facenet
