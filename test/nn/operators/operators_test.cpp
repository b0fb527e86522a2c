#include "nn/operators/operators.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/format.h"
#include "nn/graph/graph_builder.h"
#include "nn/runtime/graph_network.h"
#include "one_node.h"
#include "reference.h"

namespace facenet {
namespace {

using reference::difference;
using reference::Images;
using reference::kRounding;
using reference::random_images;
using reference::random_values;
using reference::to_tensor;
using testing::HasSubstr;
using testing::ThrowsMessage;
using Shape = std::vector<std::int64_t>;

// Operators that no published model of the table needs, but others' files do.

/// Nodes after nodes; the last one's output is the result.
class Operators : public testing::Test {
 protected:
  void SetUp() override { b.graph().inputs = {"in"}; }

  std::string floats(Shape shape, std::vector<float> values) {
    return b.add_tensor(fmt::format("k{}", ++constants_), std::move(shape), values);
  }
  std::string wholes(Shape shape, std::vector<std::int64_t> values) {
    return b.add_whole_tensor(fmt::format("k{}", ++constants_), std::move(shape), values);
  }
  std::string add(const std::string& op, std::vector<std::string> inputs,
                  nlohmann::json attributes = nlohmann::json::object()) {
    last_ = fmt::format("v{}", ++nodes_);
    return b.add_node(op, std::move(inputs), last_, std::move(attributes));
  }
  at::Tensor run(const at::Tensor& input) {
    b.graph().outputs = {last_};
    const ImportedGraph graph = b.take();
    b = GraphBuilder();
    b.graph().inputs = {"in"};
    return GraphNetwork(graph).run(input).at(0);
  }
  at::Tensor run_op(const std::string& op, const at::Tensor& input,
                    nlohmann::json attributes = nlohmann::json::object()) {
    add(op, {"in"}, std::move(attributes));
    return run(input);
  }

  GraphBuilder b;

