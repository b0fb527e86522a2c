#include "train/schedule.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace facenet {
namespace {

ScheduleOptions named(const char* name) {
  ScheduleOptions options;
  options.name = name;
  return options;
}

TEST(Schedule, ConstantStaysAtTheBase) {
  EXPECT_EQ(rate_at({}, 0.05, 0), 0.05);
  EXPECT_EQ(rate_at({}, 0.05, 1'000'000), 0.05);
}

TEST(Schedule, WarmUpRisesToTheBaseAndIsNeverZero) {
  ScheduleOptions options;
  options.warm_up = 4;
  for (int step = 0; step < 4; ++step) {
    EXPECT_DOUBLE_EQ(rate_at(options, 2, step), 0.5 * (step + 1));
  }
  EXPECT_EQ(rate_at(options, 2, 4), 2);
}

TEST(Schedule, StepsLowerFromTheStepOn) {
  ScheduleOptions options = named("step");
  options.steps = {10, 20};
  EXPECT_EQ(rate_at(options, 1, 9), 1);
  EXPECT_DOUBLE_EQ(rate_at(options, 1, 10), 0.1);
  EXPECT_DOUBLE_EQ(rate_at(options, 1, 19), 0.1);
  EXPECT_DOUBLE_EQ(rate_at(options, 1, 20), 0.01);
}

TEST(Schedule, CosineGoesFromTheBaseThroughHalfToZero) {
  ScheduleOptions options = named("cosine");
  options.warm_up = 10;
  options.total = 110;
  EXPECT_DOUBLE_EQ(rate_at(options, 1, 10), 1);
  EXPECT_NEAR(rate_at(options, 1, 35), 0.853553, 1e-6);
  EXPECT_NEAR(rate_at(options, 1, 60), 0.5, 1e-12);
  EXPECT_GT(rate_at(options, 1, 109), 0);
  EXPECT_NEAR(rate_at(options, 1, 110), 0, 1e-12);
  EXPECT_NEAR(rate_at(options, 1, 500), 0, 1e-12) << "a longer training stays at the end";
}

TEST(Schedule, ValidateRefusesWhatHasNoMeaning) {
  EXPECT_NO_THROW(ScheduleOptions{}.validate());
  EXPECT_THROW(named("linear").validate(), UsageError);
  ScheduleOptions cosine = named("cosine");
  cosine.total = cosine.warm_up = 10;
  EXPECT_THROW(cosine.validate(), UsageError);
  cosine.total = 11;
  EXPECT_NO_THROW(cosine.validate());
  ScheduleOptions step = named("step");
  EXPECT_THROW(step.validate(), UsageError);
  for (const std::vector<std::int64_t>& steps : {std::vector<std::int64_t>{0}, {5, 5}, {6, 5}}) {
    step.steps = steps;
    EXPECT_THROW(step.validate(), UsageError);
  }
  step.steps = {5, 6};
  EXPECT_NO_THROW(step.validate());
  step.step_factor = 1;
  EXPECT_THROW(step.validate(), UsageError);
  ScheduleOptions warm;
  warm.warm_up = -1;
  EXPECT_THROW(warm.validate(), UsageError);
}

}  // namespace
}  // namespace facenet
