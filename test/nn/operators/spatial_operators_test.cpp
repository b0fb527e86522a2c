#include "nn/operators/spatial_operators.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
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
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

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

}  // namespace
}  // namespace facenet
