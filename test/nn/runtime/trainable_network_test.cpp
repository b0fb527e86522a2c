#include "nn/runtime/trainable_network.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/design/design_network.h"
#include "nn/runtime/graph_network.h"
#include "nn/runtime/named_tensor.h"
#include "test/support/temporary_folder.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr auto kTraining = TrainableNetwork::Mode::kTraining;
constexpr auto kInference = TrainableNetwork::Mode::kInference;

class TrainableNetworkTest : public testing::Test {
 protected:
  TrainableNetworkTest() { at::manual_seed(1); }

  SafetensorsFile untrained(const std::string& network, bool batch_norm) const {
    const std::string path = folder_.path(network + ".safetensors");
    write_untrained(path, network, {.embedding = 32, .batch_norm = batch_norm}, 3, true);
    return SafetensorsFile(path);
  }

  static at::Tensor images(std::int64_t count) { return at::randn({count, 3, 140, 116}); }

  const TemporaryFolder folder_;
};

const at::Tensor& find(const std::vector<NamedTensor>& tensors, const std::string& name) {
  for (const NamedTensor& named : tensors) {
    if (named.name == name) return named.tensor;
  }
  throw std::runtime_error("no tensor " + name);
}

TEST_F(TrainableNetworkTest, InfersWhatTheWeightsFileComputes) {
  for (const bool batch_norm : {false, true}) {
    const SafetensorsFile file = untrained("nns2", batch_norm);
    const at::Tensor x = images(3);
    const at::Tensor expected = GraphNetwork(file).run(x).at(0);
    const TrainableNetwork network(file);
    EXPECT_TRUE(at::allclose(network.forward(x, kInference).detach(), expected, 1e-4, 1e-5))
        << batch_norm;
    EXPECT_EQ(network.statistics().empty(), !batch_norm);
  }
}

/// float32 needs a step that its rounding does not swallow, and then some ReLUs change sides.
TEST_F(TrainableNetworkTest, HasTheGradientOfFiniteDifferences) {
  const TrainableNetwork network(untrained("nns2", /*batch_norm=*/false));
  const at::Tensor x = images(2), direction = at::randn({2, 32});
  const auto value = [&] { return (network.forward(x, kTraining) * direction).sum(); };
  value().backward();
  for (const char* name : {"fully_conn.weight", "fc1.bias", "inception_3a.conv3.weight"}) {
    const at::Tensor parameter = find(network.parameters(), name);
    const at::Tensor step = at::randn_like(parameter);
    const double scale = 1e-3 / step.norm().item<double>() * parameter.norm().item<double>() + 1e-4;
    const double expected = (parameter.grad() * step).sum().item<double>();
    const at::NoGradGuard no_autograd;
    at::Tensor(parameter).add_(step, scale);
    const double above = value().item<double>();
    at::Tensor(parameter).add_(step, -2 * scale);
    const double below = value().item<double>();
    at::Tensor(parameter).add_(step, scale);
    const double slope = (above - below) / (2 * scale);
    EXPECT_NEAR(slope, expected, 0.1 * std::abs(expected) + 2e-3) << name;
  }
}

/// Cosine of the two gradients, all parameters as one vector.
double agreement(const TrainableNetwork& a, const TrainableNetwork& b) {
  double product = 0, squares_a = 0, squares_b = 0;
  for (std::size_t i = 0; i < a.parameters().size(); ++i) {
    const at::Tensor& x = a.parameters()[i].tensor.grad();
    const at::Tensor& y = b.parameters()[i].tensor.grad();
    EXPECT_EQ(y.scalar_type(), at::kFloat);
    product += (x * y).sum().item<double>();
    squares_a += x.square().sum().item<double>();
    squares_b += y.square().sum().item<double>();
  }
  return product / std::sqrt(squares_a * squares_b);
}

TEST_F(TrainableNetworkTest, Bfloat16GivesNearlyTheGradientOfFloat32) {
  if (!have_bfloat16()) GTEST_SKIP() << "this processor has no bfloat16";
  for (const bool batch_norm : {false, true}) {
    const SafetensorsFile file = untrained("nns2", batch_norm);
    const TrainableNetwork single(file);
    TrainableNetwork mixed(file);
    mixed.train_in(Precision::kBfloat16);
    const at::Tensor x = images(16), direction = at::randn({16, 32});
    // What a weights file will compute stays exact.
    EXPECT_TRUE(at::equal(mixed.forward(x, kInference), single.forward(x, kInference)));
    const at::Tensor expected = single.forward(x, kTraining), got = mixed.forward(x, kTraining);
    EXPECT_EQ(got.scalar_type(), at::kFloat);
    const double largest = (got - expected).abs().max().item<double>();
    EXPECT_LT(largest, 0.05);
    EXPECT_GT(largest, 1e-5) << "it did not compute in bfloat16";
    (expected * direction).sum().backward();
    (got * direction).sum().backward();
    // Statistics of few images turn small differences into larger ones.
    EXPECT_GT(agreement(single, mixed), batch_norm ? 0.9 : 0.99);
  }
}

