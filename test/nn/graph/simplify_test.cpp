#include "nn/graph/simplify.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "nn/graph/graph_builder.h"
#include "nn/runtime/graph_network.h"
#include "reference.h"

namespace facenet {
namespace {

using reference::difference;
using reference::kRounding;
using reference::random_images;
using reference::to_tensor;
using testing::ElementsAre;

std::vector<std::string> operators_of(const ImportedGraph& graph) {
  std::vector<std::string> operators;
  for (const GraphNode& node : graph.graph.nodes) operators.push_back(node.op);
  return operators;
}

/// A graph under construction whose result must stay what it is.
class Simplify : public testing::Test {
 protected:
  void SetUp() override {
    b.graph().inputs = {"in"};
    b.graph().outputs = {"out"};
  }

  std::string constant(const std::vector<std::int64_t>& shape, float low = -1, float high = 1) {
    ++constants_;
    return reference::add_random_tensor(b, fmt::format("k{}", constants_), shape, constants_, low,
                                        high);
  }

  std::string conv(const std::string& output,
                   nlohmann::json attributes = nlohmann::json::object()) {
    return b.add_node("Conv", {"in", constant({4, 3, 3, 3}), constant({4})}, output,
                      std::move(attributes));
  }

  /// Simplifies; the operators left over. The interpreter, which other tests compare with plain
  /// loops, says that the result has not changed.
  std::vector<std::string> simplified() {
    graph_ = b.take();
    const auto input = to_tensor(random_images(2, 3, 6, 6, 3));
    const auto before = GraphNetwork(graph_, {.optimise = false}).run(input);
    simplify(graph_);
    const auto after = GraphNetwork(graph_, {.optimise = false}).run(input);
    EXPECT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
      EXPECT_EQ(after[i].sizes(), before[i].sizes());
      EXPECT_LT(difference(after[i], reference::to_vector(before[i])), kRounding);
    }
    for (const auto& [name, view] : graph_.tensors) {
      EXPECT_TRUE(is_used(name)) << name;
    }
    return operators_of(graph_);
  }

  bool is_used(const std::string& name) const {
    for (const GraphNode& node : graph_.graph.nodes) {
      if (std::find(node.inputs.begin(), node.inputs.end(), name) != node.inputs.end()) return true;
    }
    return false;
  }

  GraphBuilder b;
  ImportedGraph graph_;

