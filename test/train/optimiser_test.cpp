#include "train/optimiser.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace facenet {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;
using Tensors = std::vector<at::Tensor>;

/// A weight matrix and a bias.
Tensors make_parameters() {
  at::manual_seed(1);
  return {at::randn({3, 4}).requires_grad_(true), at::randn({3}).requires_grad_(true)};
}

Tensors copies(const Tensors& tensors) {
  Tensors result;
  for (const at::Tensor& tensor : tensors) {
    result.push_back(tensor.detach().clone().requires_grad_(true));
  }
  return result;
}

/// Gradients that change with the step and the parameters.
void run_steps(Optimiser& optimiser, const Tensors& parameters, int first, int last) {
  for (int step = first; step < last; ++step) {
    optimiser.zero_grad();
    optimiser.set_rate(0.1 / (1 + step));
    const at::Tensor input = at::linspace(-1, 2, 4) * (1 + step % 3);
    (parameters[0].mv(input) + parameters[1]).square().sum().backward();
    optimiser.step();
  }
}

/// Two, because the first of adagrad does not see how large a gradient is.
void take_two_steps(Optimiser& optimiser, const Tensors& parameters) {
  for (const double gradient : {1.0, 2.0}) {
    for (const at::Tensor& parameter : parameters) {
      parameter.mutable_grad() = at::full_like(parameter, gradient);
    }
    optimiser.step();
  }
}

class Optimisers : public testing::TestWithParam<const char*> {
 protected:
  OptimiserOptions options() const {
    OptimiserOptions result;
    result.name = GetParam();
    result.weight_decay = 0.01;
    return result;
  }
};

TEST_P(Optimisers, GoOnFromTheirStateBitForBit) {
  const Tensors whole = make_parameters();
  Optimiser optimiser(whole, options());
  run_steps(optimiser, whole, 0, 5);
  const auto state = optimiser.state();
  const Tensors halves = copies(whole), forgetful = copies(whole);
  run_steps(optimiser, whole, 5, 12);

  Optimiser restored(halves, options());
  restored.restore(state);
  run_steps(restored, halves, 5, 12);
  Optimiser fresh(forgetful, options());
  run_steps(fresh, forgetful, 5, 12);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_TRUE(at::equal(whole[i], halves[i]));
    EXPECT_FALSE(at::equal(whole[i], forgetful[i])) << "the state makes no difference";
  }
  for (const auto& [name, tensor] : restored.state()) {
    EXPECT_TRUE(at::equal(tensor, optimiser.state().at(name))) << name;
  }
}

TEST_P(Optimisers, StateBeforeTheFirstStepIsAState) {
  const Tensors one = make_parameters(), two = copies(one);
  Optimiser first(one, options()), second(two, options());
  run_steps(second, two, 0, 3);
  second.restore(first.state());
  two[0].data().copy_(one[0]);
  two[1].data().copy_(one[1]);
  run_steps(first, one, 0, 3);
  run_steps(second, two, 0, 3);
  EXPECT_TRUE(at::equal(one[0], two[0]));
}

TEST_P(Optimisers, RefuseTheStateOfOtherParameters) {
  const Tensors parameters = make_parameters();
  Optimiser optimiser(parameters, options());
  run_steps(optimiser, parameters, 0, 1);
  const auto state = optimiser.state();
  const std::string field = state.rbegin()->first.substr(2);

  auto cut = state;
  cut.erase("1." + field);
  cut["1.other"] = at::zeros({1});
  EXPECT_THAT([&] { optimiser.restore(cut); }, ThrowsMessage<Error>(HasSubstr("lacks \"1.")));
  auto wide = state;
  wide["1." + field] = at::zeros({7});
  EXPECT_THAT([&] { optimiser.restore(wide); }, ThrowsMessage<Error>(HasSubstr("shape")));
  auto more = state;
  more["2." + field] = at::zeros({3});
  EXPECT_THAT([&] { optimiser.restore(more); }, ThrowsMessage<Error>(HasSubstr("holds \"2.")));
}

TEST_P(Optimisers, DecayWeightsButNotBiases) {
  OptimiserOptions with = options(), without = options();
  with.weight_decay = 0.5;
  without.weight_decay = 0;
  const Tensors decayed = make_parameters(), plain = copies(decayed);
  Optimiser one(decayed, with), two(plain, without);
  take_two_steps(one, decayed);
  take_two_steps(two, plain);
  EXPECT_FALSE(at::allclose(decayed[0], plain[0]));
  EXPECT_TRUE(at::equal(decayed[1], plain[1]));
}

INSTANTIATE_TEST_SUITE_P(All, Optimisers, testing::Values("adagrad", "sgd", "adam"),
                         [](const auto& name) { return std::string(name.param); });

TEST(Optimiser, AdagradDividesByTheRootOfAllSquares) {
  const at::Tensor parameter = at::tensor({1.0F}).requires_grad_(true);
  Optimiser optimiser({parameter}, {});
  double expected = 1, squares = 0;
  for (const double gradient : {0.5, -2.0, 0.25}) {
    parameter.mutable_grad() = at::tensor({static_cast<float>(gradient)});
    EXPECT_NEAR(optimiser.step(), std::abs(gradient), 1e-6);
    squares += gradient * gradient;
    expected -= 0.05 * gradient / std::sqrt(squares);
    EXPECT_NEAR(parameter.item<double>(), expected, 1e-6);
  }
}

TEST(Optimiser, ClipsTheNormOverAllParameters) {
  OptimiserOptions options;
  options.name = "sgd";
  options.rate = 1;
  options.clip = 1;
  const Tensors parameters = {at::zeros({1, 1}).requires_grad_(true),
                              at::zeros({1}).requires_grad_(true)};
  Optimiser optimiser(parameters, options);
  parameters[0].mutable_grad() = at::full({1, 1}, 3.0F);
  parameters[1].mutable_grad() = at::full({1}, 4.0F);
  EXPECT_NEAR(optimiser.step(), 5, 1e-6);
  EXPECT_NEAR(parameters[0].item<double>(), -0.6, 1e-5);
  EXPECT_NEAR(parameters[1].item<double>(), -0.8, 1e-5);
}

TEST(Optimiser, DoesNotStepOnWhatIsNoNumber) {
  const Tensors parameters = make_parameters(), before = copies(parameters);
  Optimiser optimiser(parameters, {});
  parameters[0].mutable_grad() = at::ones({3, 4});
  parameters[1].mutable_grad() = at::full({3}, std::numeric_limits<float>::quiet_NaN());
  EXPECT_FALSE(std::isfinite(optimiser.step()));
  EXPECT_TRUE(at::equal(parameters[0], before[0]));
  EXPECT_TRUE(at::equal(parameters[1], before[1]));
}

TEST(Optimiser, ValidateNamesWhatIsWrong) {
  const auto refuses = [](auto change, const char* text) {
    OptimiserOptions options;
    change(options);
    EXPECT_THAT([&] { options.validate(); }, ThrowsMessage<UsageError>(HasSubstr(text)));
  };
  EXPECT_NO_THROW(OptimiserOptions{}.validate());
  refuses([](auto& options) { options.name = "lion"; }, "lion");
  refuses([](auto& options) { options.rate = 0; }, "rate");
  refuses([](auto& options) { options.momentum = 1; }, "momentum");
  refuses([](auto& options) { options.weight_decay = -1; }, "decay");
  refuses([](auto& options) { options.clip = -1; }, "--clip");
}

}  // namespace
}  // namespace facenet
