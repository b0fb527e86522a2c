#pragma once

#include <memory>

#include "pipeline/analyse.h"

namespace facenet {

/// The Analyser that runs the networks. Loads them; throws Error when weights are missing or
/// damaged.
std::unique_ptr<Analyser> make_network_analyser(const AnalyserOptions& options);

}  // namespace facenet
