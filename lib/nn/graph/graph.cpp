#include "nn/graph/graph.h"

#include <map>
#include <set>

#include "base/error.h"

namespace facenet {
namespace {

template <class T>
T member(const nlohmann::json& json, const char* key, const std::string& where) {
  try {
    return json.at(key).get<T>();
  } catch (const nlohmann::json::exception&) {
    fail("{} has no valid \"{}\"", where, key);
  }
}

GraphNode node_from_json(const nlohmann::json& json, std::size_t position,
                         bool (*is_operator)(const std::string& op)) {
  GraphNode node;
  node.name = member<std::string>(json, "name", fmt::format("the graph's node {}", position));
  const std::string where = fmt::format("node \"{}\"", node.name);
  node.op = member<std::string>(json, "op", where);
  if (!is_operator(node.op)) fail("{} is an unknown operator, {}", where, node.op);
  node.inputs = member<std::vector<std::string>>(json, "inputs", where);
  node.outputs = member<std::vector<std::string>>(json, "outputs", where);
  if (node.outputs.size() != 1 || node.outputs[0].empty())
    fail("{} does not have one output", where);
  node.attributes = member<nlohmann::json>(json, "attributes", where);
  if (!node.attributes.is_object()) fail("{} has no valid \"attributes\"", where);
  return node;
}

/// Every value is made once and before it is used. Names that no node makes are tensors, which are
/// looked up when the network is built.
void check_order(const Graph& graph) {
  std::map<std::string, std::size_t> made_at;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& output : graph.nodes[i].outputs) {
      if (!made_at.emplace(output, i).second) {
        fail("node \"{}\" makes the value \"{}\" a second time", graph.nodes[i].name, output);
      }
    }
  }
  for (const std::string& input : graph.inputs) {
    const auto found = made_at.find(input);
    if (found != made_at.end()) {
      fail("node \"{}\" makes the graph's input \"{}\"", graph.nodes[found->second].name, input);
    }
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& input : graph.nodes[i].inputs) {
      const auto found = made_at.find(input);
      if (found != made_at.end() && found->second >= i) {
        fail("node \"{}\" uses the value \"{}\" before it is made", graph.nodes[i].name, input);
      }
    }
  }
  const std::set<std::string> inputs(graph.inputs.begin(), graph.inputs.end());
  for (const std::string& output : graph.outputs) {
    if (!made_at.contains(output) && !inputs.contains(output)) {
      fail("no node makes the graph's output \"{}\"", output);
    }
  }
}

}  // namespace

nlohmann::json to_json(const Graph& graph) {
  nlohmann::json nodes = nlohmann::json::array();
  for (const GraphNode& node : graph.nodes) {
    nodes.push_back({{"op", node.op},
                     {"name", node.name},
                     {"inputs", node.inputs},
                     {"outputs", node.outputs},
                     {"attributes", node.attributes}});
  }
  return {{"inputs", graph.inputs},
          {"outputs", graph.outputs},
          {"input_shape", graph.input_shape},
          {"nodes", std::move(nodes)}};
}

Graph graph_from_json(const nlohmann::json& json, bool (*is_operator)(const std::string& op)) {
  Graph graph;
  graph.inputs = member<std::vector<std::string>>(json, "inputs", "the graph");
  graph.outputs = member<std::vector<std::string>>(json, "outputs", "the graph");
  graph.input_shape = member<std::vector<std::int64_t>>(json, "input_shape", "the graph");
  if (graph.inputs.size() != 1) fail("the graph has {} inputs, not one", graph.inputs.size());
  if (graph.outputs.empty()) fail("the graph has no outputs");
  const auto nodes = member<nlohmann::json::array_t>(json, "nodes", "the graph");
  for (std::size_t i = 0; i < nodes.size(); ++i)
    graph.nodes.push_back(node_from_json(nodes[i], i, is_operator));
  check_order(graph);
  return graph;
}

}  // namespace facenet
