#include "nn/design/design_network.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "golden_inception_resnet.h"
#include "nn/design/inception.h"
#include "nn/graph/graph_builder.h"
#include "nn/runtime/embedder.h"
#include "nn/runtime/graph_network.h"
#include "reference.h"
#include "test/support/temporary_folder.h"
#include "weights/model_store.h"

namespace facenet {
namespace {

using reference::Images;

/// A row of the paper's tables 1 and 2: thousands of parameters, millions of multiply-adds.
struct PaperRow {
  const char* name;
  double parameters, multiply_adds;
};

struct Cost {
  double parameters = 0, multiply_adds = 0;
};

/// Sums of the layers whose name is `name` or begins with it and a dot. The paper counts a bias as
/// one more input, so the multiply-adds here have one more for each number that gets one.
Cost cost_of(const ModelDescription& network, const std::string& name) {
  Cost cost;
  for (const LayerInfo& layer : network.layers) {
    if (layer.name != name && !layer.name.starts_with(name + ".")) continue;
    cost.parameters += static_cast<double>(layer.parameters);
    cost.multiply_adds += static_cast<double>(layer.multiply_adds);
    if (layer.multiply_adds > 0) {
      cost.multiply_adds += static_cast<double>(std::accumulate(
          layer.output.begin(), layer.output.end(), std::int64_t{1}, std::multiplies<>()));
    }
  }
  return cost;
}

Cost total(const ModelDescription& network) {
  Cost cost;
  for (const LayerInfo& layer : network.layers) {
    cost.parameters += static_cast<double>(layer.parameters);
    cost.multiply_adds += static_cast<double>(layer.multiply_adds);
  }
  return cost;
}

/// The paper rounds; once, in NN2's 4a (545,536 is "545K"), it cuts.
void expect_rows(const ModelDescription& network, const std::vector<PaperRow>& rows) {
  for (const PaperRow& row : rows) {
    SCOPED_TRACE(row.name);
    const Cost cost = cost_of(network, row.name);
    const double unit_of_parameters = row.parameters >= 1000 ? 100 : 1;
    EXPECT_LE(std::abs(cost.parameters / 1e3 - row.parameters), unit_of_parameters * 0.54);
    EXPECT_LE(std::abs(cost.multiply_adds / 1e6 - row.multiply_adds), 0.5);
  }
}

TEST(PaperNetworks, NN1CostsWhatTable1Says) {
  const auto network = describe_network("nn1", {});
  expect_rows(network, {{"conv1", 9, 115},
                        {"conv2a", 4, 13},
                        {"conv2", 111, 335},
                        {"conv3a", 37, 29},
                        {"conv3", 664, 521},
                        {"conv4a", 148, 29},
                        {"conv4", 885, 173},
                        {"conv5a", 66, 13},
                        {"conv5", 590, 116},
                        {"conv6a", 66, 13},
                        {"conv6", 590, 116},
                        {"fc1", 102'800, 103},
                        {"fc2", 33'600, 34},
                        {"fc7128", 524, 0.5}});
  EXPECT_NEAR(total(network).parameters / 1e6, 140, 0.5);
  EXPECT_NEAR(total(network).multiply_adds / 1e9, 1.6, 0.05);
  EXPECT_EQ(cost_of(network, "rnorm1").parameters, 0);
}

TEST(PaperNetworks, NN2CostsWhatTable2Says) {
  const auto network = describe_network("nn2", {});
  expect_rows(network, {{"conv1", 9, 119},
                        {"inception_2", 115, 360},
                        {"inception_3a", 164, 128},
                        {"inception_3b", 228, 179},
                        {"inception_3c", 398, 108},
                        {"inception_4a", 545, 107},
                        {"inception_4b", 595, 117},
                        {"inception_4c", 654, 128},
                        {"inception_4d", 722, 142},
                        {"inception_4e", 717, 56},
                        {"inception_5a", 1600, 78},
                        {"inception_5b", 1600, 78},
                        {"fully_conn", 131, 0.1}});
  EXPECT_NEAR(total(network).parameters / 1e6, 7.5, 0.05);
  EXPECT_NEAR(total(network).multiply_adds / 1e9, 1.6, 0.05);
}

TEST(PaperNetworks, TheirMapsHaveTheSizesOfTheTables) {
  const auto sizes = [](const char* name) {
    std::map<std::string, std::vector<std::int64_t>> outputs;
    for (const LayerInfo& layer : describe_network(name, {}).layers) {
      outputs[layer.name] = layer.output;
    }
    return outputs;
  };
  using Shape = std::vector<std::int64_t>;
  auto nn1 = sizes("nn1");
  EXPECT_EQ(nn1["conv1"], (Shape{1, 64, 110, 110}));
  EXPECT_EQ(nn1["pool1"], (Shape{1, 64, 55, 55}));
  EXPECT_EQ(nn1["pool2"], (Shape{1, 192, 28, 28}));
  EXPECT_EQ(nn1["pool3"], (Shape{1, 384, 14, 14}));
  EXPECT_EQ(nn1["pool4"], (Shape{1, 256, 7, 7}));
  EXPECT_EQ(nn1["fc2.maxout"], (Shape{1, 4096}));
  auto nn2 = sizes("nn2");
  EXPECT_EQ(nn2["pool1"], (Shape{1, 64, 56, 56}));
  EXPECT_EQ(nn2["pool2"], (Shape{1, 192, 28, 28}));
  EXPECT_EQ(nn2["inception_3a"], (Shape{1, 256, 28, 28}));
  EXPECT_EQ(nn2["inception_3b"], (Shape{1, 320, 28, 28}));
  EXPECT_EQ(nn2["inception_3c"], (Shape{1, 640, 14, 14}));
  EXPECT_EQ(nn2["inception_4d"], (Shape{1, 640, 14, 14}));
  EXPECT_EQ(nn2["inception_4e"], (Shape{1, 1024, 7, 7}));
  EXPECT_EQ(nn2["inception_5b"], (Shape{1, 1024, 7, 7}));
  EXPECT_EQ(sizes("nns2")["conv1"], (Shape{1, 16, 70, 58}));  // rows first
}

TEST(PaperNetworks, TheOthersCostWhatThePaperSays) {
  const auto expect_total = [](const char* name, double parameters, double multiply_adds) {
    SCOPED_TRACE(name);
    const Cost cost = total(describe_network(name, {}));
    EXPECT_NEAR(cost.parameters / 1e6, parameters, parameters * 0.1);
    EXPECT_NEAR(cost.multiply_adds / 1e6, multiply_adds, multiply_adds * 0.1);
  };
  expect_total("nn3", 7.5, 1600 * (160.0 / 224) * (160.0 / 224));
  expect_total("nn4", 7.05, 285);  // the family's range is 6.6 to 7.5
  expect_total("nns1", 26, 220);
  expect_total("nns2", 4.3, 20);
  EXPECT_EQ(cost_of(describe_network("nn4", {}), "inception_5a.conv5").parameters, 0);
  EXPECT_GT(cost_of(describe_network("nn4", {}), "inception_4e.conv5").parameters, 0);
}

TEST(PaperNetworks, BatchNormCountsAsOpenFaceCounts) {
  EXPECT_EQ(total(describe_network("nn2", {.batch_norm = true})).parameters, 7'472'144);
}

TEST(PaperNetworks, EmbeddingsOfAnySize) {
  for (const int size : {64, 128, 256, 512}) {
    const auto network = describe_network("nn4", {.embedding = size});
    EXPECT_EQ(network.info.embedding, size);
    EXPECT_EQ(network.layers.back().output, (std::vector<std::int64_t>{1, size}));
  }
  EXPECT_THROW(describe_network("nn4", {.embedding = -1}), UsageError);
  EXPECT_THROW(describe_network("no-such-network", {}), UsageError);
  EXPECT_THROW(describe_network("mobilefacenet-512", {}), UsageError);
  EXPECT_THROW(describe_network("inception-resnet-v1", {.batch_norm = true}), UsageError);
}

// The forward pass against plain loops.

class Witness {
 public:
  explicit Witness(const ImportedGraph& network) : network_(network) {}

  std::vector<float> numbers(const std::string& name) const {
    const auto values = floats_of(network_.tensors.at(name));
    return {values.begin(), values.end()};
  }

  Images conv_relu(const Images& in, const std::string& name, std::int64_t kernel,
                   std::int64_t stride) const {
    const std::int64_t pad = kernel / 2;
    Images out = reference::conv(in, numbers(name + ".weight"), numbers(name + ".bias"),
                                 network_.tensors.at(name + ".weight").shape[0], 1,
                                 {.kernel_y = kernel,
                                  .kernel_x = kernel,
                                  .stride_y = stride,
                                  .stride_x = stride,
                                  .top = pad,
                                  .left = pad,
                                  .bottom = pad,
                                  .right = pad});
    for (float& value : out.values) value = std::max(value, 0.0F);
    return out;
  }

  static Images max_pool(const Images& in, std::int64_t stride) {
    return reference::pool(in, window(stride), false, false);
  }

  static Images l2_pool(const Images& in, std::int64_t stride) {
    Images square = in;
    for (float& value : square.values) value *= value;
    Images out = reference::pool(square, window(stride), false, true, /*count_pads=*/true);
    for (float& value : out.values) value = std::sqrt(9 * value);
    return out;
  }

  static Images response_norm(const Images& in) {
    return reference::response_norm(in, 5, 1e-4, 0.75, 1);
  }

  std::vector<double> dense(const std::vector<double>& in, const std::string& name) const {
    const auto weight = numbers(name + ".weight");
    const auto bias = numbers(name + ".bias");
    std::vector<double> out(bias.begin(), bias.end());
    for (std::size_t o = 0; o < out.size(); ++o) {
      for (std::size_t i = 0; i < in.size(); ++i) out[o] += in[i] * weight[o * in.size() + i];
    }
    return out;
  }

 private:
  static reference::Window window(std::int64_t stride) {
    return {.kernel_y = 3,
            .kernel_x = 3,
            .stride_y = stride,
            .stride_x = stride,
            .top = 1,
            .left = 1,
            .bottom = 1,
            .right = 1};
  }

  const ImportedGraph& network_;
};

std::vector<double> flat(const Images& images) {
  return {images.values.begin(), images.values.end()};
}

std::vector<float> unit(const std::vector<double>& vector) {
  const double length =
      std::sqrt(std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0));
  std::vector<float> result;
  for (const double value : vector) result.push_back(static_cast<float>(value / length));
  return result;
}

std::vector<double> maxout(const std::vector<double>& pairs) {
  std::vector<double> out;
  for (std::size_t i = 0; i < pairs.size(); i += 2) out.push_back(std::max(pairs[i], pairs[i + 1]));
  return out;
}

Images stacked(const std::vector<Images>& parts) {
  Images out(1, 0, parts[0].h, parts[0].w);
  for (const Images& part : parts) {
    out.c += part.c;
    out.values.insert(out.values.end(), part.values.begin(), part.values.end());
  }
  return out;
}

void expect_both_ways(const ImportedGraph& network, const Images& in,
                      const std::vector<float>& expected) {
  constexpr double kRounding = 2e-5;
  for (const bool optimise : {false, true}) {
    const GraphNetwork runner(network, {.optimise = optimise});
    EXPECT_LT(reference::difference(runner.run(reference::to_tensor(in)).at(0), expected),
              kRounding)
        << (optimise ? "fused" : "as designed");
  }
}

TEST(PaperNetworks, NN1MatchesPlainLoops) {
  const auto network = initialise(design_nn1({.height = 33, .width = 38, .embedding = 16}), 7);
  const Witness w(network);
  const Images in = reference::random_images(1, 3, 33, 38, 1);
  Images x = w.conv_relu(in, "conv1", 7, 2);
  x = Witness::response_norm(Witness::max_pool(x, 2));
  x = w.conv_relu(w.conv_relu(x, "conv2a", 1, 1), "conv2", 3, 1);
  x = Witness::max_pool(Witness::response_norm(x), 2);
  x = Witness::max_pool(w.conv_relu(w.conv_relu(x, "conv3a", 1, 1), "conv3", 3, 1), 2);
  for (const char* layer : {"conv4", "conv5", "conv6"}) {
    x = w.conv_relu(w.conv_relu(x, std::string(layer) + "a", 1, 1), layer, 3, 1);
  }
  const auto hidden = maxout(w.dense(flat(Witness::max_pool(x, 2)), "fc1"));
  expect_both_ways(network, in, unit(w.dense(maxout(w.dense(hidden, "fc2")), "fc7128")));
}

TEST(PaperNetworks, NN2MatchesPlainLoops) {
  const auto network = initialise(design_nn2({.height = 40, .width = 33, .embedding = 16}), 8);
  const Witness w(network);
  const Images in = reference::random_images(1, 3, 40, 33, 2);
  Images x = w.conv_relu(in, "conv1", 7, 2);
  x = Witness::response_norm(Witness::max_pool(x, 2));
  x = w.conv_relu(w.conv_relu(x, "inception_2.reduce3", 1, 1), "inception_2.conv3", 3, 1);
  x = Witness::max_pool(Witness::response_norm(x), 2);
  struct Block {
    const char* name;
    bool has_one, has_projection, l2;
    std::int64_t stride;
  };
  const Block blocks[] = {{"3a", true, true, false, 1},   {"3b", true, true, true, 1},
                          {"3c", false, false, false, 2}, {"4a", true, true, true, 1},
                          {"4b", true, true, true, 1},    {"4c", true, true, true, 1},
                          {"4d", true, true, true, 1},    {"4e", false, false, false, 2},
                          {"5a", true, true, true, 1},    {"5b", true, true, false, 1}};
  for (const Block& block : blocks) {
    const auto name = [&](const char* layer) {
      return std::string("inception_") + block.name + "." + layer;
    };
    std::vector<Images> branches;
    if (block.has_one) branches.push_back(w.conv_relu(x, name("conv1"), 1, 1));
    branches.push_back(
        w.conv_relu(w.conv_relu(x, name("reduce3"), 1, 1), name("conv3"), 3, block.stride));
    branches.push_back(
        w.conv_relu(w.conv_relu(x, name("reduce5"), 1, 1), name("conv5"), 5, block.stride));
    const Images pooled =
        block.l2 ? Witness::l2_pool(x, block.stride) : Witness::max_pool(x, block.stride);
    branches.push_back(block.has_projection ? w.conv_relu(pooled, name("projection"), 1, 1)
                                            : pooled);
    x = stacked(branches);
  }
  std::vector<double> means;
  for (std::int64_t c = 0; c < x.c; ++c) {
    double sum = 0;
    for (std::int64_t y = 0; y < x.h; ++y)
      for (std::int64_t i = 0; i < x.w; ++i) sum += x.at(0, c, y, i);
    means.push_back(sum / static_cast<double>(x.h * x.w));
  }
  expect_both_ways(network, in, unit(w.dense(means, "fully_conn")));
}

TEST(PaperNetworks, BatchNormFoldsAway) {
  auto network =
      initialise(design_nn4({.height = 48, .width = 40, .embedding = 8, .batch_norm = true}), 3);
  unsigned seed = 0;
  for (const auto& [name, view] : std::map(network.tensors)) {
    if (name.find(".bn.") == std::string::npos) continue;
    const bool is_scale = name.ends_with("weight") || name.ends_with("running_var");
    put_tensor(network, name, view.shape,
               reference::random_values(static_cast<std::size_t>(view.elements()), ++seed,
                                        is_scale ? 0.5F : -0.2F, is_scale ? 1.5F : 0.2F));
  }
  const auto in = reference::to_tensor(reference::random_images(2, 3, 48, 40, 4));
  const auto plain = GraphNetwork(network, {.optimise = false}).run(in).at(0);
  EXPECT_LT(reference::difference(GraphNetwork(network).run(in).at(0), reference::to_vector(plain)),
            1e-5);
}

TEST(InceptionResnet, AnswersWhatFacenetPytorchAnswers) {
  const auto pattern = [](const std::string& name, std::size_t count) {
    std::uint32_t seed = 2166136261U;
    for (const char c : name) seed = (seed ^ static_cast<unsigned char>(c)) * 16777619U;
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t state = (i + seed) * 0x9E3779B97F4A7C15U;
      state ^= state >> 29;
      state *= 0xBF58476D1CE4E5B9U;
      state ^= state >> 32;
      values[i] = static_cast<float>(static_cast<double>(state >> 40) / 0x1p24 - 0.5);
    }
    return values;
  };
  const auto design = design_network(find_known_model("inception-resnet-v1")->info, {});
  ImportedGraph network;
  network.graph = design.graph;
  for (const Parameter& parameter : design.parameters) {
    std::int64_t count = 1;
    for (const auto extent : parameter.shape) count *= extent;
    auto values = pattern(parameter.name, static_cast<std::size_t>(count));
    const bool is_matrix = parameter.shape.size() > 1;
    const std::int64_t inputs = count / parameter.shape[0];
    const float scale = std::sqrt(24 / static_cast<float>(inputs));  // He's, uniform
    for (float& value : values) {
      if (parameter.name.ends_with("running_var")) {
        value = 1 + value;
      } else if (is_matrix) {
        value *= scale;
      } else if (parameter.name.ends_with("weight")) {
        value = 1 + 0.5F * value;
      }
    }
    put_tensor(network, parameter.name, parameter.shape, values);
  }
  Images image(1, 3, 160, 160);
  image.values = pattern("image", image.values.size());
  for (float& value : image.values) value *= 4;
  const std::vector<float> expected(golden::kInceptionResnetV1.begin(),
                                    golden::kInceptionResnetV1.end());
  for (const bool optimise : {false, true}) {
    const auto actual =
        GraphNetwork(network, {.optimise = optimise}).run(reference::to_tensor(image)).at(0);
    EXPECT_LT(reference::difference(actual, expected), 1e-5) << optimise;
  }
}

TEST(InceptionResnet, HasTheParametersOfFacenetPytorch) {
  EXPECT_EQ(total(describe_network("inception-resnet-v1", {})).parameters, 23'482'624);
}

// Initial weights.

TEST(Initialise, IsReproducibleAndOfTheRightSpread) {
  const auto design = design_nn4({.height = 96, .width = 96, .embedding = 128, .batch_norm = true});
  const auto a = initialise(design, 1);
  const auto b = initialise(design, 1);
  const auto c = initialise(design, 2);
  const std::string name = "inception_4a.conv3.weight";
  const auto values = floats_of(a.tensors.at(name));
  EXPECT_TRUE(std::ranges::equal(values, floats_of(b.tensors.at(name))));
  EXPECT_FALSE(std::ranges::equal(values, floats_of(c.tensors.at(name))));
  double sum = 0, square = 0;
  for (const float value : values) {
    sum += value;
    square += static_cast<double>(value) * value;
  }
  const auto count = static_cast<double>(values.size());
  const double wanted = 2.0 / (96 * 9);  // variance
  EXPECT_NEAR(square / count, wanted, wanted * 5 * std::sqrt(2 / count));
  EXPECT_NEAR(sum / count, 0, 5 * std::sqrt(wanted / count));
  EXPECT_EQ(floats_of(a.tensors.at("conv1.bias"))[0], 0);
  EXPECT_EQ(floats_of(a.tensors.at("conv1.bn.weight"))[63], 1);
  EXPECT_EQ(floats_of(a.tensors.at("conv1.bn.running_var"))[0], 1);
}

TEST(Initialise, ANewNetworkIsAnEmbedder) {
  const TemporaryFolder folder;
  const std::string path = folder.path("fresh.safetensors");
  write_untrained(path, "nns2", {.embedding = 64, .batch_norm = true}, 5, false);
  EXPECT_THROW(write_untrained(path, "nns2", {}, 5, false), Error);
  const Embedder embedder({.model = path});
  EXPECT_EQ(embedder.dimension(), 64);
  const std::vector<Image> chips(3, Image(116, 140));
  const auto vectors = embedder.embed(chips);
  ASSERT_EQ(vectors.size(), 3U * 64);
  const double square =
      std::inner_product(vectors.begin(), vectors.begin() + 64, vectors.begin(), 0.0);
  EXPECT_NEAR(square, 1, 1e-5);
}

}  // namespace
}  // namespace facenet
