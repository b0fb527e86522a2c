#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "nn/graph/graph.h"
#include "nn/operators/operators.h"
#include "nn/runtime/graph_network.h"
#include "reference.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

using reference::difference;
using reference::Images;
using reference::random_images;
using reference::to_tensor;

/// The detector's network as plain loops over the tensors of its file.
class PlainLoops {
 public:
  explicit PlainLoops(const SafetensorsFile& file)
      : file_(file),
        graph_(graph_from_json(nlohmann::json::parse(file.metadata().at("graph")),
                               is_known_operator)) {}

  std::vector<Images> run(const Images& input) {
    values_.insert_or_assign(graph_.inputs.at(0), input);
    for (const GraphNode& node : graph_.nodes)
      values_.insert_or_assign(node.outputs.at(0), result(node));
    std::vector<Images> outputs;
    for (const std::string& name : graph_.outputs) outputs.push_back(values_.at(name));
    return outputs;
  }

 private:
  std::vector<float> floats(const std::string& name) const {
    const auto values = floats_of(file_.tensor(name));
    return {values.begin(), values.end()};
  }

  Images result(const GraphNode& node) const {
    const Images& x = values_.at(node.inputs.at(0));
    const auto each = [&](auto function) {
      Images out = x;
      for (float& value : out.values) value = function(value);
      return out;
    };
    if (node.op == "Conv") {
      const auto bias = floats(node.inputs.at(2));
      const auto& attributes = node.attributes;
      const std::int64_t kernel = attributes.at("kernel_shape")[0];
      const std::int64_t stride = attributes.at("strides")[0];
      const std::int64_t pad = attributes.at("pads")[0];
      return reference::conv(x, floats(node.inputs.at(1)), bias, std::ssize(bias),
                             attributes.at("group"),
                             {.kernel_y = kernel,
                              .kernel_x = kernel,
                              .stride_y = stride,
                              .stride_x = stride,
                              .top = pad,
                              .left = pad,
                              .bottom = pad,
                              .right = pad});
    }
    if (node.op == "Relu") return each([](float value) { return std::max(value, 0.0F); });
    if (node.op == "Sigmoid") return each([](float value) { return 1 / (1 + std::exp(-value)); });
    if (node.op == "MaxPool")
      return reference::pool(x, {.kernel_y = 2, .kernel_x = 2, .stride_y = 2, .stride_x = 2}, false,
                             false);
    if (node.op == "Resize") return doubled(x);
    if (node.op == "Add") {
      Images out = x;
      const Images& y = values_.at(node.inputs.at(1));
      for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] += y.values[i];
      return out;
    }
    if (node.op == "Transpose") return channels_last(x);
    EXPECT_EQ(node.op, "Reshape");
    return x;
  }

  static Images doubled(const Images& x) {
    Images out(x.n, x.c, 2 * x.h, 2 * x.w);
    for (std::int64_t i = 0; i < out.n; ++i)
      for (std::int64_t c = 0; c < out.c; ++c)
        for (std::int64_t row = 0; row < out.h; ++row)
          for (std::int64_t column = 0; column < out.w; ++column)
            out.at(i, c, row, column) = x.at(i, c, row / 2, column / 2);
    return out;
  }

  static Images channels_last(const Images& x) {
    Images out(x.n, x.h, x.w, x.c);
    for (std::int64_t i = 0; i < x.n; ++i)
      for (std::int64_t c = 0; c < x.c; ++c)
        for (std::int64_t row = 0; row < x.h; ++row)
          for (std::int64_t column = 0; column < x.w; ++column)
            out.at(i, row, column, c) = x.at(i, c, row, column);
    return out;
  }

  const SafetensorsFile& file_;
  Graph graph_;
  std::map<std::string, Images> values_;
};

/// At another size than the file was made for, and two images together.
TEST(ImportedYunet, MatchesPlainLoops) {
  const SafetensorsFile file(FACENET_BUILT_IN "/yunet.safetensors");
  Images in = random_images(2, 3, 64, 96, 5);
  for (float& value : in.values) value = 127.5F * (value + 1);
  const std::vector<Images> expected = PlainLoops(file).run(in);
  for (const bool optimise : {false, true}) {
    const auto outputs = GraphNetwork(file, "", {.optimise = optimise}).run_batch(to_tensor(in));
    ASSERT_EQ(outputs.size(), 12U);
    ASSERT_EQ(expected.size(), 12U);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      EXPECT_LT(difference(outputs[i], expected[i].values), 1e-4) << "output " << i;
  }
}

}  // namespace
}  // namespace facenet
