#include "nn/graph_network.h"

#include <filesystem>
#include <thread>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/graph_builder.h"
#include "reference.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

using reference::difference;
using reference::Images;
using reference::random_images;
using reference::random_values;
using reference::to_tensor;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double kRounding = 1e-5;

struct Constant {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// A graph of one node: `op` of the input and the constants.
ImportedGraph single(const std::string& op, const std::vector<Constant>& constants,
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

at::Tensor run(const ImportedGraph& graph, const at::Tensor& input) {
  return GraphNetwork(graph).run(input).at(0);
}

at::Tensor run_op(const std::string& op, const at::Tensor& input,
                  nlohmann::json attributes = nlohmann::json::object()) {
  return run(single(op, {}, std::move(attributes)), input);
}

std::vector<std::int64_t> shape_of(const at::Tensor& tensor) {
  return tensor.sizes().vec();
}

TEST(Conv, MatchesPlainLoops) {
  struct Case {
    std::int64_t in, out, groups;
    reference::Window window;
    bool bias;
  };
  const Case cases[] = {
      {3, 8, 1, {.kernel_y = 3, .kernel_x = 3}, true},
      {3, 8, 1, {.kernel_y = 3, .kernel_x = 3}, false},
      {4, 6, 1, {.kernel_y = 1, .kernel_x = 1}, true},
      {4, 6, 2, {.kernel_y = 3, .kernel_x = 2, .top = 1, .left = 1, .bottom = 1, .right = 1}, true},
      {6,
       6,
       6,
       {.kernel_y = 3, .kernel_x = 3, .stride_y = 2, .stride_x = 2, .bottom = 1, .right = 1},
       true},
      {4, 8, 4, {.kernel_y = 3, .kernel_x = 3, .top = 2, .left = 0, .bottom = 1, .right = 3}, true},
      {2,
       4,
       1,
       {.kernel_y = 3,
        .kernel_x = 3,
        .stride_y = 1,
        .stride_x = 2,
        .dilation_y = 2,
        .dilation_x = 1,
        .top = 2,
        .left = 1,
        .bottom = 2,
        .right = 1},
       true},
  };
  unsigned seed = 1;
  for (const Case& c : cases) {
    SCOPED_TRACE(seed);
    const Images in = random_images(2, c.in, 9, 8, ++seed);
    const auto& k = c.window;
    const auto weight = random_values(
        static_cast<std::size_t>(c.out * c.in / c.groups * k.kernel_y * k.kernel_x), ++seed);
    const auto bias =
        c.bias ? random_values(static_cast<std::size_t>(c.out), ++seed) : std::vector<float>();
    std::vector<Constant> constants = {{{c.out, c.in / c.groups, k.kernel_y, k.kernel_x}, weight}};
    if (c.bias) constants.push_back({{c.out}, bias});
    const auto out = run(single("Conv", constants,
                                {{"group", c.groups},
                                 {"strides", {k.stride_y, k.stride_x}},
                                 {"dilations", {k.dilation_y, k.dilation_x}},
                                 {"pads", {k.top, k.left, k.bottom, k.right}}}),
                         to_tensor(in));
    const Images expected = reference::conv(in, weight, bias, c.out, c.groups, k);
    EXPECT_EQ(shape_of(out), (std::vector<std::int64_t>{2, c.out, expected.h, expected.w}));
    EXPECT_LT(difference(out, expected.values), kRounding);
  }
}

TEST(Conv, RefusesWeightsThatDoNotFit) {
  const Constant weight{{4, 3, 3, 3}, random_values(108, 1)};
  const auto expect_error = [&](const std::vector<Constant>& constants,
                                const nlohmann::json& attributes, const char* what) {
    EXPECT_THAT(
        [&] {
          run(single("Conv", constants, attributes), at::zeros({1, 3, 8, 8}));
        },
        ThrowsMessage<Error>(AllOf(HasSubstr("\"out\" ("), HasSubstr("Conv)"), HasSubstr(what))));
  };
  expect_error({{{4, 27}, weight.values}}, {}, "four axes");
  expect_error({weight}, {{"group", 3}}, "3 groups");
  expect_error({weight}, {{"group", 0}}, "0 groups");
  expect_error({weight}, {{"group", 2}}, "3 channels, not 6");
  expect_error({weight, {{3}, {1, 2, 3}}}, {}, "bias");
  expect_error({weight}, {{"strides", {0, 1}}}, "\"strides\"");
  expect_error({weight}, {{"pads", {1, 1}}}, "\"pads\"");
  expect_error({weight}, {{"pads", {-1, 0, 0, 0}}}, "\"pads\"");
  expect_error({weight}, {{"dilations", {5, 5}}}, "smaller than the filter");
  expect_error({weight}, {{"auto_pad", "SAME"}}, "auto_pad");
}

TEST(Pool, MatchesPlainLoops) {
  const Images in = random_images(2, 3, 10, 7, 5);
  const reference::Window windows[] = {
      {.kernel_y = 2, .kernel_x = 2, .stride_y = 2, .stride_x = 2},
      {.kernel_y = 3, .kernel_x = 3, .stride_y = 2, .stride_x = 2},
      {.kernel_y = 3, .kernel_x = 2, .stride_y = 1, .stride_x = 3},
      {.kernel_y = 3,
       .kernel_x = 3,
       .stride_y = 2,
       .stride_x = 2,
       .top = 1,
       .left = 1,
       .bottom = 1,
       .right = 1},
      {.kernel_y = 3, .kernel_x = 3, .stride_y = 2, .stride_x = 2, .bottom = 1, .right = 1},
  };
  for (const auto& k : windows) {
    const nlohmann::json attributes = {{"kernel_shape", {k.kernel_y, k.kernel_x}},
                                       {"strides", {k.stride_y, k.stride_x}},
                                       {"pads", {k.top, k.left, k.bottom, k.right}}};
    EXPECT_LT(difference(run_op("MaxPool", to_tensor(in), attributes),
                         reference::pool(in, k, false, false).values),
              1e-9);
    EXPECT_LT(difference(run_op("AveragePool", to_tensor(in), attributes),
                         reference::pool(in, k, false, true).values),
              kRounding);
    auto counting = attributes;
    counting["count_include_pad"] = 1;
    EXPECT_LT(difference(run_op("AveragePool", to_tensor(in), counting),
                         reference::pool(in, k, false, true, true).values),
              kRounding);
  }
  for (const auto& k : {windows[0], windows[1]}) {
    nlohmann::json attributes = {{"kernel_shape", {k.kernel_y, k.kernel_x}},
                                 {"strides", {k.stride_y, k.stride_x}},
                                 {"ceil_mode", 1}};
    EXPECT_LT(difference(run_op("MaxPool", to_tensor(in), attributes),
                         reference::pool(in, k, true, false).values),
              1e-9);
    EXPECT_LT(difference(run_op("AveragePool", to_tensor(in), attributes),
                         reference::pool(in, k, true, true).values),
              kRounding);
  }
  EXPECT_THROW(run_op("MaxPool", to_tensor(in)), Error);  // no kernel_shape
}

TEST(Pool, GlobalAverageIsTheMeanOfEachChannel) {
  Images in(1, 2, 1, 3);
  in.values = {1, 2, 6, -1, -1, 5};
  const auto out = run_op("GlobalAveragePool", to_tensor(in));
  EXPECT_EQ(shape_of(out), (std::vector<std::int64_t>{1, 2, 1, 1}));
  EXPECT_LT(difference(out, {3, 1}), kRounding);
}

at::Tensor row(std::vector<float> values) {
  const auto size = static_cast<std::int64_t>(values.size());
  return at::tensor(values).reshape({1, size, 1, 1});
}

TEST(Elementwise, MatchesTheFormulas) {
  const auto x = row({-2, -0.5F, 0, 0.5F, 3});
  EXPECT_LT(difference(run_op("Relu", x), {0, 0, 0, 0.5F, 3}), kRounding);
  EXPECT_LT(difference(run_op("LeakyRelu", x, {{"alpha", 0.1}}), {-0.2F, -0.05F, 0, 0.5F, 3}),
            kRounding);
  EXPECT_LT(difference(run_op("Abs", x), {2, 0.5F, 0, 0.5F, 3}), kRounding);
  EXPECT_LT(difference(run_op("Neg", x), {2, 0.5F, 0, -0.5F, -3}), kRounding);
  EXPECT_LT(difference(run_op("Exp", x), {0.13533528F, 0.60653066F, 1, 1.6487213F, 20.085537F}),
            kRounding);
  EXPECT_LT(
      difference(run_op("Sigmoid", x), {0.11920292F, 0.37754067F, 0.5F, 0.62245933F, 0.95257413F}),
      kRounding);
  EXPECT_LT(difference(run_op("Tanh", x), {-0.9640276F, -0.46211716F, 0, 0.46211716F, 0.9950547F}),
            kRounding);
  EXPECT_LT(difference(run_op("Clip", x, {{"min", -1}, {"max", 2}}), {-1, -0.5F, 0, 0.5F, 2}),
            kRounding);
  EXPECT_LT(difference(run_op("Clip", x, {{"max", 2}}), {-2, -0.5F, 0, 0.5F, 2}), kRounding);
  EXPECT_LT(difference(run_op("Identity", x), {-2, -0.5F, 0, 0.5F, 3}), kRounding);
  EXPECT_LT(difference(run_op("Dropout", x), {-2, -0.5F, 0, 0.5F, 3}), kRounding);
}

TEST(Elementwise, ArithmeticBroadcasts) {
  Images in(1, 2, 1, 2);
  in.values = {1, 2, 3, 4};
  const Constant per_channel{{2, 1, 1}, {10, 20}};
  EXPECT_LT(difference(run(single("Add", {per_channel}), to_tensor(in)), {11, 12, 23, 24}),
            kRounding);
  EXPECT_LT(difference(run(single("Sub", {per_channel}), to_tensor(in)), {-9, -8, -17, -16}),
            kRounding);
  EXPECT_LT(difference(run(single("Mul", {per_channel}), to_tensor(in)), {10, 20, 60, 80}),
            kRounding);
  EXPECT_LT(difference(run(single("Div", {per_channel}), to_tensor(in)), {0.1F, 0.2F, 0.15F, 0.2F}),
            kRounding);
  // The result is larger than the input.
  EXPECT_LT(difference(run(single("Add", {{{2, 1}, {10, 20}}}), row({1, 2})), {11, 21, 12, 22}),
            kRounding);
}

TEST(PRelu, ScalesNegativesByChannel) {
  Images in(1, 2, 2, 2);
  in.values = {-1, 2, -3, 4, -5, 6, -7, 0};
  EXPECT_LT(difference(run(single("PRelu", {{{2, 1, 1}, {0.5F, -0.1F}}}), to_tensor(in)),
                       {-0.5F, 2, -1.5F, 4, 0.5F, 6, 0.7F, 0}),
            kRounding);
  EXPECT_LT(difference(run(single("PRelu", {{{1}, {0.5F}}}), to_tensor(in)),
                       {-0.5F, 2, -1.5F, 4, -2.5F, 6, -3.5F, 0}),
            kRounding);
  // By ONNX's broadcasting a slope of one axis belongs to the last one.
  EXPECT_LT(difference(run(single("PRelu", {{{2}, {0.5F, 0.1F}}}), to_tensor(in)),
                       {-0.5F, 2, -1.5F, 4, -2.5F, 6, -3.5F, 0}),
            kRounding);
}

TEST(Softmax, SumsToOneAlongItsAxis) {
  Images in(1, 2, 1, 2);
  in.values = {0, 1, 0, 3};
  EXPECT_LT(difference(run_op("Softmax", to_tensor(in), {{"axis", 1}}),
                       {0.5F, 0.11920292F, 0.5F, 0.8807971F}),
            kRounding);
  const double sum = 2 + std::exp(1) + std::exp(3);
  std::vector<float> expected;
  for (const float value : in.values) expected.push_back(static_cast<float>(std::exp(value) / sum));
  EXPECT_LT(difference(run_op("Softmax", to_tensor(in), {{"axis", 1}, {"flatten", 1}}), expected),
            kRounding);
}

TEST(Dense, GemmInEverySpelling) {
  const auto x = at::tensor(std::vector<float>{1, 2, 3, 4}).reshape({2, 2, 1, 1});
  const auto gemm = [&](const std::vector<Constant>& constants, const nlohmann::json& attributes) {
    GraphBuilder builder;
    builder.graph().inputs = {"in"};
    builder.graph().outputs = {"out"};
    std::vector<std::string> inputs = {builder.add_node("Flatten", {"in"}, "flat")};
    for (const Constant& c : constants)
      inputs.push_back(builder.add_tensor(fmt::format("c{}", inputs.size()), c.shape, c.values));
    builder.add_node("Gemm", inputs, "out", attributes);
    return run(builder.take(), x);
  };
  const Constant matrix{{2, 2}, {1, 10, 100, 1000}};
  EXPECT_LT(difference(gemm({matrix}, {}), {201, 2010, 403, 4030}), kRounding);
  EXPECT_LT(difference(gemm({matrix}, {{"transB", 1}}), {21, 2100, 43, 4300}), kRounding);
  EXPECT_LT(difference(gemm({matrix, {{2}, {0.5F, 0.25F}}}, {{"transB", 1}}),
                       {21.5F, 2100.25F, 43.5F, 4300.25F}),
            kRounding);
  EXPECT_LT(
      difference(gemm({matrix, {{1}, {0.5F}}}, {{"transB", 1}}), {21.5F, 2100.5F, 43.5F, 4300.5F}),
      kRounding);
  EXPECT_LT(difference(gemm({matrix, {{2, 1}, {1, 2}}}, {{"alpha", 2}, {"beta", 3}, {"transA", 1}}),
                       {605, 6023, 810, 8046}),
            kRounding);
  EXPECT_THROW(gemm({{{3, 3}, random_values(9, 1)}}, {}), Error);
}

TEST(Shapes, FollowOnnx) {
  const auto x = at::arange(24, at::kFloat).reshape({2, 3, 2, 2});
  EXPECT_EQ(shape_of(run_op("Flatten", x)), (std::vector<std::int64_t>{2, 12}));
  EXPECT_EQ(shape_of(run_op("Flatten", x, {{"axis", 0}})), (std::vector<std::int64_t>{1, 24}));
  EXPECT_EQ(shape_of(run_op("Flatten", x, {{"axis", -1}})), (std::vector<std::int64_t>{12, 2}));
  EXPECT_EQ(shape_of(run_op("Reshape", x, {{"shape", {0, -1}}})),
            (std::vector<std::int64_t>{2, 12}));
  EXPECT_EQ(shape_of(run_op("Reshape", x, {{"shape", {-1, 0, 4}}})),
            (std::vector<std::int64_t>{2, 3, 4}));
  EXPECT_EQ(shape_of(run_op("Unsqueeze", x, {{"axes", {-1, 0}}})),
            (std::vector<std::int64_t>{1, 2, 3, 2, 2, 1}));
  EXPECT_EQ(shape_of(run_op("Squeeze", at::zeros({1, 3, 1, 1}), {{"axes", {2, -1}}})),
            (std::vector<std::int64_t>{1, 3}));
  EXPECT_THROW(run_op("Squeeze", x, {{"axes", {1}}}), Error);
  EXPECT_THROW(run_op("Squeeze", x), Error);
  EXPECT_THROW(run_op("Reshape", x), Error);
  EXPECT_THAT(
      [&] {
        run_op("Reshape", x, {{"shape", {5, 5}}});
      },
      ThrowsMessage<Error>(HasSubstr("\"out\" (Reshape)")));
  // In memory it is channels-last, but it reads as the values of NCHW.
  EXPECT_LT(difference(run_op("Flatten", x), reference::to_vector(x)), 1e-9);
}

TEST(Shapes, TransposePadAndConcat) {
  Images in(1, 2, 1, 3);
  in.values = {1, 2, 3, 4, 5, 6};
  EXPECT_LT(
      difference(run_op("Transpose", to_tensor(in), {{"perm", {0, 2, 3, 1}}}), {1, 4, 2, 5, 3, 6}),
      1e-9);
  const auto reversed = run_op("Transpose", to_tensor(in));
  EXPECT_EQ(shape_of(reversed), (std::vector<std::int64_t>{3, 1, 2, 1}));
  EXPECT_LT(difference(reversed, {1, 4, 2, 5, 3, 6}), 1e-9);
  EXPECT_LT(
      difference(run_op("Pad", to_tensor(in), {{"pads", {0, 0, 0, 1, 0, 0, 1, 0}}, {"value", 9}}),
                 {9, 1, 2, 3, 9, 9, 9, 9, 9, 4, 5, 6, 9, 9, 9, 9}),
      1e-9);
  EXPECT_LT(
      difference(run(single("Concat", {{{1, 1, 1, 3}, {7, 8, 9}}}, {{"axis", 1}}), to_tensor(in)),
                 {1, 2, 3, 4, 5, 6, 7, 8, 9}),
      1e-9);
  EXPECT_THROW(
      run_op("Pad", to_tensor(in), {{"pads", {0, 0, 0, 1, 0, 0, 1, 0}}, {"mode", "reflect"}}),
      Error);
}

TEST(Reductions, MatchHandValues) {
  Images in(1, 2, 1, 2);
  in.values = {3, -4, 1, 0};
  EXPECT_LT(difference(run_op("ReduceMax", to_tensor(in), {{"axes", {3}}}), {3, 1}), kRounding);
  EXPECT_LT(
      difference(run_op("ReduceSum", to_tensor(in), {{"axes", {1}}, {"keepdims", 0}}), {4, -4}),
      kRounding);
  EXPECT_LT(difference(run_op("ReduceMean", to_tensor(in), {{"axes", {1, 2, 3}}}), {0}), kRounding);
  EXPECT_LT(difference(run_op("ReduceL2", to_tensor(in), {{"axes", {3}}}), {5, 1}), kRounding);
  EXPECT_LT(difference(run_op("ReduceSum", to_tensor(in)), {0}), kRounding);
}

TEST(BatchNormalization, UsesTheStoredStatistics) {
  Images in(1, 2, 1, 2);
  in.values = {1, 2, 3, 4};
  const auto out = run(
      single("BatchNormalization", {{{2}, {2, 3}}, {{2}, {0.5F, -1}}, {{2}, {1, 2}}, {{2}, {3, 8}}},
             {{"epsilon", 1}}),
      to_tensor(in));
  EXPECT_LT(difference(out, {0.5F, 1.5F, 0, 1}), kRounding);
}

/// Strided, depthwise, pointwise, residual and dense: what the embedders are made of.
ImportedGraph small_network() {
  GraphBuilder b;
  b.graph().inputs = {"in"};
  b.graph().outputs = {"out", "mid"};
  b.graph().input_shape = {0, 3, 32, 32};
  unsigned seed = 100;
  const auto weights = [&](const std::string& name, std::vector<std::int64_t> shape) {
    std::int64_t count = 1;
    for (const auto extent : shape) count *= extent;
    return b.add_tensor(name, shape,
                        random_values(static_cast<std::size_t>(count), ++seed, -0.3F, 0.3F));
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
