#include "train/eval/recognisability_calibration.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace facenet {
namespace {

/// Pairs of faces: whether the nearest face is the other of the pair is drawn by known odds.
class RecognisabilityCalibrationTest : public testing::Test {
 protected:
  static constexpr int kDimension = 32;

  void add_pairs(int pairs, double offset) {
    std::normal_distribution<float> normal;
    std::uniform_real_distribution<double> uniform;
    std::vector<float> stranger;
    for (int pair = 0; pair < pairs; ++pair) {
      const VectorEvidence evidence{.length = std::exp(uniform(random_)),
                                    .sharpness = std::exp(-2 * uniform(random_))};
      const double odds =
          std::exp(3 * std::log(evidence.length) + 2 * std::log(evidence.sharpness) + offset);
      const bool right = uniform(random_) < odds / (1 + odds);
      std::vector<float> looks(kDimension);
      for (float& value : looks) value = normal(random_);
      // The first face decides: the second is a copy of it, or far from everybody.
      add(looks, pair, evidence);
      for (float& value : looks) value += right ? 0.01F : 30 * normal(random_);
      add(looks, pair, {});  // says nothing, so that it is no sample of its own
    }
  }
  void add(const std::vector<float>& vector, std::int64_t identity,
           const VectorEvidence& evidence) {
    values_.insert(values_.end(), vector.begin(), vector.end());
    identity_.push_back(identity);
    evidence_.push_back(evidence);
  }
  LabelledFaces faces() const {
    return {{values_, std::ssize(identity_), kDimension}, identity_, evidence_};
  }

  std::mt19937 random_{3};
  std::vector<float> values_;
  std::vector<std::int64_t> identity_;
  std::vector<VectorEvidence> evidence_;
};

TEST_F(RecognisabilityCalibrationTest, FindsTheOddsThatTheAnswersWereDrawnBy) {
  add_pairs(4000, 1);
  const RecognisabilityConstants fit = fit_recognisability(faces(), 2);
  EXPECT_NEAR(fit.length, 3, 0.5);
  EXPECT_NEAR(fit.sharpness, 2, 0.25);
  EXPECT_NEAR(fit.offset, 1, 0.4);
}

TEST_F(RecognisabilityCalibrationTest, SharpPortraitsAloneDoNotTell) {
  add_pairs(400, 12);
  EXPECT_FALSE(fit_recognisability(faces(), 1).is_measured());
  LabelledFaces without = faces();
  without.evidence = {};
  EXPECT_FALSE(fit_recognisability(without, 1).is_measured());
}

}  // namespace
}  // namespace facenet
