#include "train/eval/calibration.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "base/distance.h"
#include "base/error.h"
#include "train/eval/join_calibration.h"
#include "weights/model_info.h"

namespace facenet {
namespace {

/// Faces of people on the unit circle's higher-dimensional cousin: a direction each, and noise.
struct CircleFaces {
  static constexpr int kDimension = 8;
  std::vector<float> values;
  std::vector<std::int64_t> identity;

  CircleFaces(int people, int each, double noise, unsigned seed) {
    std::mt19937 engine(seed), who(1);
    std::normal_distribution<double> normal;
    for (int p = 0; p < people; ++p) {
      std::vector<double> centre(kDimension);
      for (double& x : centre) x = normal(who);
      for (int i = 0; i < each; ++i) {
        double square = 0;
        std::vector<double> face = centre;
        for (double& x : face) square += std::pow(x += noise * normal(engine), 2);
        for (const double x : face) values.push_back(static_cast<float>(x / std::sqrt(square)));
        identity.push_back(p);
      }
    }
  }

  LabelledFaces labelled() const { return {{values, std::ssize(identity), kDimension}, identity}; }

  std::span<const float> row(std::size_t i) const {
    return std::span(values).subspan(i * kDimension, kDimension);
  }
};

struct FacePair {
  double distance;
  bool same;
};

/// Slope of the balanced log-likelihood at a fit, by the definition: 0 at the maximum.
std::pair<double, double> slope_at(const std::vector<FacePair>& pairs, const OperatingPoint& fit) {
  double counts[2] = {0, 0};
  for (const FacePair& pair : pairs) ++counts[pair.same ? 1 : 0];
  double level = 0, tilt = 0;
  for (const FacePair& pair : pairs) {
    const double error = fit.probability(pair.distance) - (pair.same ? 1 : 0);
    level += error / counts[pair.same ? 1 : 0];
    tilt += error * pair.distance / counts[pair.same ? 1 : 0];
  }
  return {level, tilt};
}

TEST(Calibration, IsTheMostLikelyCurve) {
  const CircleFaces faces(20, 6, 0.5, 3);
  const OperatingPoint point = calibrate(faces.labelled(), 1);
  std::vector<FacePair> pairs;
  for (std::size_t i = 0; i < faces.identity.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      pairs.push_back(
          {squared_distance(faces.row(i), faces.row(k)), faces.identity[i] == faces.identity[k]});
    }
  }
  const auto [level, tilt] = slope_at(pairs, point);
  EXPECT_NEAR(level, 0, 2e-3);
  EXPECT_NEAR(tilt, 0, 2e-3);
  EXPECT_EQ(point.verification, point.midpoint);
  EXPECT_GT(point.clustering, 0);
}

TEST(Calibration, AcrossModelsLeavesOutAFaceWithItself) {
  const CircleFaces newer(20, 6, 0.4, 3), older(20, 6, 0.8, 5);
  const OperatingPoint own = calibrate(newer.labelled(), 1);
  const OperatingPoint across = calibrate_across(newer.labelled(), older.labelled(), own, 1);
  std::vector<FacePair> pairs;
  double within = 0, between = 0, different = 0;
  for (std::size_t i = 0; i < newer.identity.size(); ++i) {
    for (std::size_t k = 0; k < older.identity.size(); ++k) {
      if (i == k) continue;
      const bool same = newer.identity[i] == newer.identity[k];
      pairs.push_back({squared_distance(newer.row(i), older.row(k)), same});
      if (same) continue;
      ++different;
      within += squared_distance(newer.row(i), newer.row(k)) < own.clustering ? 1 : 0;
      between += pairs.back().distance < across.clustering ? 1 : 0;
    }
  }
  const auto [level, tilt] = slope_at(pairs, across);
  EXPECT_NEAR(level, 0, 2e-3);
  EXPECT_NEAR(tilt, 0, 2e-3);
  EXPECT_NEAR(between / different, within / different, 1e-3);
}

/// Many people, in a space where strangers get about as much alike as people do by chance.
struct WideFaces {
  static constexpr int kDimension = 64;
  std::vector<float> values = {};
  std::vector<std::int64_t> identity = {};

  /// All vectors share a component of this length, so that distances shrink by 1 - shared^2.
  explicit WideFaces(double shared) {
    std::mt19937 engine(4);
    std::normal_distribution<double> normal;
    for (int person = 0; person < 250; ++person) {
      std::vector<double> centre(kDimension - 1);
      for (double& x : centre) x = normal(engine);
      for (int face = 0; face <= person % 6; ++face) {
        std::vector<double> row = centre;
        double square = 0;
        for (double& x : row) square += std::pow(x += 1.2 * normal(engine), 2);
        const double scale = std::sqrt((1 - shared * shared) / square);
        for (const double x : row) values.push_back(static_cast<float>(x * scale));
        values.push_back(static_cast<float>(shared));
        identity.push_back(person);
      }
    }
  }

  LabelledFaces labelled() const { return {{values, std::ssize(identity), kDimension}, identity}; }
};

TEST(Calibration, TheConstantsAreTheOnesThatGroupBest) {
  const WideFaces faces(0);
  const Clustering tree = join_faces(faces.labelled(), 2, 1);
  const JoinConstants fitted = calibrate(faces.labelled(), 1).joins;
  EXPECT_NEAR(fitted.strangers, 2, 0.02);
  const double quality = measure_rule(faces.labelled(), tree, fitted).bcubed.f();
  double best = 0;
  for (double factor = 0.5; factor < 2; factor += 0.05)
    best = std::max(
        best, measure_rule(faces.labelled(), tree, scaled_joins(fitted, fitted.strangers, factor))
                  .bcubed.f());
  EXPECT_GT(quality, best - 0.02);
  EXPECT_LT(
      measure_rule(faces.labelled(), tree, scaled_joins(fitted, fitted.strangers, 0.5)).bcubed.f(),
      best - 0.05);
  EXPECT_GT(quality, measure_best_cut(faces.labelled(), tree).bcubed.f() - 0.01);
}

TEST(Calibration, WhatAllFacesShareChangesTheDistanceOfStrangersOnly) {
  const JoinConstants apart = calibrate(WideFaces(0).labelled(), 1).joins;
  const JoinConstants shared = calibrate(WideFaces(0.8).labelled(), 1).joins;
  EXPECT_NEAR(shared.strangers, apart.strangers * 0.36, 0.01);
  EXPECT_NEAR(shared.even, apart.even, 0.02);
  EXPECT_NEAR(shared.slope, apart.slope, 0.05 * apart.slope);
}

TEST(Calibration, TooFewJoinsLeaveTheConstantsOfTheStart) {
  const CircleFaces faces(20, 6, 0.5, 3);
  const JoinConstants start = scaled_joins(kReferenceJoins, 1.9, 1.4);
  EXPECT_EQ(fit_joins(faces.labelled(), start, 1), start);
}

TEST(Calibration, SaysWhenThereIsNothingToTellApart) {
  const CircleFaces one(1, 6, 0.5, 3);
  EXPECT_THROW(calibrate(one.labelled(), 1), Error);
  DistanceCounts swapped;
  swapped.same[30000] = swapped.different[10000] = 5;
  EXPECT_EQ(fit_logistic(swapped).steepness, 0);
}

}  // namespace
}  // namespace facenet
