#include "train/moving_average.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace facenet {
namespace {

at::Tensor number(double value) {
  return at::full({1}, value, at::kDouble);
}

TEST(MovingAverage, ForgetsTheStartAndThenDecaysAsToldTo) {
  MovingAverage average({number(100)}, 0.8);
  double expected = 100;
  for (int step = 0; step < 60; ++step) {
    const double keep = std::min(0.8, (1.0 + step) / (10.0 + step));
    expected = keep * expected + (1 - keep) * step;
    average.update({number(step)});
    EXPECT_NEAR(average.values()[0].item<double>(), expected, 1e-9);
  }
}

TEST(MovingAverage, GoesOnFromItsStateBitForBit) {
  MovingAverage whole({number(3)}, 0.999), restored({number(-7)}, 0.999);
  for (int step = 0; step < 5; ++step) whole.update({number(step)});
  restored.restore(whole.state());
  for (int step = 5; step < 9; ++step) {
    whole.update({number(step)});
    restored.update({number(step)});
  }
  EXPECT_TRUE(at::equal(whole.values()[0], restored.values()[0]));
}

TEST(MovingAverage, DoesNotFollowParametersThatChangeInPlace) {
  const at::Tensor parameter = number(1).requires_grad_(true);
  const MovingAverage average({parameter}, 0.9);
  parameter.data().fill_(2);
  EXPECT_EQ(average.values()[0].item<double>(), 1);
  EXPECT_FALSE(average.values()[0].requires_grad());
}

TEST(MovingAverage, RefusesAnotherState) {
  MovingAverage average({number(1)}, 0.9);
  EXPECT_THROW(average.restore({}), Error);
  EXPECT_THROW(average.restore({{"0", at::zeros({2})}, {"updates", at::zeros({1}, at::kLong)}}),
               Error);
  EXPECT_THROW(MovingAverage({number(1)}, 1), UsageError);
}

}  // namespace
}  // namespace facenet
