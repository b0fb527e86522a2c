#include "train/eval/verification.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::ThrowsMessage;

/// Distances from a grid, so that ties are common.
std::vector<VerificationPair> random_pairs(std::mt19937& random, int count, int folds = 1) {
  std::vector<VerificationPair> pairs;
  for (int i = 0; i < count; ++i) {
    const bool same = i < 2 * folds ? i % 2 == 0 : random() % 2 == 0;
    const double distance = random() % 30 == 0 ? HUGE_VAL : static_cast<double>(random() % 13) / 4;
    pairs.push_back({distance, same, i % (2 * folds) / 2});
  }
  return pairs;
}

/// By the definition, pair by pair.
double brute_accuracy(const std::vector<VerificationPair>& pairs, double threshold) {
  double right = 0;
  for (const VerificationPair& pair : pairs) {
    const bool accepted = pair.distance <= threshold;
    if (accepted == pair.same) ++right;
  }
  return right / static_cast<double>(pairs.size());
}

double brute_share(const std::vector<VerificationPair>& pairs, bool same, double threshold) {
  double all = 0, accepted = 0;
  for (const VerificationPair& pair : pairs) {
    if (pair.same != same) continue;
    ++all;
    if (pair.distance <= threshold) ++accepted;
  }
  return accepted / all;
}

TEST(Verification, BestThresholdIsTheBestOfAFineGrid) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const auto pairs = random_pairs(random, 6 + static_cast<int>(random() % 40));
    double best = 0;
    for (double threshold = -1; threshold < 5; threshold += 0.03) {
      best = std::max(best, brute_accuracy(pairs, threshold));
    }
    EXPECT_DOUBLE_EQ(accuracy_at(pairs, best_threshold(pairs)), best);
    EXPECT_DOUBLE_EQ(brute_accuracy(pairs, best_threshold(pairs)), best);
  }
}

TEST(Verification, AScanThatStopsAtTheFirstFallWouldMissThisThreshold) {
  // Accuracy by rising threshold: 2/6, 3/6, 2/6, 3/6, 4/6, 5/6, ...
  const std::vector<VerificationPair> pairs = {{0.1, true}, {0.2, false}, {0.3, true},
                                               {0.4, true}, {0.5, true},  {0.9, false}};
  EXPECT_DOUBLE_EQ(best_threshold(pairs), 0.7);
}

TEST(Verification, AreaUnderCurveCountsOrderedPairs) {
  std::mt19937 random(2);
  for (int round = 0; round < 100; ++round) {
    const auto pairs = random_pairs(random, 30);
    double ordered = 0, all = 0;
    for (const VerificationPair& a : pairs) {
      for (const VerificationPair& b : pairs) {
        if (!a.same || b.same) continue;
        ++all;
        ordered += a.distance < b.distance ? 1 : a.distance == b.distance ? 0.5 : 0;
      }
    }
    EXPECT_NEAR(area_under_curve(pairs), ordered / all, 1e-12);
  }
}

TEST(Verification, ThresholdAtFarLiesBetweenDistances) {
  std::vector<VerificationPair> pairs;
  for (int i = 1; i <= 10; ++i) pairs.push_back({static_cast<double>(i), false});
  EXPECT_DOUBLE_EQ(threshold_at_far(pairs, 0.25), 2.5);
  EXPECT_DOUBLE_EQ(threshold_at_far(pairs, 0.3), 3);
  EXPECT_DOUBLE_EQ(threshold_at_far(pairs, 1), 10);
  EXPECT_DOUBLE_EQ(brute_share(pairs, false, threshold_at_far(pairs, 0.3)), 0.3);
  EXPECT_DOUBLE_EQ(threshold_at_far(pairs, 0.1), 1);
  // One in a hundred is out of reach of ten pairs: nothing is accepted.
  EXPECT_LT(threshold_at_far(pairs, 0.01), 1);
  EXPECT_DOUBLE_EQ(brute_share(pairs, false, threshold_at_far(pairs, 0.01)), 0);
  pairs.back().distance = HUGE_VAL;
  EXPECT_DOUBLE_EQ(threshold_at_far(pairs, 0.9), 9);
}

