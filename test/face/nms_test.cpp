#include "face/nms.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace facenet {
namespace {

using testing::ElementsAre;

double share(const Box& a, const Box& b, OverlapMeasure measure) {
  const double iou = overlap(a, b);
  if (measure == OverlapMeasure::kUnion) return iou;
  // |A ∩ B| = iou / (1 + iou) * (|A| + |B|)
  const double shared = iou / (1 + iou) * (a.area() + b.area());
  if (measure == OverlapMeasure::kSmaller) return shared / std::min(a.area(), b.area());
  const auto extent = [](double a_from, double a_size, double b_from, double b_size) {
    return std::max(a_from + a_size, b_from + b_size) - std::min(a_from, b_from);
  };
  return shared / extent(a.x, a.width, b.x, b.width) / extent(a.y, a.height, b.y, b.height);
}

/// The definition: take the best box that is left, strike out all that it overlaps, repeat.
std::vector<int> by_definition(const std::vector<Box>& boxes, const std::vector<float>& scores,
                               double limit, OverlapMeasure measure) {
  std::vector<bool> left(boxes.size(), true);
  std::vector<int> stay;
  for (;;) {
    int best = -1;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      if (left[i] && (best < 0 || scores[i] > scores[static_cast<std::size_t>(best)])) {
        best = static_cast<int>(i);
      }
    }
    if (best < 0) return stay;
    stay.push_back(best);
    const auto chosen = static_cast<std::size_t>(best);
    left[chosen] = false;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      if (share(boxes[i], boxes[chosen], measure) > limit) left[i] = false;
    }
  }
}

class SuppressOverlaps : public testing::TestWithParam<OverlapMeasure> {};

TEST_P(SuppressOverlaps, FollowsTheDefinition) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> place(0, 30);
  std::uniform_real_distribution<float> size(5, 40);
  std::uniform_int_distribution<int> score(0, 40);  // with ties
  for (int round = 0; round < 50; ++round) {
    std::vector<Box> boxes;
    std::vector<float> scores;
    for (int i = 0; i < 100; ++i) {
      boxes.push_back({place(random), place(random), size(random), size(random)});
      scores.push_back(static_cast<float>(score(random)) / 40);
    }
    for (const float limit : {0.2F, 0.4F, 0.6F}) {
      const auto stay = suppress_overlaps(boxes, scores, {{GetParam(), limit}});
      EXPECT_EQ(stay, by_definition(boxes, scores, limit, GetParam()));
      EXPECT_LT(stay.size(), boxes.size());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Measures, SuppressOverlaps,
                         testing::Values(OverlapMeasure::kUnion, OverlapMeasure::kSmaller,
                                         OverlapMeasure::kEnclosing));

TEST(SuppressOverlaps, TellsABoxInsideAnother) {
  const std::vector<Box> boxes{{0, 0, 100, 100}, {40, 40, 20, 20}};
  const std::vector<float> scores{0.9F, 0.8F};
  EXPECT_THAT(suppress_overlaps(boxes, scores, {{OverlapMeasure::kUnion, 0.7}}), ElementsAre(0, 1));
  EXPECT_THAT(suppress_overlaps(boxes, scores, {{OverlapMeasure::kSmaller, 0.7}}), ElementsAre(0));
}

TEST(SuppressOverlaps, StrikesOutWhatPassesOneOfSeveralLimits) {
  // The second lies inside the first, the third beside it with half of it in common.
  const std::vector<Box> boxes{{0, 0, 100, 100}, {40, 40, 20, 20}, {50, 0, 100, 100}};
  const std::vector<float> scores{0.9F, 0.8F, 0.7F};
  const OverlapLimit inside{OverlapMeasure::kSmaller, 0.7}, beside{OverlapMeasure::kEnclosing, 0.3};
  EXPECT_THAT(suppress_overlaps(boxes, scores, {inside}), ElementsAre(0, 2));
  EXPECT_THAT(suppress_overlaps(boxes, scores, {beside}), ElementsAre(0, 1));
  EXPECT_THAT(suppress_overlaps(boxes, scores, {inside, beside}), ElementsAre(0));
  EXPECT_THAT(suppress_overlaps(boxes, scores, {}), ElementsAre(0, 1, 2));
}

TEST(SuppressOverlaps, ABoxOnTheLimitStays) {
  // 7 of 10 pixels in common: 0.7 in float is more than 0.7.
  const std::vector<Box> boxes{{0, 0, 10, 1}, {0, 0, 7, 1}};
  const std::vector<float> scores{0.9F, 0.8F};
  EXPECT_THAT(suppress_overlaps(boxes, scores, {{OverlapMeasure::kUnion, 0.7}}), ElementsAre(0, 1));
}

TEST(SuppressOverlaps, KeepsTheFirstOfEquals) {
  const std::vector<Box> boxes(3, Box{1, 1, 10, 10});
  const std::vector<float> scores(3, 0.5F);
  EXPECT_THAT(suppress_overlaps(boxes, scores, {{OverlapMeasure::kUnion, 0.5}}), ElementsAre(0));
}

TEST(SuppressOverlaps, OfNothingIsNothing) {
  EXPECT_TRUE(suppress_overlaps({}, {}, {{OverlapMeasure::kUnion, 0.5}}).empty());
}

}  // namespace
}  // namespace facenet
