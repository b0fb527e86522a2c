#include "nn/graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/operators/operators.h"

namespace facenet {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Graph example() {
  Graph graph;
  graph.inputs = {"in"};
  graph.outputs = {"out"};
  graph.input_shape = {0, 3, 8, 0};
  graph.nodes = {{.op = "Conv",
                  .name = "first",
                  .inputs = {"in", "w", ""},
                  .outputs = {"mid"},
                  .attributes = {{"pads", {0, 1, 0, 1}}}},
                 {.op = "Relu", .name = "second", .inputs = {"mid"}, .outputs = {"out"}}};
  return graph;
}

TEST(Graph, KeepsEverythingThroughJson) {
  const auto json = to_json(example());
  const Graph read = graph_from_json(nlohmann::json::parse(json.dump()), is_known_operator);
  EXPECT_EQ(to_json(read), json);
  ASSERT_EQ(read.nodes.size(), 2U);
  EXPECT_EQ(read.nodes[0].inputs, (std::vector<std::string>{"in", "w", ""}));
  EXPECT_EQ(read.nodes[0].attributes["pads"], nlohmann::json({0, 1, 0, 1}));
  EXPECT_EQ(read.input_shape, (std::vector<std::int64_t>{0, 3, 8, 0}));
}

void expect_error(const nlohmann::json& json, const std::string& what) {
  EXPECT_THAT([&] { graph_from_json(json, is_known_operator); },
              ThrowsMessage<Error>(HasSubstr(what)));
}

TEST(Graph, NamesTheNodeThatIsWrong) {
  Graph graph = example();
  graph.nodes[1].op = "Frobnicate";
  expect_error(to_json(graph), "\"second\" is an unknown operator, Frobnicate");

  graph = example();
  std::swap(graph.nodes[0], graph.nodes[1]);
  expect_error(to_json(graph), "\"second\" uses the value \"mid\" before it is made");

  graph = example();
  graph.nodes[0].inputs[0] = "mid";
  expect_error(to_json(graph), "\"first\" uses the value \"mid\" before it is made");

  graph = example();
  graph.nodes[1].outputs = {"mid"};
  expect_error(to_json(graph), "\"second\" makes the value \"mid\" a second time");

  graph = example();
  graph.nodes[0].outputs = {"in"};
  expect_error(to_json(graph), "\"first\" makes the graph's input");

  graph = example();
  graph.nodes[1].outputs = {"a", "b"};
  expect_error(to_json(graph), "\"second\" does not have one output");

  graph = example();
  graph.outputs = {"elsewhere"};
  expect_error(to_json(graph), "\"elsewhere\"");
}

TEST(Graph, RefusesWhatIsNoGraph) {
  expect_error(nlohmann::json(), "inputs");
  expect_error(nlohmann::json::array(), "inputs");
  const auto whole = to_json(example());
  for (const auto& [key, value] : whole.items()) {
    auto without = whole;
    without.erase(key);
    expect_error(without, key);
  }
  for (const char* key : {"op", "name", "inputs", "outputs", "attributes"}) {
    auto wrong = to_json(example());
    wrong["nodes"][0][key] = 3;
    expect_error(wrong, key);
  }
  auto two = to_json(example());
  two["inputs"] = {"a", "b"};
  expect_error(two, "2 inputs");
}

}  // namespace
}  // namespace facenet
