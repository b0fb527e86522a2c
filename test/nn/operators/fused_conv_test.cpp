#include "nn/operators/fused_conv.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "nn/graph/fuse.h"
#include "nn/graph/graph_builder.h"
#include "nn/runtime/graph_network.h"
#include "reference.h"

namespace facenet {
namespace {

using reference::difference;
using reference::random_images;
using reference::to_tensor;
using testing::ElementsAre;

class Fuse : public testing::Test {
 protected:
  void SetUp() override {
    if (!have_fused_conv()) GTEST_SKIP() << "built without oneDNN";
    b.graph().inputs = {"in"};
    b.graph().outputs = {"out"};
  }

  std::string constant(const std::vector<std::int64_t>& shape) {
    ++constants_;
    return reference::add_random_tensor(b, fmt::format("k{}", constants_), shape, constants_);
  }

  std::string conv(const std::string& in, const std::string& out, std::int64_t filters = 4,
                   const nlohmann::json& attributes = {{"pads", {1, 1, 1, 1}}}) {
    return b.add_node("Conv", {in, constant({filters, 4, 3, 3}), constant({filters})}, out,
                      attributes);
  }

  /// The operators after fusing; LibTorch's convolution, which other tests compare with plain
  /// loops, says that the result is the same.
  std::vector<std::string> fused(double tolerance = 1e-5, bool bfloat16 = false) {
    const ImportedGraph graph = b.take();
    const auto input = to_tensor(random_images(3, 4, 9, 7, 99));
    const auto expected = GraphNetwork(graph, {.optimise = false}).run(input).at(0);
    const GraphNetwork network(
        graph, {.precision = bfloat16 ? Precision::kBfloat16 : Precision::kFloat32});
    const auto actual = network.run(input).at(0);
    EXPECT_EQ(actual.sizes(), expected.sizes());
    EXPECT_EQ(actual.scalar_type(), at::kFloat);
    EXPECT_LT(difference(actual, reference::to_vector(expected)), tolerance);
    EXPECT_TRUE(at::equal(network.run_batch(input).at(0), actual));
    ImportedGraph copy;
    copy.graph = graph.graph;
    copy.tensors = graph.tensors;
    fuse(copy, false);
    std::vector<std::string> operators;
    for (const GraphNode& node : copy.graph.nodes) operators.push_back(node.op);
    return operators;
  }

  GraphBuilder b;

 private:
  unsigned constants_ = 0;
};

TEST_F(Fuse, AConvolutionAlone) {
  conv("in", "out", 6, {{"strides", {2, 1}}, {"dilations", {1, 2}}, {"pads", {0, 2, 1, 3}}});
  EXPECT_THAT(fused(), ElementsAre("FusedConv"));
}

TEST_F(Fuse, GroupsAndNoBias) {
  b.add_node("Conv", {"in", constant({6, 2, 3, 3})}, "a", {{"group", 2}});
  b.add_node("Conv", {"a", constant({6, 1, 3, 3})}, "out", {{"group", 6}});
  EXPECT_THAT(fused(), ElementsAre("FusedConv", "FusedConv"));
}

TEST_F(Fuse, PaddingThatDependsOnTheInput) {
  conv("in", "out", 6, {{"strides", {2, 2}}, {"auto_pad", "SAME_UPPER"}});
  EXPECT_THAT(fused(), ElementsAre("FusedConv"));
}

TEST_F(Fuse, Activations) {
  conv("in", "c1");
  b.add_node("Relu", {"c1"}, "r1");
  conv("r1", "c2");
  b.add_node("LeakyRelu", {"c2"}, "r2", {{"alpha", 0.3}});
  conv("r2", "c3");
  b.add_node("PRelu", {"c3", constant({4, 1, 1})}, "r3");
  conv("r3", "c4");
  b.add_node("PRelu", {"c4", constant({1})}, "out");
  EXPECT_THAT(fused(), ElementsAre("FusedConv", "FusedConv", "FusedConv", "FusedConv"));
}

TEST_F(Fuse, ASumWithWhatWasBefore) {
  conv("in", "c1");
  conv("c1", "c2");
  b.add_node("Add", {"c1", "c2"}, "sum");
  conv("sum", "c3");
  b.add_node("Add", {"c3", "sum"}, "sum2");
  b.add_node("Relu", {"sum2"}, "out");
  EXPECT_THAT(fused(), ElementsAre("FusedConv", "FusedConv", "FusedConv"));
}

TEST_F(Fuse, ASumOfTwoConvolutions) {
  conv("in", "c1");
  conv("in", "c2");
  b.add_node("Add", {"c1", "c2"}, "sum");
  b.add_node("PRelu", {"sum", constant({4, 1, 1})}, "out");
  EXPECT_THAT(fused(), ElementsAre("FusedConv", "FusedConv"));
}

TEST_F(Fuse, ASumWhereTheFilterLiesInThePadding) {
  b.add_node("Pad", {"in"}, "p", {{"pads", {0, 0, 2, 2, 0, 0, 2, 2}}});
  conv("p", "c");
  b.add_node("Add", {"p", "c"}, "sum");
  b.add_node("Relu", {"sum"}, "out");
  EXPECT_THAT(fused(), ElementsAre("Pad", "FusedConv"));
}

TEST_F(Fuse, ASumThatBroadcasts) {
  b.add_node("GlobalAveragePool", {"in"}, "mean");
  conv("in", "c1");
  b.add_node("Add", {"mean", "c1"}, "sum");
  b.add_node("Relu", {"sum"}, "out");
  EXPECT_THAT(fused(), ElementsAre("GlobalAveragePool", "FusedConv"));
}

TEST_F(Fuse, WhatOthersReadStays) {
  conv("in", "c1");
  b.add_node("Relu", {"c1"}, "r");
  b.add_node("Add", {"r", "c1"}, "out");
  EXPECT_THAT(fused(), ElementsAre("FusedConv", "Relu", "Add"));
}

TEST_F(Fuse, AnOutputStays) {
  b.graph().outputs = {"c1", "out"};
  conv("in", "c1");
  b.add_node("Relu", {"c1"}, "out");
  EXPECT_THAT(fused(), ElementsAre("FusedConv", "Relu"));
}

TEST_F(Fuse, ASlopeByColumnIsNotOfChannels) {
  conv("in", "c1");
  b.add_node("PRelu", {"c1", constant({7})}, "out");
  EXPECT_THAT(fused(), ElementsAre("FusedConv", "PRelu"));
}

TEST_F(Fuse, HalfOfTheBitsGiveNearlyTheSame) {
  if (!have_bfloat16()) GTEST_SKIP() << "this processor has no bfloat16";
  conv("in", "c1");
  b.add_node("PRelu", {"c1", constant({4, 1, 1})}, "r1");
  conv("r1", "c2");
  b.add_node("Add", {"c2", "r1"}, "sum");
  b.add_node("Relu", {"sum"}, "r2");
  b.add_node("MaxPool", {"r2"}, "p", {{"kernel_shape", {2, 2}}});
  b.add_node("Sigmoid", {"p"}, "out");
  EXPECT_THAT(fused(0.05, true), ElementsAre("FusedConv", "FusedConv", "MaxPool", "Sigmoid"));
}

}  // namespace
}  // namespace facenet
