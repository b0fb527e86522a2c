#pragma once

#include <string>
#include <vector>

#include "nn/graph/network_design.h"
#include "weights/model_info.h"

namespace facenet {

/// Input size and embedding of the network that is to be designed.
struct NetworkShape {
  int height = 0, width = 0;
  int embedding = 0;
  bool batch_norm = false;
};

/// Zeiler & Fergus with 1x1 convolutions and maxout (the paper's table 1).
NetworkDesign design_nn1(const NetworkShape& shape);
/// Inception with L2 pooling (table 2); NN3 is the same network for smaller images.
NetworkDesign design_nn2(const NetworkShape& shape);
/// NN2 without 5x5 convolutions in its higher layers.
NetworkDesign design_nn4(const NetworkShape& shape);
/// "Mini" and "tiny" Inception.
NetworkDesign design_nns1(const NetworkShape& shape);
NetworkDesign design_nns2(const NetworkShape& shape);
/// Inception-ResNet-v1 with the parameter names of facenet-pytorch.
NetworkDesign design_inception_resnet_v1(const NetworkShape& shape);

/// The network that a row of known_models() names in `network`, sized by the row and the options.
/// Throws UsageError: a model that is imported, not designed; options that it cannot have.
NetworkDesign design_network(const ModelInfo& info, const NetworkOptions& options);

/// The row's description, with what the options change of it.
ModelInfo describe_design(const ModelInfo& info, const NetworkOptions& options);

/// Layers of a network that has no weights. `name` is one of known_models(). Throws UsageError.
ModelDescription describe_network(const std::string& name, const NetworkOptions& options);

/// Writes a weights file of the network with every parameter at its initial value: what training
/// starts from. Throws Error, UsageError.
void write_untrained(const std::string& path, const std::string& name,
                     const NetworkOptions& options, std::uint64_t seed, bool overwrite);

}  // namespace facenet
