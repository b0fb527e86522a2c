#include "nn/runtime/graph_network.h"

#include <array>
#include <filesystem>
#include <limits>
#include <thread>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/graph/graph_builder.h"
#include "one_node.h"
#include "reference.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

using reference::difference;
using reference::Images;
using reference::kRounding;
using reference::random_images;
using reference::to_tensor;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// Strided, depthwise, pointwise, residual and dense: what the embedders are made of.
ImportedGraph small_network() {
  GraphBuilder b;
  b.graph().inputs = {"in"};
  b.graph().outputs = {"out", "mid"};
  b.graph().input_shape = {0, 3, 32, 32};
  unsigned seed = 100;
  const auto weights = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    return reference::add_random_tensor(b, name, shape, ++seed, -0.3F, 0.3F);
  };
  b.add_node("Conv", {"in", weights("w1", {32, 3, 3, 3}), weights("b1", {32})}, "c1",
             {{"strides", {2, 2}}, {"pads", {0, 0, 1, 1}}});
  b.add_node("PRelu", {"c1", weights("s1", {32, 1, 1})}, "p1");
  b.add_node("Conv", {"p1", weights("w2", {32, 1, 3, 3}), weights("b2", {32})}, "c2",
             {{"group", 32}, {"pads", {1, 1, 1, 1}}});
  b.add_node("PRelu", {"c2", weights("s2", {32, 1, 1})}, "p2");
  b.add_node("Conv", {"p2", weights("w3", {32, 32, 1, 1}), weights("b3", {32})}, "c3");
  b.add_node("Add", {"c3", "p1"}, "mid");
  b.add_node("Relu", {"mid"}, "r");
  b.add_node("Flatten", {"r"}, "f");
  b.add_node("Gemm", {"f", weights("w4", {16, 32 * 16 * 16}), weights("b4", {16})}, "out",
             {{"transB", 1}});
  return b.take();
}

/// Products with them take a hundred times as long as others on many processors.
TEST(GraphNetwork, SubnormalNumbersAreZeroInNetworksAndNowhereElse) {
  if (!at::globalContext().setFlushDenormal(true)) GTEST_SKIP() << "not on this processor";
  at::globalContext().setFlushDenormal(false);
  constexpr float kSubnormal = std::numeric_limits<float>::min() / 8;
  GraphBuilder b;
  b.graph().inputs = {"in"};
  b.graph().outputs = {"out"};
  b.graph().input_shape = {0, 1, 1, 1};
  b.add_tensor("w", {1}, std::array{kSubnormal});
  b.add_node("Mul", {"in", "w"}, "out");
  const GraphNetwork network(b.take());
  EXPECT_EQ(network.run(at::full({1, 1, 1, 1}, 4.0F))[0].item<float>(), 0);
  for (const at::Tensor& row : network.run_batch(at::full({5, 1, 1, 1}, 4.0F))[0].unbind())
    EXPECT_EQ(row.item<float>(), 0);
  EXPECT_EQ((at::full({1}, kSubnormal) * 4).item<float>(), kSubnormal * 4);
}

TEST(GraphNetwork, AllLayersTogetherMatchPlainLoops) {
  const ImportedGraph graph = small_network();
  const auto floats = [&](const char* name) {
    const auto values = floats_of(graph.tensors.at(name));
    return std::vector<float>(values.begin(), values.end());
  };
  const auto prelu = [&](Images& x, const char* slopes) {
    const auto s = floats(slopes);
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      const auto channel = static_cast<std::int64_t>(i) / (x.h * x.w) % x.c;
      if (x.values[i] < 0) x.values[i] *= s[static_cast<std::size_t>(channel)];
    }
  };
  const Images in = random_images(2, 3, 32, 32, 7);
  Images p1 = reference::conv(
      in, floats("w1"), floats("b1"), 32, 1,
      {.kernel_y = 3, .kernel_x = 3, .stride_y = 2, .stride_x = 2, .bottom = 1, .right = 1});
  prelu(p1, "s1");
  Images p2 =
      reference::conv(p1, floats("w2"), floats("b2"), 32, 32,
                      {.kernel_y = 3, .kernel_x = 3, .top = 1, .left = 1, .bottom = 1, .right = 1});
  prelu(p2, "s2");
  Images mid =
      reference::conv(p2, floats("w3"), floats("b3"), 32, 1, {.kernel_y = 1, .kernel_x = 1});
  for (std::size_t i = 0; i < mid.values.size(); ++i) mid.values[i] += p1.values[i];
  Images rows(2, 32 * 16 * 16, 1, 1);
  std::transform(mid.values.begin(), mid.values.end(), rows.values.begin(),
                 [](float v) { return std::max(v, 0.0F); });
  const Images out =
      reference::conv(rows, floats("w4"), floats("b4"), 16, 1, {.kernel_y = 1, .kernel_x = 1});

  const auto results = GraphNetwork(graph).run(to_tensor(in));
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(shape_of(results[0]), (std::vector<std::int64_t>{2, 16}));
  EXPECT_LT(difference(results[0], out.values), 1e-4);
  EXPECT_TRUE(results[1].is_contiguous());
  EXPECT_LT(difference(results[1], mid.values), 1e-4);  // an output that a later step also reads
}

