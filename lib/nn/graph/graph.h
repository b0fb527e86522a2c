#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "weights/safetensors.h"

namespace facenet {

/// One operation. Operators have ONNX's names and ONNX's semantics (NCHW), whatever file they came
/// from, so that there is one interpreter and one place that says what an operator means.
struct GraphNode {
  std::string op;
  std::string name;
  std::vector<std::string> inputs;  ///< values or tensors; "" where an optional input is left out
  std::vector<std::string> outputs;
  nlohmann::json attributes = nlohmann::json::object();
};

/// A feed-forward network as a list of operations in execution order. Tensors (weights) are named
/// in `inputs` like any value.
struct Graph {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<GraphNode> nodes;
  /// [N, C, H, W] of the first input, 0 where any extent goes; empty where the file does not say.
  std::vector<std::int64_t> input_shape;
};

nlohmann::json to_json(const Graph& graph);
/// `is_operator` knows the operators that may occur (operators.h). Throws Error naming the node: an
/// unknown operator, a value used before it is made.
Graph graph_from_json(const nlohmann::json& json, bool (*is_operator)(const std::string& op));

/// A graph with the tensors it names, owning their bytes.
struct ImportedGraph {
  Graph graph;
  std::map<std::string, TensorView> tensors;
  std::vector<std::vector<std::byte>> storage;
  std::map<std::string, std::string> metadata = {};  ///< for the weights file, besides the graph
};

}  // namespace facenet