 private:
  int constants_ = 0, nodes_ = 0;
  std::string last_;
};

TEST_F(Operators, ResponseNormMatchesPlainLoops) {
  const Images in = random_images(2, 7, 3, 4, 1);
  for (const std::int64_t size : {1, 4, 5, 9}) {
    for (const double beta : {0.75, 0.5}) {
      const auto out = run_op("LRN", to_tensor(in),
                              {{"size", size}, {"alpha", 2}, {"beta", beta}, {"bias", 1.5}});
      EXPECT_LT(difference(out, reference::response_norm(in, size, 2, beta, 1.5).values),
                kRounding);
    }
  }
  EXPECT_THROW(run_op("LRN", to_tensor(in)), Error);
}

TEST_F(Operators, LpPoolIsTheRootOfTheSumOfSquares) {
  const Images in = random_images(2, 3, 7, 6, 2);
  Images square = in;
  for (float& value : square.values) value *= value;
  const reference::Window k{.kernel_y = 3,
                            .kernel_x = 2,
                            .stride_y = 2,
                            .stride_x = 1,
                            .top = 1,
                            .left = 0,
                            .bottom = 1,
                            .right = 0};
  Images expected = reference::pool(square, k, false, true, true);
  for (float& value : expected.values) value = std::sqrt(6 * value);
  EXPECT_LT(
      difference(run_op("LpPool", to_tensor(in),
                        {{"kernel_shape", {3, 2}}, {"strides", {2, 1}}, {"pads", {1, 0, 1, 0}}}),
                 expected.values),
      kRounding);
  EXPECT_THROW(run_op("LpPool", to_tensor(in), {{"kernel_shape", {3, 2}}, {"p", 3}}), Error);
}

TEST_F(Operators, LpNormalizationGivesUnitVectors) {
  const auto x = at::tensor(std::vector<float>{3, 4, 0, 0}).reshape({2, 2, 1, 1});
  EXPECT_LT(difference(run_op("LpNormalization", x, {{"axis", 1}}), {0.6F, 0.8F, 0, 0}), kRounding);
  EXPECT_LT(
      difference(run_op("LpNormalization", x, {{"axis", 1}, {"p", 1}}), {3 / 7.0F, 4 / 7.0F, 0, 0}),
      kRounding);
}

TEST_F(Operators, ElementwiseFormulas) {
  const auto x = at::tensor(std::vector<float>{-4, -1, 0.5F, 2}).reshape({1, 4, 1, 1});
  EXPECT_LT(difference(run_op("HardSigmoid", x, {{"alpha", 0.25}}), {0, 0.25F, 0.625F, 1}),
            kRounding);
  EXPECT_LT(difference(run_op("HardSwish", x), {0, -1.0F / 3, 0.5F * 3.5F / 6, 2 * 5.0F / 6}),
            kRounding);
  EXPECT_LT(difference(run_op("Elu", x, {{"alpha", 2}}),
                       {2 * (std::exp(-4.0F) - 1), 2 * (std::exp(-1.0F) - 1), 0.5F, 2}),
            kRounding);
  EXPECT_LT(difference(run_op("Reciprocal", x), {-0.25F, -1, 2, 0.5F}), kRounding);
  EXPECT_LT(difference(run_op("Floor", x), {-4, -1, 0, 2}), kRounding);
  EXPECT_LT(difference(run_op("Ceil", x), {-4, -1, 1, 2}), kRounding);
  add("Sqrt", {add("Abs", {"in"})});
  EXPECT_LT(difference(run(x), {2, 1, std::sqrt(0.5F), std::sqrt(2.0F)}), kRounding);
  add("Log", {add("Abs", {"in"})});
  EXPECT_LT(difference(run(x), {std::log(4.0F), 0, std::log(0.5F), std::log(2.0F)}), kRounding);
  add("Pow", {"in", floats({}, {2})});
  EXPECT_LT(difference(run(x), {16, 1, 0.25F, 4}), kRounding);
  add("Max", {"in", floats({1}, {-1}), floats({4, 1, 1}, {-9, 0, 9, 0})});
  EXPECT_LT(difference(run(x), {-1, 0, 9, 2}), kRounding);
  add("Min", {"in", floats({1}, {0})});
  EXPECT_LT(difference(run(x), {-4, -1, 0, 0}), kRounding);
}

TEST_F(Operators, ReductionsAndGlobalPools) {
  const auto x = at::tensor(std::vector<float>{1, -2, 3, -4}).reshape({1, 2, 1, 2});
  EXPECT_LT(difference(run_op("ReduceMin", x, {{"axes", {3}}}), {-2, -4}), kRounding);
  EXPECT_LT(difference(run_op("ReduceL1", x, {{"axes", {3}}}), {3, 7}), kRounding);
  EXPECT_LT(difference(run_op("GlobalMaxPool", x), {1, 3}), kRounding);
}

TEST_F(Operators, PaddingByTheInputsSize) {
  // 7 pixels, stride 2: four positions, of which SAME asks for 1 pixel in all, at the end or start.
  const Images in = random_images(1, 2, 7, 8, 3);
  const auto expect_pads = [&](const char* kind, const reference::Window& k) {
    const nlohmann::json attributes = {
        {"kernel_shape", {2, 3}}, {"strides", {2, 2}}, {"auto_pad", kind}};
    EXPECT_LT(difference(run_op("MaxPool", to_tensor(in), attributes),
                         reference::pool(in, k, false, false).values),
              kRounding);
    const auto weight = random_values(2 * 2 * 2 * 3, 4);
    add("Conv", {"in", floats({2, 2, 2, 3}, weight)}, attributes);
    EXPECT_LT(difference(run(to_tensor(in)), reference::conv(in, weight, {}, 2, 1, k).values),
              kRounding);
  };
  reference::Window k{.kernel_y = 2, .kernel_x = 3, .stride_y = 2, .stride_x = 2};
  expect_pads("VALID", k);
  k.bottom = k.right = 1;
  expect_pads("SAME_UPPER", k);
  k.bottom = k.right = 0;
  k.top = k.left = 1;
  expect_pads("SAME_LOWER", k);
  EXPECT_THROW(run_op("MaxPool", to_tensor(in), {{"kernel_shape", {2, 2}}, {"auto_pad", "MORE"}}),
               Error);
}

TEST_F(Operators, ConvTransposeSpreadsEachPixel) {
  const Images in = random_images(1, 3, 4, 3, 5);
  const auto weight = random_values(3 * 2 * 3 * 3, 6);  // [in, out, y, x]
  const std::int64_t stride = 2, top = 1, left = 0, bottom = 0, right = 1;
  Images expected(1, 2, stride * 3 + 3 - top - bottom, stride * 2 + 3 - left - right);
  for (std::int64_t c = 0; c < 3; ++c)
    for (std::int64_t y = 0; y < 4; ++y)
      for (std::int64_t x = 0; x < 3; ++x)
        for (std::int64_t o = 0; o < 2; ++o)
          for (std::int64_t ky = 0; ky < 3; ++ky)
            for (std::int64_t kx = 0; kx < 3; ++kx) {
              const std::int64_t ty = y * stride + ky - top, tx = x * stride + kx - left;
              if (!expected.has(ty, tx)) continue;
              expected.at(0, o, ty, tx) +=
                  in.at(0, c, y, x) *
                  weight[static_cast<std::size_t>(((c * 2 + o) * 3 + ky) * 3 + kx)];
            }
  const auto transpose = [&](const nlohmann::json& pads) {
    add("ConvTranspose", {"in", floats({3, 2, 3, 3}, weight)},
        {{"strides", {stride, stride}}, {"pads", pads}});
    return run(to_tensor(in));
  };
  EXPECT_THROW(transpose({0, 0, 1, 1}), Error);  // more at the end than LibTorch can cut
  // Where the left loses nothing, neither can the right: compare all but the last column.
  const auto out = transpose({top, left, bottom, 0});
  ASSERT_EQ(out.sizes(), (Shape{1, 2, expected.h, expected.w + 1}));
  EXPECT_LT(difference(out.narrow(3, 0, expected.w), expected.values), kRounding);
}

TEST_F(Operators, ResizeByScalesAndSizes) {
  const Images in = random_images(1, 2, 3, 2, 7);
  const auto expect_doubled = [&](const at::Tensor& out) {
    ASSERT_EQ(out.sizes(), (Shape{1, 2, 6, 6}));
    for (std::int64_t c = 0; c < 2; ++c)
      for (std::int64_t y = 0; y < 6; ++y)
        for (std::int64_t x = 0; x < 6; ++x)
          EXPECT_EQ(out[0][c][y][x].item<float>(), in.at(0, c, y / 2, x / 3));
  };
  const nlohmann::json nearest = {{"mode", "nearest"},
                                  {"coordinate_transformation_mode", "asymmetric"},
                                  {"nearest_mode", "floor"}};
  auto by_scales = nearest;
  by_scales["scales"] = {1.0, 1.0, 2.0, 3.0};
  expect_doubled(run_op("Resize", to_tensor(in), by_scales));
  expect_doubled(run_op("Upsample", to_tensor(in), {{"scales", {1.0, 1.0, 2.0, 3.0}}}));
  auto by_sizes = nearest;
  by_sizes["sizes"] = {1, 2, 6, 6};
  expect_doubled(run_op("Resize", to_tensor(in), by_sizes));
  // Sizes computed as exporters compute them.
  const std::string shape = add("Shape", {"in"});
  const std::string front = add("Slice", {shape}, {{"starts", {0}}, {"ends", {2}}});
  const std::string all = add("Concat", {front, wholes({2}, {6, 6})}, {{"axis", 0}});
  add("Resize", {"in", "", "", all}, nearest);
  expect_doubled(run(to_tensor(in)));
  EXPECT_THROW(run_op("Resize", to_tensor(in), {{"mode", "cubic"}}), Error);
}

TEST_F(Operators, ResizeOfNothingAndToNothingAreErrors) {
  const at::Tensor empty = at::zeros({1, 3, 0, 8});
  const at::Tensor image = at::zeros({1, 3, 8, 8});
  for (const char* mode : {"nearest", "linear"}) {
    const auto with = [&](const char* key, const nlohmann::json& values) {
      return nlohmann::json{{"mode", mode}, {key, values}};
    };
    EXPECT_THROW(run_op("Resize", empty, with("scales", {1, 1, 2, 2})), Error);
    EXPECT_THROW(run_op("Resize", empty, with("sizes", {1, 3, 8, 8})), Error);
    EXPECT_THROW(run_op("Resize", image, with("sizes", {1, 3, 0, 8})), Error);
    EXPECT_THROW(run_op("Resize", image, with("scales", {1, 1, 1e300, 1})), Error);
    EXPECT_THROW(run_op("Resize", image, with("scales", {1, 1, -2, 1})), Error);
  }
}

TEST_F(Operators, ResizeLinear) {
  Images in(1, 1, 1, 2);
  in.values = {0, 4};
  EXPECT_LT(difference(run_op("Resize", to_tensor(in),
                              {{"mode", "linear"}, {"scales", {1.0, 1.0, 1.0, 2.0}}}),
                       {0, 1, 3, 4}),
            kRounding);
  EXPECT_LT(difference(run_op("Resize", to_tensor(in),
                              {{"mode", "linear"},
                               {"coordinate_transformation_mode", "align_corners"},
                               {"sizes", {1, 1, 1, 5}}}),
                       {0, 1, 2, 3, 4}),
            kRounding);
}

TEST_F(Operators, ShapesAreNumbersToo) {
  const auto x = at::arange(24, at::kFloat).reshape({2, 3, 2, 2});
  const std::string shape = add("Shape", {"in"});
  const std::string batch = add("Gather", {shape, wholes({}, {0})}, {{"axis", 0}});
  const std::string first = add("Unsqueeze", {batch}, {{"axes", {0}}});
  const std::string target = add("Concat", {first, wholes({1}, {-1})}, {{"axis", 0}});
  add("Reshape", {"in", target});
  EXPECT_EQ(run(x).sizes(), (Shape{2, 12}));
  // Half of the last two extents, as an exporter writes a pooling size.
  const std::string size = add("Slice", {add("Shape", {"in"})}, {{"starts", {2}}, {"ends", {4}}});
  const std::string half = add("Div", {size, wholes({}, {2})});
  add("Cast", {add("Mul", {half, wholes({2}, {3, 5})})}, {{"to", 1}});
  EXPECT_LT(difference(run(x), {3, 5}), kRounding);
  add("Add", {"in", add("Expand", {floats({1, 1, 1, 1}, {1}), add("Shape", {"in"})})});
  EXPECT_LT(difference(run(x), reference::to_vector(x + 1)), kRounding);
  add("ConstantOfShape", {add("Shape", {"in"})}, {{"value", 2.5}});
  EXPECT_LT(difference(run(x), std::vector<float>(24, 2.5F)), kRounding);
}

TEST_F(Operators, SliceAndGather) {
  const auto x = at::arange(12, at::kFloat).reshape({1, 3, 2, 2});
  add("Slice", {"in"},
      {{"starts", {1, -1}}, {"ends", {9'223'372'036'854'775'807, 2}}, {"axes", {1, 3}}});
  EXPECT_LT(difference(run(x), {5, 7, 9, 11}), kRounding);
  add("Slice", {"in"}, {{"starts", {0}}, {"ends", {3}}, {"axes", {1}}, {"steps", {2}}});
  EXPECT_LT(difference(run(x), {0, 1, 2, 3, 8, 9, 10, 11}), kRounding);
  add("Gather", {"in", wholes({2}, {-1, 0})}, {{"axis", 1}});
  EXPECT_LT(difference(run(x), {8, 9, 10, 11, 0, 1, 2, 3}), kRounding);
  add("Gather", {"in", wholes({}, {1})}, {{"axis", 3}});
  EXPECT_EQ(run(x).sizes(), (Shape{1, 3, 2}));
  add("Slice", {"in"}, {{"starts", {2}}, {"ends", {0}}, {"axes", {1}}, {"steps", {-1}}});
  EXPECT_THROW(run(x), Error);
}

TEST_F(Operators, WeightsMayBeComputed) {
  // As in training: the weight is a value, not a tensor of the file.
  const Images in = random_images(1, 2, 4, 4, 8);
  const auto weight = random_values(3 * 2 * 3 * 3, 9);
  add("Conv", {"in", add("Identity", {floats({3, 2, 3, 3}, weight)})}, {{"pads", {1, 1, 1, 1}}});
  const reference::Window k{
      .kernel_y = 3, .kernel_x = 3, .top = 1, .left = 1, .bottom = 1, .right = 1};
  EXPECT_LT(difference(run(to_tensor(in)), reference::conv(in, weight, {}, 3, 1, k).values),
            kRounding);
  add("PRelu", {"in", add("Identity", {floats({2, 1, 1}, {0.5F, 0.25F})})});
  Images expected = in;
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    float& value = expected.values[i];
    if (value < 0) value *= i < 16 ? 0.5F : 0.25F;
  }
  EXPECT_LT(difference(run(to_tensor(in)), expected.values), kRounding);
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

}  // namespace
}  // namespace facenet