TEST(GraphNetwork, ARowDoesNotDependOnTheOthers) {
  const GraphNetwork network(small_network());
  const at::Tensor images = to_tensor(random_images(16, 3, 32, 32, 8));
  const int before = at::get_num_threads();
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    const at::Tensor alone = network.run(images.narrow(0, 5, 1)).at(0);
    for (const std::int64_t batch : {6, 7, 16}) {
      const at::Tensor together = network.run(images.narrow(0, 0, batch)).at(0);
      EXPECT_TRUE(at::equal(together.narrow(0, 5, 1), alone))
          << batch << " images, " << threads << " threads";
    }
  }
  at::set_num_threads(before);
}

TEST(GraphNetwork, LeavesInputsAndWeightsAsTheyWere) {
  const GraphNetwork relu(single("Relu", {}));
  const at::Tensor input =
      to_tensor(random_images(1, 4, 4, 4, 9)).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor copy = input.clone();
  relu.run(input);
  EXPECT_TRUE(at::equal(input, copy));

  // x is read by three nodes, of which none may overwrite it for the others.
  GraphBuilder b;
  b.graph().inputs = {"in"};
  b.graph().outputs = {"out"};
  b.add_node("Neg", {"in"}, "x");
  b.add_node("Relu", {"x"}, "r");
  b.add_node("Add", {"x", "x"}, "d");
  b.add_node("Mul", {b.add_tensor("half", {1}, std::vector<float>{0.5F}), "d"}, "h");
  b.add_node("Add", {"r", "h"}, "out");
  const GraphNetwork network(b.take());
  const std::vector<float> expected = {-1, 4};
  for (int i = 0; i < 2; ++i)
    EXPECT_LT(difference(network.run(row({1, -2})).at(0), expected), kRounding);
}

TEST(GraphNetwork, SeveralThreadsGetWhatOneGets) {
  const GraphNetwork network(small_network());
  const at::Tensor images = to_tensor(random_images(8, 3, 32, 32, 10));
  const at::Tensor expected = network.run(images).at(0);
  std::vector<int> same(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < same.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) same[t] += at::equal(network.run(images).at(0), expected) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(same, testing::Each(5));
}

TEST(GraphNetwork, DescribesItsLayers) {
  const GraphNetwork network(small_network(), {.optimise = false});
  const auto layers = network.describe(3, 32, 32);
  ASSERT_EQ(layers.size(), 9U);
  EXPECT_EQ(layers[0].kind, "Conv");
  EXPECT_EQ(layers[0].parameters, 32 * 27 + 32);
  EXPECT_EQ(layers[0].output, (std::vector<std::int64_t>{1, 32, 16, 16}));
  EXPECT_EQ(layers[0].multiply_adds, 27 * 32 * 16 * 16);
  EXPECT_EQ(layers[2].multiply_adds, 9 * 32 * 16 * 16);  // depthwise
  EXPECT_EQ(layers[5].multiply_adds, 0);
  EXPECT_EQ(layers[8].parameters, 16 * 8192 + 16);
  EXPECT_EQ(layers[8].multiply_adds, 16 * 8192);
  const auto any_size = network.describe(3, 0, 0);
  EXPECT_EQ(any_size[0].parameters, layers[0].parameters);
  EXPECT_TRUE(any_size[0].output.empty());
  EXPECT_EQ(network.input_shape(), (std::vector<std::int64_t>{0, 3, 32, 32}));
}

TEST(GraphNetwork, ABatchGivesARowForEachImage) {
  const at::Tensor images = at::ones({5, 1, 2, 2});
  const auto expect_refused = [&](const ImportedGraph& graph) {
    EXPECT_THAT([&] { GraphNetwork(graph).run_batch(images); },
                ThrowsMessage<Error>(HasSubstr("does not give a row for each of")));
  };
  expect_refused(single("Reshape", {}, {{"shape", {1, -1}}}));
  expect_refused(single("ReduceSum", {}, {{"axes", {0, 1, 2, 3}}, {"keepdims", 0}}));
  expect_refused(single("Transpose", {}, {{"perm", {2, 0, 1, 3}}}));
  // Whole numbers are numbers, too, for who reads them.
  const at::Tensor shape = GraphNetwork(single("Shape", {})).run(images).at(0);
  EXPECT_EQ(shape.scalar_type(), at::kFloat);
}