TEST(Verification, RocHasEveryRateOnce) {
  std::mt19937 random(3);
  const auto pairs = random_pairs(random, 60);
  const std::vector<RocPoint> curve = roc_curve(pairs);
  EXPECT_EQ(curve.front().far, 0);
  EXPECT_EQ(curve.front().val, 0);
  for (std::size_t i = 0; i < curve.size(); ++i) {
    EXPECT_DOUBLE_EQ(curve[i].far, brute_share(pairs, false, curve[i].threshold));
    EXPECT_DOUBLE_EQ(curve[i].val, brute_share(pairs, true, curve[i].threshold));
    if (i == 0) continue;
    EXPECT_GT(curve[i].threshold, curve[i - 1].threshold);
    EXPECT_GT(curve[i].far + curve[i].val, curve[i - 1].far + curve[i - 1].val);
  }
}

TEST(Verification, FoldsAreJudgedByTheOthers) {
  // The threshold of one fold separates its own pairs and fails on the other's.
  const std::vector<VerificationPair> pairs = {{0.1, true, 0},  {0.2, true, 0}, {0.3, false, 0},
                                               {0.4, false, 0}, {2.1, true, 1}, {2.2, true, 1},
                                               {2.3, false, 1}, {2.4, false, 1}};
  const std::vector<double> fars = {0.5};
  const VerificationReport report = verify_folds(pairs, fars);
  EXPECT_EQ(report.pairs, 8);
  EXPECT_THAT(report.fold_thresholds, ElementsAre(2.25, 0.25));
  EXPECT_DOUBLE_EQ(report.accuracy, 0.5);
  EXPECT_DOUBLE_EQ(report.standard_error, 0);
  ASSERT_THAT(report.val, SizeIs(1));
  // FAR 0.5 of two: the lower distance itself, 2.3 for fold 0, which accepts all of that fold, and
  // 0.3 for fold 1.
  EXPECT_DOUBLE_EQ(report.val[0].val, 0.5);
  EXPECT_DOUBLE_EQ(report.val[0].far_measured, 0.5);
  EXPECT_DOUBLE_EQ(report.val[0].standard_error, 0.5);
  EXPECT_DOUBLE_EQ(report.val[0].different, 2);
}

TEST(Verification, FoldsAgreeWithPlainLoops) {
  std::mt19937 random(4);
  const std::vector<double> fars = {0.1, 0.3};
  for (int round = 0; round < 30; ++round) {
    const auto pairs = random_pairs(random, 90, 3);
    double mean = 0, val = 0;
    for (int fold = 0; fold < 3; ++fold) {
      std::vector<VerificationPair> rest, test;
      for (const VerificationPair& pair : pairs) (pair.fold == fold ? test : rest).push_back(pair);
      mean += brute_accuracy(test, best_threshold(rest)) / 3;
      val += brute_share(test, true, threshold_at_far(rest, 0.3)) / 3;
    }
    const VerificationReport report = verify_folds(pairs, fars);
    EXPECT_NEAR(report.accuracy, mean, 1e-12);
    EXPECT_NEAR(report.val[1].val, val, 1e-12);
  }
}

TEST(Verification, ASplitChoosesOnOnePartAndJudgesTheOther) {
  const std::vector<VerificationPair> train = {
      {0.1, true}, {0.2, true}, {0.5, false}, {0.6, false}};
  const std::vector<VerificationPair> test = {
      {0.3, true}, {0.4, true}, {0.34, false}, {0.9, false}};
  const std::vector<double> fars = {0.5};
  const VerificationReport report = verify_split(train, test, fars);
  EXPECT_DOUBLE_EQ(report.threshold, 0.35);
  EXPECT_DOUBLE_EQ(report.accuracy, 0.5);
  EXPECT_DOUBLE_EQ(report.standard_error, 0.25);
  EXPECT_DOUBLE_EQ(report.val[0].val, 1);
  EXPECT_DOUBLE_EQ(report.val[0].far_measured, 0.5);
}

TEST(Verification, RefusesWhatHasNoAnswer) {
  const std::vector<VerificationPair> one_fold = {{0.1, true}, {0.2, false}};
  EXPECT_THAT([&] { verify_folds(one_fold, {}); }, ThrowsMessage<Error>(HasSubstr("two folds")));
  const std::vector<VerificationPair> no_other = {{0.1, true}, {0.2, true}};
  EXPECT_THAT([&] { verify_split(no_other, one_fold, {}); },
              ThrowsMessage<Error>(HasSubstr("pairs of two")));
}

}  // namespace
}  // namespace facenet
