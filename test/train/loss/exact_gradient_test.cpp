#include "train/loss/exact_gradient.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "small_network.h"

namespace facenet {
namespace {

constexpr double kExactRounding = 1e-12;

void expect_near(const std::vector<at::Tensor>& got, const std::vector<at::Tensor>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_TRUE(got[i].defined() && expected[i].defined());
    EXPECT_GT(expected[i].abs().max().item<double>(), 0.001) << "there is nothing to compare";
    EXPECT_LT((got[i] - expected[i]).abs().max().item<double>(), kExactRounding);
  }
}

class ExactGradient : public testing::Test {
 protected:
  TripletLoss loss(const at::Tensor& embeddings) const {
    return triplet_loss(embeddings, network_.labels, {.margin = 0.5});
  }

  TripletLoss run(std::int64_t chunk, double dropout = 0) {
    at::manual_seed(5);
    return exact_gradient(
        network_.images, chunk,
        [&](const at::Tensor& images) { return network_.embed(images, dropout); },
        [&](const at::Tensor& embeddings) { return loss(embeddings); });
  }

  /// The chunks embedded with graph, all kept until the loss is taken.
  double run_whole(std::int64_t chunk, double dropout = 0) {
    at::manual_seed(5);
    std::vector<at::Tensor> rows;
    for (const at::Tensor& images : network_.images.split(chunk)) {
      rows.push_back(network_.embed(images, dropout));
    }
    const at::Tensor value = loss(at::cat(rows)).loss;
    value.backward();
    return value.item<double>();
  }

  SmallNetwork network_;
};

TEST_F(ExactGradient, IsThatOfTheWholeBatch) {
  const double value = run_whole(SmallNetwork::kImages);
  const std::vector<at::Tensor> expected = network_.take_gradients();
  for (const std::int64_t chunk : {1, 5, 8, 23, 24, 100}) {  // 5 and 23 leave a rest
    const TripletLoss result = run(chunk);
    EXPECT_NEAR(result.loss.item<double>(), value, kExactRounding);
    EXPECT_GT(result.statistics.triplets, 10);
    expect_near(network_.take_gradients(), expected);
  }
}

TEST_F(ExactGradient, RepeatsTheRandomNumbersOfDropout) {
  for (const std::int64_t chunk : {7, 24}) {
    const double value = run_whole(chunk, 0.5);
    const std::vector<at::Tensor> expected = network_.take_gradients();
    const at::Tensor next = at::rand({1});
    EXPECT_NEAR(run(chunk, 0.5).loss.item<double>(), value, kExactRounding);
    EXPECT_TRUE(at::equal(at::rand({1}), next)) << "the next batch would see other numbers";
    expect_near(network_.take_gradients(), expected);
  }
}

TEST_F(ExactGradient, AddsToTheGradientsThatAreThere) {
  run(7);
  run(7);
  std::vector<at::Tensor> twice = network_.take_gradients();
  run(7);
  for (at::Tensor& gradient : twice) gradient /= 2;
  expect_near(twice, network_.take_gradients());
}

TEST_F(ExactGradient, EmbedsOnceWhereTheBatchFitsAndTellsItsPassesApart) {
  std::vector<bool> with_graph;
  const auto embed = [&](const at::Tensor& images) {
    with_graph.push_back(c10::GradMode::is_enabled());
    return network_.embed(images);
  };
  const auto take_loss = [&](const at::Tensor& embeddings) { return loss(embeddings); };
  exact_gradient(network_.images, 24, embed, take_loss);
  EXPECT_EQ(with_graph, std::vector<bool>{true});
  with_graph.clear();
  exact_gradient(network_.images, 12, embed, take_loss);
  EXPECT_EQ(with_graph, (std::vector<bool>{false, false, true, true}));
}

}  // namespace
}  // namespace facenet
