#include "weights/pair_points.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace facenet {
namespace {

constexpr PairPoints kPoints{
    .own = {.verification = 1.4, .clustering = 1.5, .midpoint = 1.45, .steepness = 12},
    .across = {.verification = 1.2, .clustering = 1.25, .midpoint = 1.3, .steepness = 9},
    .other = {.verification = 1.0, .clustering = 1.1, .midpoint = 1.05, .steepness = 6}};

const OperatingPoint& point_of(bool a_other, bool b_other) {
  if (a_other != b_other) return kPoints.across;
  return a_other ? kPoints.other : kPoints.own;
}

double share(const std::vector<bool>& by_other) {
  return static_cast<double>(std::count(by_other.begin(), by_other.end(), true)) /
         static_cast<double>(by_other.size());
}

TEST(PairPoints, OneKindOfPairHasItsOwnPoint) {
  for (const bool a : {false, true})
    for (const bool b : {false, true}) {
      const OperatingPoint between = kPoints.between(a ? 1 : 0, b ? 1 : 0);
      EXPECT_EQ(between.verification, point_of(a, b).verification);
      EXPECT_EQ(between.clustering, point_of(a, b).clustering);
      EXPECT_EQ(between.midpoint, point_of(a, b).midpoint);
      EXPECT_EQ(between.steepness, point_of(a, b).steepness);
    }
}

TEST(PairPoints, MixedGroupsAreHeldToTheMeanOverTheirPairs) {
  const std::vector<std::vector<bool>> groups = {
      {false}, {true}, {true, false}, {true, true, false}, {false, false, false, true, false}};
  constexpr double kDistance = 1.17;
  for (const auto& a : groups)
    for (const auto& b : groups) {
      double verification = 0, clustering = 0, log_odds = 0;
      for (const bool x : a)
        for (const bool y : b) {
          const double weight = 1 / static_cast<double>(a.size() * b.size());
          const OperatingPoint& point = point_of(x, y);
          const double p = point.probability(kDistance);
          verification += weight * point.verification;
          clustering += weight * point.clustering;
          log_odds += weight * std::log(p / (1 - p));
        }
      const OperatingPoint between = kPoints.between(share(a), share(b));
      EXPECT_NEAR(between.verification, verification, 1e-12);
      EXPECT_NEAR(between.clustering, clustering, 1e-12);
      EXPECT_NEAR(between.probability(kDistance), 1 / (1 + std::exp(-log_odds)), 1e-12);
    }
}

TEST(PairPoints, NoProbabilityWhereAKindOfPairIsNotFitted) {
  PairPoints points = kPoints;
  points.across.steepness = 0;
  EXPECT_TRUE(std::isnan(points.between(0, 0.5).probability(1)));
  EXPECT_FALSE(std::isnan(points.between(0, 0).probability(1)));
  EXPECT_FALSE(std::isnan(points.between(1, 1).probability(1)));
}

TEST(PairPoints, HighestCutOfTheKindsThatThereAre) {
  EXPECT_EQ(kPoints.highest_cut(0), 1.5);
  EXPECT_EQ(kPoints.highest_cut(1), 1.1);
  EXPECT_EQ(kPoints.highest_cut(0.5), 1.5);
}

}  // namespace
}  // namespace facenet
