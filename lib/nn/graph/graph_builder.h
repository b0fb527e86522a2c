#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nn/graph/graph.h"

namespace facenet {

/// Builds an ImportedGraph node by node; what the importers share.
class GraphBuilder {
 public:
  Graph& graph() { return imported_.graph; }

  /// Stores a copy; returns `name`.
  std::string add_tensor(const std::string& name, std::vector<std::int64_t> shape,
                         std::span<const float> values);

  std::string add_whole_tensor(const std::string& name, std::vector<std::int64_t> shape,
                               std::span<const std::int64_t> values);

  /// Appends a node of one output, which is returned. The node is named after its output.
  std::string add_node(const std::string& op, std::vector<std::string> inputs,
                       const std::string& output,
                       nlohmann::json attributes = nlohmann::json::object());

  /// A value name that no other call returns: `base` and a number.
  std::string fresh_name(const std::string& base);

  bool has_tensor(const std::string& name) const { return imported_.tensors.contains(name); }
  const TensorView& tensor(const std::string& name) const { return imported_.tensors.at(name); }

  ImportedGraph take() { return std::move(imported_); }

 private:
  ImportedGraph imported_;
  int fresh_ = 0;
};

/// Stores a float32 tensor in `graph`, in place of one of that name.
void put_tensor(ImportedGraph& graph, const std::string& name, std::vector<std::int64_t> shape,
                std::span<const float> values);

/// The numbers of a float32 tensor.
std::span<const float> floats_of(const TensorView& view);

}  // namespace facenet
