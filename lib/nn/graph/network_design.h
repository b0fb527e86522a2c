#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nn/graph/graph.h"
#include "weights/network_options.h"

namespace facenet {

/// What a tensor of a network holds before training.
enum class Initialisation {
  kZero,
  kOne,
  /// Normal with standard deviation sqrt(2 / fan_in), which keeps the variance of activations
  /// through layers with ReLU (He, Zhang, Ren, Sun 2015, equation 10).
  kHe,
  /// Normal with standard deviation sqrt(1 / fan_in), for the last layer, which has no ReLU.
  kLinear,
};

/// A tensor of a network that is designed but has no numbers yet.
struct Parameter {
  std::string name;
  std::vector<std::int64_t> shape;
  Initialisation initialisation = Initialisation::kZero;
  bool is_statistic = false;  ///< followed by batch norm, not learned by gradients
};

/// A network without weights: layers whose nodes are named as the paper's tables name them
/// ("inception_3a.conv3") and whose tensors append ".weight" and ".bias". It costs no memory.
struct NetworkDesign {
  Graph graph;
  std::vector<Parameter> parameters;
};

/// Gives every parameter its numbers. The same seed gives the same numbers whatever the order of
/// the layers: each tensor has a stream of its own, seeded by its name.
ImportedGraph initialise(const NetworkDesign& design, std::uint64_t seed);

}  // namespace facenet
