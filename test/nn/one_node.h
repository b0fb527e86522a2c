#pragma once

// Graphs of a single node, to try one operator.

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "base/format.h"
#include "nn/graph/graph_builder.h"
#include "nn/runtime/graph_network.h"

namespace facenet {

struct Constant {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// A graph of one node: `op` of the input and the constants.
inline ImportedGraph single(const std::string& op, const std::vector<Constant>& constants,
                            nlohmann::json attributes = nlohmann::json::object()) {
  GraphBuilder builder;
  builder.graph().inputs = {"in"};
  builder.graph().outputs = {"out"};
  std::vector<std::string> inputs = {"in"};
  for (const Constant& constant : constants) {
    inputs.push_back(
        builder.add_tensor(fmt::format("c{}", inputs.size()), constant.shape, constant.values));
  }
  builder.add_node(op, inputs, "out", std::move(attributes));
  return builder.take();
}

inline at::Tensor run(const ImportedGraph& graph, const at::Tensor& input) {
  return GraphNetwork(graph).run(input).at(0);
}

inline at::Tensor run_op(const std::string& op, const at::Tensor& input,
                         nlohmann::json attributes = nlohmann::json::object()) {
  return run(single(op, {}, std::move(attributes)), input);
}

inline std::vector<std::int64_t> shape_of(const at::Tensor& tensor) {
  return tensor.sizes().vec();
}

/// [1, n, 1, 1]
inline at::Tensor row(std::vector<float> values) {
  const auto size = static_cast<std::int64_t>(values.size());
  return at::tensor(values).reshape({1, size, 1, 1});
}

}  // namespace facenet