/// Attributes of a few bytes, for gigabytes.
TEST(GraphNetwork, TakesNoMoreMemoryThanANetworkForFacesNeeds) {
  const at::Tensor image = at::zeros({1, 3, 112, 112});
  const auto expect_refused = [&](const ImportedGraph& graph) {
    for (const bool optimise : {false, true})
      EXPECT_THAT([&] { GraphNetwork(graph, {.optimise = optimise}).run(image); },
                  ThrowsMessage<Error>(AllOf(HasSubstr("cannot be computed"), HasSubstr(" MiB"))));
  };
  const Constant weight{{64, 3, 3, 3}, reference::random_values(1728, 1)};
  const std::int64_t far = 1 << 20;
  expect_refused(single("Conv", {weight}, {{"pads", {far, 0, 0, 0}}}));
  expect_refused(single("Conv", {weight}, {{"pads", {0, far, 0, far}}}));
  expect_refused(single("MaxPool", {}, {{"kernel_shape", {3, 3}}, {"pads", {far, 0, 0, 0}}}));
  expect_refused(single("Pad", {}, {{"pads", {0, 0, far, 0, 0, 0, 0, 0}}}));
  expect_refused(single("Resize", {}, {{"scales", {1, 1, 200, 200}}}));

  GraphBuilder doubled;
  doubled.graph().inputs = {"in"};
  doubled.graph().outputs = {"out"};
  std::string last = "in";
  for (int i = 0; i < 20; ++i)
    last = doubled.add_node("Concat", {last, last}, i == 19 ? "out" : fmt::format("v{}", i),
                            {{"axis", 1}});
  expect_refused(doubled.take());

  GraphBuilder kept;  // each small enough, and all needed to the end
  kept.graph().inputs = {"in"};
  kept.graph().outputs = {"out"};
  std::vector<std::string> values;
  for (int i = 0; i < 4; ++i)
    values.push_back(kept.add_node("Pad", {"in"}, fmt::format("v{}", i),
                                   {{"pads", {0, 0, 300'000, 0, 0, 0, 0, 0}}}));
  kept.add_node("Concat", values, "out", {{"axis", 1}});
  EXPECT_THAT([&] { GraphNetwork(kept.take()).run(image); },
              ThrowsMessage<Error>(HasSubstr("would be kept at once")));
}

TEST(GraphNetwork, EmptyWeightsAreErrors) {
  const auto expect_refused = [](const ImportedGraph& graph) {
    EXPECT_THAT(
        [&] {
          GraphNetwork(graph).run(at::zeros({1, 3, 8, 8}));
        },
        ThrowsMessage<Error>(
            testing::AnyOf(HasSubstr("its weight is empty"), HasSubstr("kernel_shape"))));
  };
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{0, 3, 3, 3}, {4, 0, 3, 3}, {4, 3, 0, 3}}) {
    expect_refused(single("Conv", {{shape, {}}}));
    GraphBuilder b;
    b.graph().inputs = {"in"};
    b.graph().outputs = {"out"};
    b.add_node("Conv", {"in", b.add_tensor("w", shape, {})}, "c");
    b.add_node("Mul", {"c", b.add_tensor("k", {1}, std::vector<float>{2})}, "out");
    expect_refused(b.take());
  }
  EXPECT_THROW(
      GraphNetwork(single("ConvTranspose", {{{3, 0, 2, 2}, {}}})).run(at::zeros({1, 3, 8, 8})),
      Error);
}

class GraphNetworkFile : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::string path_ = folder_.path("network.safetensors");
};

TEST_F(GraphNetworkFile, PartsAreFoundByTheirPrefix) {
  const ImportedGraph graph = single("Add", {{{1}, {3}}});
  const std::vector<std::uint16_t> half = {0x4500};  // 5.0
  write_safetensors(
      path_,
      {{"a.c1", graph.tensors.at("c1")},
       {"c1", {TensorType::kFloat16, {1}, std::as_bytes(std::span(half))}}},
      {{"graph:a", to_json(graph.graph).dump()}, {"graph", to_json(graph.graph).dump()}}, true);
  // The networks outlive the mapped file.
  const auto make = [&](const char* part) { return GraphNetwork(SafetensorsFile(path_), part); };
  EXPECT_LT(difference(make("a.").run(row({1})).at(0), {4}), kRounding);
  EXPECT_LT(difference(make("a").run(row({1})).at(0), {4}), kRounding);
  EXPECT_LT(difference(make("").run(row({1})).at(0), {6}), kRounding);
  EXPECT_THAT([&] { make("b."); },
              ThrowsMessage<Error>(AllOf(HasSubstr(path_), HasSubstr("graph:b"))));
}

TEST_F(GraphNetworkFile, ErrorsNameTheFileAndTheNode) {
  const auto expect_error = [&](const std::string& graph, const std::string& what) {
    write_safetensors(path_, {}, {{"graph", graph}}, true);
    EXPECT_THAT(
        [&] {
          GraphNetwork(SafetensorsFile(path_)).run(at::zeros({1, 1, 1, 1}));
        },
        ThrowsMessage<Error>(AllOf(HasSubstr(path_), HasSubstr(what))));
  };
  expect_error("{ no JSON", "no valid \"inputs\"");
  expect_error(to_json(single("Add", {{{1}, {3}}}).graph).dump(),
               "node \"out\" (Add): there is no tensor \"c1\"");
  expect_error(to_json(single("Add", {}).graph).dump(), "node \"out\" (Add)");
  expect_error(to_json(single("Flatten", {}, {{"axis", "one"}}).graph).dump(), "\"axis\"");
  expect_error(to_json(single("Reshape", {}, {{"shape", {7, 7}}}).graph).dump(),
               "node \"out\" (Reshape)");
}

}  // namespace
}  // namespace facenet
