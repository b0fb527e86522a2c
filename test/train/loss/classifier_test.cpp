#include "train/loss/classifier.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "batches.h"

namespace facenet {
namespace {

constexpr double kClassifierRounding = 1e-12;
constexpr double kClassifierDifference = 1e-6;  // of finite differences

Classifier make_classifier(std::uint64_t seed, const ClassifierOptions& options = {}) {
  at::manual_seed(seed);
  return Classifier(3, 5, options, at::kDouble);
}

TEST(Classifier, LossIsCrossEntropyAndHalfTheSquaredDistanceToCentres) {
  const Batch batch = random_batch(1, {3, 2, 2}, 5);
  Classifier classifier = make_classifier(2, {.scale = 7, .centre_weight = 0.3});
  classifier.move_centres(batch.embeddings, batch.labels);
  const auto state = classifier.state();
  double expected = 0;
  for (std::int64_t i = 0; i < 7; ++i) {
    const at::Tensor x = batch.embeddings[i];
    const auto own = batch.labels[i].item<std::int64_t>();
    double sum = 0, logit_of_own = 0;
    for (std::int64_t person = 0; person < 3; ++person) {
      const at::Tensor weight = state.at("weight")[person];
      const double logit = 7 * (x.dot(weight) / weight.norm()).item<double>();
      sum += std::exp(logit);
      if (person == own) logit_of_own = logit;
    }
    expected += (std::log(sum) - logit_of_own) / 7;
    expected += 0.3 / 2 * (x - state.at("centres")[own]).square().sum().item<double>() / 7;
  }
  EXPECT_NEAR(classifier.loss(batch.embeddings, batch.labels).item<double>(), expected,
              kClassifierRounding);
}

TEST(Classifier, GradientOfEmbeddingsIsThatOfFiniteDifferences) {
  const Batch batch = random_batch(1, {3, 2, 2}, 5);
  Classifier classifier = make_classifier(2);
  classifier.move_centres(batch.embeddings, batch.labels);
  const auto loss = [&](const at::Tensor& x) { return classifier.loss(x, batch.labels); };
  EXPECT_LT(gradient_error(loss, batch.embeddings), kClassifierDifference);
}

TEST(Classifier, GradientOfWeightsIsThatOfFiniteDifferences) {
  const Batch batch = random_batch(1, {3, 2, 2}, 5);
  Classifier classifier = make_classifier(2);
  classifier.loss(batch.embeddings, batch.labels).backward();
  const at::Tensor weight = classifier.parameters().at(0);
  const at::Tensor gradient = weight.grad().flatten();
  const auto state = classifier.state();
  for (std::int64_t i = 0; i < weight.numel(); ++i) {
    const auto at_offset = [&](double offset) {
      auto moved = state;
      moved["weight"] = state.at("weight").clone();
      moved["weight"].view(-1)[i] += offset;
      classifier.restore(moved);
      return classifier.loss(batch.embeddings, batch.labels).item<double>();
    };
    const double slope = (at_offset(1e-6) - at_offset(-1e-6)) / 2e-6;
    EXPECT_NEAR(slope, gradient[i].item<double>(), kClassifierDifference);
  }
}

TEST(Classifier, CentresMoveByTheRuleOfTheirSource) {
  const Batch batch = random_batch(3, {4, 1}, 5);  // nobody of the third person
  Classifier classifier = make_classifier(4);
  at::Tensor expected = at::zeros({3, 5}, at::kDouble);
  for (int step = 0; step < 3; ++step) {
    classifier.move_centres(batch.embeddings, batch.labels);
    const at::Tensor before = expected.clone();
    for (std::int64_t person = 0; person < 3; ++person) {
      at::Tensor sum = at::zeros({5}, at::kDouble);
      int images = 0;
      for (std::int64_t i = 0; i < 5; ++i) {
        if (batch.labels[i].item<std::int64_t>() != person) continue;
        sum += before[person] - batch.embeddings[i];
        ++images;
      }
      expected[person] -= 0.5 * sum / (1 + images);
    }
  }
  EXPECT_TRUE(at::allclose(classifier.state().at("centres"), expected, 0, kClassifierRounding));
  EXPECT_EQ(classifier.state().at("centres")[2].abs().max().item<double>(), 0);
}

TEST(Classifier, GoesOnFromItsState) {
  const Batch batch = random_batch(5, {2, 2, 2}, 5);
  Classifier one = make_classifier(6), two = make_classifier(7);
  one.move_centres(batch.embeddings, batch.labels);
  const at::Tensor parameter = two.parameters().at(0);
  two.restore(one.state());
  EXPECT_TRUE(at::equal(one.loss(batch.embeddings, batch.labels),
                        two.loss(batch.embeddings, batch.labels)));
  EXPECT_TRUE(at::equal(parameter, one.parameters().at(0))) << "the optimiser holds another tensor";
  EXPECT_THROW(one.restore({}), Error);
  EXPECT_THROW(one.restore({{"weight", at::zeros({2, 5})}, {"centres", at::zeros({3, 5})}}), Error);
}

TEST(Classifier, ValidateRefusesWhatHasNoMeaning) {
  EXPECT_NO_THROW(ClassifierOptions{}.validate());
  EXPECT_THROW(ClassifierOptions{.scale = 0}.validate(), UsageError);
  EXPECT_THROW(ClassifierOptions{.centre_weight = -1}.validate(), UsageError);
  EXPECT_THROW(ClassifierOptions{.centre_rate = 0}.validate(), UsageError);
}

}  // namespace
}  // namespace facenet
