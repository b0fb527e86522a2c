#include "train/step_totals.h"

#include <gtest/gtest.h>

using namespace facenet;

TEST(StepTotalsTest, MeansOverStepsAndShares) {
  StepTotals totals;
  totals.add(0.5, 3, 90,
             {.pairs = 10, .triplets = 8, .active = 2, .mean_positive = 1, .mean_negative = 2});
  totals.add(0.25, 1, 30,
             {.pairs = 30, .triplets = 2, .active = 3, .mean_positive = 0, .mean_negative = 1});
  totals.add_loss_seconds(0.25);
  totals.add_loss_seconds(0.75);
  const TrainingProgress line = totals.line(/*seconds=*/4, /*waited=*/1);
  EXPECT_EQ(line.loss, 0.375);
  EXPECT_EQ(line.gradient, 2);
  EXPECT_EQ(line.images_per_second, 30);
  EXPECT_EQ(line.waited, 0.25);
  EXPECT_EQ(line.selecting, 0.25);
  EXPECT_EQ(line.triplets, 5);  // a batch
  EXPECT_EQ(line.semi_hard, 0.25);
  EXPECT_EQ(line.active, 0.5);
  EXPECT_EQ(line.mean_positive, 0.5);
  EXPECT_EQ(line.mean_negative, 1.5);
  EXPECT_EQ(totals.mean_negative(), 1.5);
}

TEST(StepTotalsTest, LossesWithoutTriplets) {
  StepTotals totals;
  totals.add(2, 1, 8, {});
  const TrainingProgress line = totals.line(1, 0);
  EXPECT_EQ(line.loss, 2);
  EXPECT_EQ(line.semi_hard, 0);
  EXPECT_EQ(line.active, 0);
}
