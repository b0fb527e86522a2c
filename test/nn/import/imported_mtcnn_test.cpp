#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
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
using testing::ElementsAre;

/// The first network of the real detector, as plain loops over its tensors.
TEST(ImportedMtcnn, FirstNetworkMatchesPlainLoops) {
  const char* folder = std::getenv("FACENET_MODELS");
  const std::string path = std::string(folder == nullptr ? "" : folder) + "/mtcnn.safetensors";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path << "; scripts/test makes it";
  const SafetensorsFile file(path);
  const auto floats = [&](const std::string& name) {
    const auto values = floats_of(file.tensor(name));
    return std::vector<float>(values.begin(), values.end());
  };
  // The order of layers is the published one; names are those of the file's graph.
  const Graph graph =
      graph_from_json(nlohmann::json::parse(file.metadata().at("graph:pnet")), is_known_operator);
  std::vector<std::string> operators;
  for (const GraphNode& node : graph.nodes) operators.push_back(node.op);
  ASSERT_THAT(operators, ElementsAre("Conv", "PRelu", "MaxPool", "Conv", "PRelu", "Conv", "PRelu",
                                     "Conv", "Conv", "Softmax"));
  const auto layer = [&](const Images& x, std::size_t node, std::int64_t channels,
                         std::int64_t kernel) {
    return reference::conv(x, floats("pnet." + graph.nodes[node].inputs[1]),
                           floats("pnet." + graph.nodes[node].inputs[2]), channels, 1,
                           {.kernel_y = kernel, .kernel_x = kernel});
  };
  const auto prelu = [&](Images x, std::size_t node) {
    const auto slope = floats("pnet." + graph.nodes[node].inputs[1]);
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      const auto channel = static_cast<std::int64_t>(i) / (x.h * x.w) % x.c;
      if (x.values[i] < 0) x.values[i] *= slope[static_cast<std::size_t>(channel)];
    }
    return x;
  };
  const Images in = random_images(2, 3, 27, 32, 11);
  Images x = prelu(layer(in, 0, 10, 3), 1);
  x = reference::pool(x, {.kernel_y = 2, .kernel_x = 2, .stride_y = 2, .stride_x = 2}, true, false);
  x = prelu(layer(x, 3, 16, 3), 4);
  x = prelu(layer(x, 5, 32, 3), 6);
  const Images boxes = layer(x, 8, 4, 1);
  Images faces = layer(x, 7, 2, 1);
  for (std::int64_t i = 0; i < faces.n; ++i)
    for (std::int64_t y = 0; y < faces.h; ++y)
      for (std::int64_t column = 0; column < faces.w; ++column) {
        const double face = 1 / (1 + std::exp(static_cast<double>(faces.at(i, 0, y, column)) -
                                              faces.at(i, 1, y, column)));
        faces.at(i, 0, y, column) = static_cast<float>(1 - face);
        faces.at(i, 1, y, column) = static_cast<float>(face);
      }
  const auto outputs = GraphNetwork(file, "pnet.").run(to_tensor(in));
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_LT(difference(outputs[0], faces.values), 1e-4);
  EXPECT_LT(difference(outputs[1], boxes.values), 1e-4);
}

}  // namespace
}  // namespace facenet
