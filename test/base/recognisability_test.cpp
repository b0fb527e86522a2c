#include "base/recognisability.h"

#include <cmath>

#include <gtest/gtest.h>

namespace facenet {
namespace {

constexpr RecognisabilityConstants kConstants{.length = 4, .sharpness = 1, .offset = -2};

TEST(Recognisability, IsALogisticCurveOverLogarithms) {
  // Odds of e^4 * 0.5 / e^2.
  const double odds = std::pow(std::exp(1.0), 4) * 0.5 / std::exp(2.0);
  EXPECT_NEAR(recognisability({.length = std::exp(1.0), .sharpness = 0.5}, kConstants),
              odds / (1 + odds), 1e-12);
  EXPECT_LT(recognisability({.length = 1, .sharpness = 0.2}, kConstants),
            recognisability({.length = 2, .sharpness = 0.2}, kConstants));
  EXPECT_LT(recognisability({.length = 1, .sharpness = 0.2}, kConstants),
            recognisability({.length = 1, .sharpness = 0.3}, kConstants));
}

TEST(Recognisability, APictureOfOneColourIsNotRecognisable) {
  const double none = recognisability({.length = 0, .sharpness = 0}, kConstants);
  EXPECT_GE(none, 0);
  EXPECT_LT(none, 1e-6);
}

TEST(Recognisability, WhereNothingWasMeasuredEveryFaceIs) {
  EXPECT_EQ(recognisability({.length = 0, .sharpness = 0}, {}), 1);
}

}  // namespace
}  // namespace facenet
