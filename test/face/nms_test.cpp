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
  return iou / (1 + iou) * (a.area() + b.area()) / std::min(a.area(), b.area());
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
      const auto stay = suppress_overlaps(boxes, scores, limit, GetParam());
      EXPECT_EQ(stay, by_definition(boxes, scores, limit, GetParam()));
      EXPECT_LT(stay.size(), boxes.size());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Measures, SuppressOverlaps,
                         testing::Values(OverlapMeasure::kUnion, OverlapMeasure::kSmaller));

TEST(SuppressOverlaps, TellsABoxInsideAnother) {
  const std::vector<Box> boxes{{0, 0, 100, 100}, {40, 40, 20, 20}};
  const std::vector<float> scores{0.9F, 0.8F};
  EXPECT_THAT(suppress_overlaps(boxes, scores, 0.7F, OverlapMeasure::kUnion), ElementsAre(0, 1));
  EXPECT_THAT(suppress_overlaps(boxes, scores, 0.7F, OverlapMeasure::kSmaller), ElementsAre(0));
}

TEST(SuppressOverlaps, KeepsTheFirstOfEquals) {
  const std::vector<Box> boxes(3, Box{1, 1, 10, 10});
  const std::vector<float> scores(3, 0.5F);
  EXPECT_THAT(suppress_overlaps(boxes, scores, 0.5F, OverlapMeasure::kUnion), ElementsAre(0));
}

TEST(SuppressOverlaps, OfNothingIsNothing) {
  EXPECT_TRUE(suppress_overlaps({}, {}, 0.5F, OverlapMeasure::kUnion).empty());
}

}  // namespace
}  // namespace facenet
