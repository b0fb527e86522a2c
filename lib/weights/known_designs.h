#pragma once

#include <vector>

#include "weights/model_store.h"

namespace facenet {

/// The rows of known_models() that facenet designs itself and that have no published files:
/// the paper's networks and Inception-ResNet-v1.
std::vector<KnownModel> known_designs();

}  // namespace facenet