 private:
  unsigned constants_ = 0;
};

TEST_F(Simplify, PReluSpelledWithAbs) {
  b.add_node("Relu", {"in"}, "positive");
  b.add_node("Abs", {"in"}, "size");
  b.add_node("Sub", {"in", "size"}, "difference");
  const std::string slope = constant({3, 1, 1});
  const float first = floats_of(b.tensor(slope))[0];
  b.add_node("Mul", {slope, "difference"}, "negative");
  b.add_node("Add", {"positive", "negative"}, "out");
  EXPECT_THAT(simplified(), ElementsAre("PRelu"));
  EXPECT_EQ(floats_of(graph_.tensors.at(graph_.graph.nodes[0].inputs[1]))[0], 2 * first);
}

TEST_F(Simplify, PReluSpelledWithNegation) {
  b.add_node("Neg", {"in"}, "flipped");
  b.add_node("Relu", {"flipped"}, "below");
  b.add_node("Neg", {"below"}, "negative");
  b.add_node("Mul", {"negative", constant({3, 1, 1})}, "scaled");
  b.add_node("Relu", {"in"}, "positive");
  b.add_node("Add", {"scaled", "positive"}, "out");
  EXPECT_THAT(simplified(), ElementsAre("PRelu"));
}

TEST_F(Simplify, NearlyAPReluIsLeftAlone) {
  b.add_node("Relu", {"in"}, "positive");
  b.add_node("Exp", {"in"}, "other");
  b.add_node("Abs", {"other"}, "size");
  b.add_node("Sub", {"in", "size"}, "difference");
  b.add_node("Mul", {constant({3, 1, 1}), "difference"}, "negative");
  b.add_node("Add", {"positive", "negative"}, "out");
  EXPECT_EQ(simplified().size(), 6U);
}

TEST_F(Simplify, APReluWhoseSlopeWouldEnlargeItIsLeftAlone) {
  b.add_node("Relu", {"in"}, "positive");
  b.add_node("Abs", {"in"}, "size");
  b.add_node("Sub", {"in", "size"}, "difference");
  b.add_node("Mul", {constant({3, 6, 1}), "difference"}, "negative");
  b.add_node("Add", {"positive", "negative"}, "out");
  EXPECT_EQ(simplified().size(), 5U);
}

TEST_F(Simplify, SoftmaxSpelledOut) {
  b.add_node("ReduceMax", {"in"}, "most", {{"axes", {1}}});
  b.add_node("Sub", {"in", "most"}, "shifted");
  b.add_node("Exp", {"shifted"}, "powers");
  b.add_node("ReduceSum", {"powers"}, "sum", {{"axes", {1}}});
  b.add_node("Div", {"powers", "sum"}, "out");
  EXPECT_THAT(simplified(), ElementsAre("Softmax"));
}

TEST_F(Simplify, SoftmaxOverTwoAxesIsLeftAlone) {
  b.add_node("ReduceMax", {"in"}, "most", {{"axes", {1}}});
  b.add_node("Sub", {"in", "most"}, "shifted");
  b.add_node("Exp", {"shifted"}, "powers");
  b.add_node("ReduceSum", {"powers"}, "sum", {{"axes", {2}}});
  b.add_node("Div", {"powers", "sum"}, "out");
  EXPECT_EQ(simplified().size(), 5U);
}

TEST_F(Simplify, LinearMapsGoIntoTheConv) {
  conv("c");
  b.add_node("Mul", {"c", constant({4, 1, 1})}, "m");
  b.add_node("Add", {constant({1, 4, 1, 1}), "m"}, "a");
  b.add_node("Sub", {constant({1}), "a"}, "s");
  b.add_node("Sub", {"s", constant({4, 1, 1})}, "t");
  b.add_node("Div", {"t", constant({4, 1, 1}, 1, 2)}, "d");
  b.add_node("BatchNormalization",
             {"d", constant({4}), constant({4}), constant({4}), constant({4}, 1, 2)}, "out",
             {{"epsilon", 0.5}});
  EXPECT_THAT(simplified(), ElementsAre("Conv"));
}

TEST_F(Simplify, AConvWithoutBiasGetsOne) {
  b.add_node("Conv", {"in", constant({4, 3, 3, 3})}, "c");
  b.add_node("Add", {"c", constant({4, 1, 1})}, "out");
  EXPECT_THAT(simplified(), ElementsAre("Conv"));
}

TEST_F(Simplify, AConvThatOthersReadIsLeftAlone) {
  conv("c");
  b.add_node("Mul", {"c", constant({4, 1, 1})}, "m");
  b.add_node("Add", {"c", "m"}, "out");
  EXPECT_THAT(simplified(), ElementsAre("Conv", "Mul", "Add"));
}

TEST_F(Simplify, AConvThatIsAnOutputIsLeftAlone) {
  b.graph().outputs = {"out", "c"};
  conv("c");
  b.add_node("Mul", {"c", constant({4, 1, 1})}, "out");
  EXPECT_THAT(simplified(), ElementsAre("Conv", "Mul"));
}

TEST_F(Simplify, AMapThatIsNotByChannelIsLeftAlone) {
  conv("c");
  b.add_node("Mul", {"c", constant({4})}, "out");  // by column: the conv gives 4 x 4 images
  EXPECT_THAT(simplified(), ElementsAre("Conv", "Mul"));
}

TEST_F(Simplify, DivisionByTheConvIsLeftAlone) {
  conv("c");
  b.add_node("Exp", {"c"}, "e");
  b.add_node("Div", {constant({1}), "e"}, "out");
  EXPECT_THAT(simplified(), ElementsAre("Conv", "Exp", "Div"));
}

TEST_F(Simplify, ZeroPadsGoIntoTheConv) {
  b.add_node("Pad", {"in"}, "p", {{"pads", {0, 0, 0, 1, 0, 0, 2, 3}}});
  b.add_node("Conv", {"p", constant({4, 3, 3, 3}), constant({4})}, "out",
             {{"strides", {2, 2}}, {"pads", {1, 0, 0, 0}}});
  EXPECT_THAT(simplified(), ElementsAre("Conv"));
  EXPECT_EQ(graph_.graph.nodes[0].attributes["pads"], nlohmann::json({1, 1, 2, 3}));
}

TEST_F(Simplify, OtherPadsAreLeftAlone) {
  b.add_node("Pad", {"in"}, "p", {{"pads", {0, 0, 1, 1, 0, 0, 1, 1}}, {"value", 1}});
  b.add_node("Conv", {"p", constant({4, 3, 3, 3})}, "out");
  EXPECT_THAT(simplified(), ElementsAre("Pad", "Conv"));
}

TEST_F(Simplify, PadsOfChannelsAreLeftAlone) {
  b.add_node("Pad", {"in"}, "p", {{"pads", {0, 0, 0, 0, 0, 1, 0, 0}}});
  b.add_node("Conv", {"p", constant({4, 4, 3, 3})}, "out");
  EXPECT_THAT(simplified(), ElementsAre("Pad", "Conv"));
}

TEST_F(Simplify, WhatNothingUsesGoes) {
  conv("unused");
  b.add_node("Relu", {"unused"}, "unused too");
  b.add_node("Relu", {"in"}, "out");
  EXPECT_THAT(simplified(), ElementsAre("Relu"));
  EXPECT_TRUE(graph_.tensors.empty());
}

}  // namespace
}  // namespace facenet