TEST_F(TrainableNetworkTest, BatchNormFollowsABatchOnce) {
  const TrainableNetwork network(untrained("nns2", /*batch_norm=*/true));
  const at::Tensor mean = find(network.statistics(), "conv1.bn.running_mean");
  const at::Tensor before = mean.clone(), x = images(4);
  {
    const at::NoGradGuard first_look;
    network.forward(x, kTraining);
  }
  EXPECT_TRUE(at::equal(mean, before));
  network.forward(x, kInference);
  EXPECT_TRUE(at::equal(mean, before));
  network.forward(x, kTraining);
  EXPECT_FALSE(at::equal(mean, before));
  // A tenth of the way to the mean of the convolution's results.
  const at::Tensor map = at::conv2d(x, find(network.parameters(), "conv1.weight"), {}, 2, 1);
  EXPECT_TRUE(
      at::allclose(mean, map.mean(std::vector<std::int64_t>{0, 2, 3}).detach() * 0.1, 1e-3, 1e-5));
}

TEST_F(TrainableNetworkTest, WritesWhatItHasLearned) {
  TrainableNetwork network(untrained("nns2", /*batch_norm=*/true));
  const at::Tensor x = images(2);
  network.forward(x, kTraining).sum().backward();
  {
    const at::NoGradGuard no_autograd;
    for (const NamedTensor& p : network.parameters()) at::Tensor(p.tensor).sub_(p.tensor.grad());
  }
  ModelInfo info = network.info();
  info.name = "taught";
  const std::string path = folder_.path("taught.safetensors");
  network.write(path, info, /*overwrite=*/false);
  const SafetensorsFile file(path);
  EXPECT_EQ(read_model_info(file).name, "taught");
  EXPECT_TRUE(at::allclose(GraphNetwork(file).run(x).at(0), network.forward(x, kInference).detach(),
                           1e-3, 1e-5));
  EXPECT_TRUE(
      at::equal(TrainableNetwork(file).forward(x, kInference), network.forward(x, kInference)));
}

TEST_F(TrainableNetworkTest, StartsAndTeachesTheEmbeddingLayerAlone) {
  TrainableNetwork network(untrained("nns2", /*batch_norm=*/true));
  EXPECT_THAT(network.embedding_layer(), ElementsAre("fully_conn.weight", "fully_conn.bias"));
  const at::Tensor last = find(network.parameters(), "fully_conn.weight");
  const at::Tensor first = find(network.parameters(), "conv1.weight");
  const at::Tensor last_before = last.clone(), first_before = first.clone();
  network.restart_embedding_layer(7);
  EXPECT_FALSE(at::equal(last, last_before));
  EXPECT_TRUE(at::equal(first, first_before));
  EXPECT_NEAR(last.std().item<double>(), 1 / std::sqrt(768.0), 0.002);
  network.learn_embedding_layer_only(true);
  network.forward(images(2), kTraining).sum().backward();
  EXPECT_TRUE(last.grad().defined());
  EXPECT_FALSE(first.grad().defined());
}

TEST_F(TrainableNetworkTest, GivesVectorsOfAnotherSize) {
  const SafetensorsFile file = untrained("nns2", true);
  TrainableNetwork network(file);
  const at::Tensor first = find(network.parameters(), "conv1.weight").clone();
  network.resize_embedding(48, 7);
  EXPECT_EQ(network.info().embedding, 48);
  EXPECT_EQ(network.forward(images(2), kTraining).sizes(), at::IntArrayRef({2, 48}));
  EXPECT_TRUE(find(network.parameters(), "fully_conn.weight").requires_grad());
  const std::string path = folder_.path("resized.safetensors");
  network.write(path, network.info(), false);
  const TrainableNetwork read((SafetensorsFile(path)));
  EXPECT_EQ(read.forward(images(2), kInference).sizes(), at::IntArrayRef({2, 48}));
  EXPECT_TRUE(at::equal(find(read.parameters(), "conv1.weight"), first));
}

TEST_F(TrainableNetworkTest, RefusesADetector) {
  const SafetensorsFile file = untrained("nns2", false);
  ModelInfo info = read_model_info(file);
  info.kind = "detector";
  info.embedding = 0;
  const std::string path = folder_.path("detector.safetensors");
  TrainableNetwork(file).write(path, info, false);
  EXPECT_THAT([&] { TrainableNetwork network((SafetensorsFile(path))); },
              ThrowsMessage<Error>(HasSubstr("not an embedder")));
}

}  // namespace
}  // namespace facenet
