#include "nn/graph/graph_builder.h"

#include <utility>

namespace facenet {

std::string GraphBuilder::add_tensor(const std::string& name, std::vector<std::int64_t> shape,
                                     std::span<const float> values) {
  put_tensor(imported_, name, std::move(shape), values);
  return name;
}

std::string GraphBuilder::add_whole_tensor(const std::string& name, std::vector<std::int64_t> shape,
                                           std::span<const std::int64_t> values) {
  const auto bytes = std::as_bytes(values);
  imported_.storage.emplace_back(bytes.begin(), bytes.end());
  imported_.tensors[name] = {
      .type = TensorType::kInt64, .shape = std::move(shape), .data = imported_.storage.back()};
  return name;
}

std::string GraphBuilder::add_node(const std::string& op, std::vector<std::string> inputs,
                                   const std::string& output, nlohmann::json attributes) {
  imported_.graph.nodes.push_back({.op = op,
                                   .name = output,
                                   .inputs = std::move(inputs),
                                   .outputs = {output},
                                   .attributes = std::move(attributes)});
  return output;
}

std::string GraphBuilder::fresh_name(const std::string& base) {
  return base + "#" + std::to_string(fresh_++);
}

void put_tensor(ImportedGraph& graph, const std::string& name, std::vector<std::int64_t> shape,
                std::span<const float> values) {
  const auto bytes = std::as_bytes(values);
  graph.storage.emplace_back(bytes.begin(), bytes.end());
  graph.tensors[name] = {
      .type = TensorType::kFloat32, .shape = std::move(shape), .data = graph.storage.back()};
}

std::span<const float> floats_of(const TensorView& view) {
  return {reinterpret_cast<const float*>(view.data.data()),
          static_cast<std::size_t>(view.elements())};
}

}  // namespace facenet
