#pragma once

#include <string>
#include <vector>

#include "weights/model_info.h"

namespace facenet {

/// Layers of every network in a weights file, with parameters and multiply-adds for its input size
/// (for a network of any input size: for `height` x `width`, when given).
std::vector<LayerInfo> describe_layers(const std::string& path, int height = 0, int width = 0);

}  // namespace facenet
