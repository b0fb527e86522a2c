#include "base/join_rule.h"

#include <cmath>

#include <gtest/gtest.h>

namespace facenet {
namespace {

const JoinConstantsByKind kJoins = JoinConstantsByKind::all(kReferenceJoins);

/// The distances up to which groups join, as they were measured with the rule's reference (the
/// faces of a group all alike, so that only the numbers count).
TEST(JoinRule, AsksForMoreAmongMoreRivals) {
  const auto farthest = [](double a, double b, double rivals) {
    const FaceGroup left{.faces = a, .shots = a};
    const FaceGroup right{.faces = b, .shots = b};
    return farthest_join(left, right, kJoins, {.of_one = rivals, .of_more = rivals});
  };
  EXPECT_NEAR(farthest(1, 1, 30), 1.26, 0.01);
  EXPECT_NEAR(farthest(1, 1, 300), 1.10, 0.01);
  EXPECT_NEAR(farthest(1, 1, 5400), 0.89, 0.01);
  EXPECT_EQ(farthest(1, 1, 0), 1.5) << "the ceiling";
  EXPECT_DOUBLE_EQ(farthest(1, 10, 300), farthest(10, 1, 300));
  EXPECT_GT(farthest(1, 10, 300), farthest(1, 1, 300));
}

TEST(JoinRule, TheFarthestJoinIsWhereEvidenceIsEven) {
  const FaceGroup a{.faces = 4, .shots = 3, .pair_sum = 4.5};
  const FaceGroup b{.faces = 9, .shots = 8, .pair_sum = 30};
  const Rivals rivals{.of_one = 500, .of_more = 70};
  const double farthest = farthest_join(a, b, kJoins, rivals);
  const JoinEvidence at = weigh_join(a, b, farthest, kJoins, rivals);
  EXPECT_NEAR(at.probability(), 0.5, 1e-9);
  EXPECT_TRUE(weigh_join(a, b, farthest - 1e-9, kJoins, rivals).passes());
  EXPECT_FALSE(weigh_join(a, b, farthest + 1e-9, kJoins, rivals).passes());
}

/// Its sums stand for the faces themselves: here of two groups in the plane.
TEST(JoinRule, TheCosineIsThatOfTheMeanVectors) {
  const double angles_a[] = {0.1, 0.5, 0.3};
  const double angles_b[] = {1.0, 1.3};
  const auto distance = [](double x, double y) { return 2 - 2 * std::cos(x - y); };
  FaceGroup a{.faces = 3, .shots = 3};
  FaceGroup b{.faces = 2, .shots = 2};
  for (int i = 0; i < 3; ++i)
    for (int k = i + 1; k < 3; ++k) a.pair_sum += distance(angles_a[i], angles_a[k]);
  b.pair_sum = distance(angles_b[0], angles_b[1]);
  double mean = 0;
  double ax = 0, ay = 0, bx = 0, by = 0;
  for (const double x : angles_a) ax += std::cos(x), ay += std::sin(x);
  for (const double y : angles_b) bx += std::cos(y), by += std::sin(y);
  for (const double x : angles_a)
    for (const double y : angles_b) mean += distance(x, y) / 6;
  const double cosine = (ax * bx + ay * by) / std::hypot(ax, ay) / std::hypot(bx, by);
  EXPECT_NEAR(weigh_join(a, b, mean, kJoins, {}).cosine, cosine, 1e-12);
  const FaceGroup both = joined(a, b, mean, kJoins);
  EXPECT_NEAR(both.pair_sum, a.pair_sum + b.pair_sum + 6 * mean, 1e-12);
  EXPECT_NEAR(both.tightness(), (std::pow(ax + bx, 2) + std::pow(ay + by, 2)) / 25, 1e-12);
}

TEST(JoinRule, AnotherModelIsTheSameOnItsOwnScale) {
  // Distances of half the size, strangers twice as much alike.
  const auto constants = JoinConstantsByKind::all(scaled_joins(kReferenceJoins, 1, 1));
  const FaceGroup one{};
  const Rivals rivals{.of_one = 300, .of_more = 0};
  EXPECT_DOUBLE_EQ(farthest_join(one, one, constants, rivals) * 2,
                   farthest_join(one, one, kJoins, rivals));
  const auto strict = JoinConstantsByKind::all(scaled_joins(kReferenceJoins, 2, 1.3));
  EXPECT_LT(farthest_join(one, one, strict, rivals), farthest_join(one, one, kJoins, rivals));
}

TEST(JoinRule, MixedGroupsAreHeldToTheMeanOverTheirPairs) {
  const JoinConstantsByKind constants{.own = kReferenceJoins,
                                      .across = scaled_joins(kReferenceJoins, 1.9, 1.2),
                                      .other = scaled_joins(kReferenceJoins, 1.8, 1.4)};
  EXPECT_EQ(constants.between(0, 0), constants.own);
  EXPECT_EQ(constants.between(1, 1), constants.other);
  EXPECT_EQ(constants.between(0, 1), constants.across);
  // Of 2 x 2 pairs of one face of each kind, one is own, one other, two are across.
  const JoinConstants half = constants.between(0.5, 0.5);
  EXPECT_DOUBLE_EQ(half.strangers, (2 + 1.8 + 2 * 1.9) / 4);
  EXPECT_DOUBLE_EQ(half.even, 0.385 * (1 + 1.4 + 2 * 1.2) / 4);
  EXPECT_DOUBLE_EQ(half.slope, 38 * (1 + 1 / 1.4 + 2 / 1.2) / 4);
}

TEST(JoinRule, NearDuplicatesCountOnceAndAlwaysJoin) {
  const FaceGroup a{.faces = 3, .shots = 1};
  const FaceGroup b{.faces = 5, .shots = 2};
  EXPECT_EQ(joined(a, b, 0.1, kJoins).shots, 1);
  EXPECT_EQ(joined(a, b, 0.5, kJoins).shots, 3);
  const Rivals crowd{.of_one = 1e9, .of_more = 1e9};
  EXPECT_TRUE(weigh_join(a, b, 0.2, kJoins, crowd).passes());
  EXPECT_FALSE(weigh_join(a, b, 0.9, kJoins, crowd).passes());
}

}  // namespace
}  // namespace facenet
