#include "base/operating_point.h"

#include <cmath>

#include <gtest/gtest.h>

namespace facenet {
namespace {

TEST(OperatingPoint, ProbabilityFallsFromOneToZeroThroughTheMidpoint) {
  const OperatingPoint point{.verification = 1, .clustering = 1, .midpoint = 1.2, .steepness = 8};
  EXPECT_DOUBLE_EQ(point.probability(1.2), 0.5);
  EXPECT_NEAR(point.probability(1.1), 1 / (1 + std::exp(-0.8)), 1e-12);
  EXPECT_GT(point.probability(0), 0.999);
  EXPECT_LT(point.probability(4), 0.001);
}

TEST(OperatingPoint, HasNoProbabilityUnlessItWasFitted) {
  EXPECT_TRUE(std::isnan(OperatingPoint{.verification = 1, .clustering = 1}.probability(1)));
}

TEST(OperatingPoint, IsEqualToOneOfTheSameFourNumbers) {
  const OperatingPoint point{.verification = 1, .clustering = 2, .midpoint = 3, .steepness = 4};
  EXPECT_EQ(point, OperatingPoint(point));
  for (double OperatingPoint::*number : {&OperatingPoint::verification, &OperatingPoint::clustering,
                                         &OperatingPoint::midpoint, &OperatingPoint::steepness}) {
    OperatingPoint other = point;
    other.*number += 1;
    EXPECT_NE(point, other);
  }
}

}  // namespace
}  // namespace facenet
