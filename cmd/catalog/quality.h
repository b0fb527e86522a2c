#pragma once

#include "base/error.h"
#include "cmd/common_options.h"

namespace facenet {

/// `facenet catalog quality`: figures that need no labels.
ExitStatus catalog_quality(const CommonOptions& common, EmbedderOptions embedder, bool model_given,
                           bool json);

}  // namespace facenet
