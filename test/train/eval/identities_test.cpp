#include "train/eval/identities.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace facenet {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// Unit vectors around one direction a person.
struct Crowd {
  std::vector<float> values;
  std::vector<std::int64_t> identity;
  std::vector<int> split;

  Crowd(int people, int faces, float spread, int splits) {
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    for (int person = 0; person < people; ++person) {
      std::vector<float> centre(kDimension);
      for (float& value : centre) value = normal(random);
      for (int face = 0; face < faces; ++face) {
        std::vector<float> row(kDimension);
        float square = 0;
        for (int d = 0; d < kDimension; ++d) {
          const auto at = static_cast<std::size_t>(d);
          row[at] = centre[at] + spread * normal(random);
          square += row[at] * row[at];
        }
        for (const float value : row) values.push_back(value / std::sqrt(square));
        identity.push_back(person);
        split.push_back(person % splits);
      }
    }
  }

  LabelledFaces faces() const { return {{values, std::ssize(identity), kDimension}, identity}; }

  double distance(std::size_t i, std::size_t j) const {
    double sum = 0;
    for (std::size_t d = 0; d < kDimension; ++d) {
      sum += std::pow(values[i * kDimension + d] - values[j * kDimension + d], 2);
    }
    return sum;
  }

  /// VAL at a FAR by sorting all distances, of one split or (-1) of all.
  double brute_val(double far, int of_split) const {
    std::vector<double> same, different;
    for (std::size_t i = 0; i < identity.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (of_split >= 0 && (split[i] != of_split || split[j] != of_split)) continue;
        (identity[i] == identity[j] ? same : different).push_back(distance(i, j));
      }
    }
    std::ranges::sort(different);
    const double limit =
        different[static_cast<std::size_t>(far * static_cast<double>(different.size()))];
    const auto below = std::ranges::count_if(same, [&](double d) { return d < limit; });
    return static_cast<double>(below) / static_cast<double>(same.size());
  }

  static constexpr int kDimension = 8;
};

TEST(Identities, ValOfAllPairsAgreesWithSorting) {
  const Crowd crowd(20, 6, 0.6F, 2);
  const std::vector<double> fars = {0.1, 0.01};
  const AllPairsReport report = verify_all_pairs(crowd.faces(), crowd.split, 2, fars, 2);
  EXPECT_EQ(report.same, 20 * 15);
  EXPECT_EQ(report.different, 120 * 119 / 2 - 20 * 15);
  EXPECT_EQ(report.splits, 2);
  for (std::size_t i = 0; i < fars.size(); ++i) {
    // Distances in one bin count together, so a pair of 300 may fall to the other side.
    EXPECT_NEAR(report.val[i].val, crowd.brute_val(fars[i], -1), 1.01 / 300);
    const double half = std::abs(crowd.brute_val(fars[i], 0) - crowd.brute_val(fars[i], 1)) / 2;
    EXPECT_NEAR(report.val[i].standard_error, half, 1.01 / 150);
    EXPECT_GT(report.val[i].val, fars[i]);
    EXPECT_LE(report.val[i].false_accepts,
              static_cast<std::int64_t>(fars[i] * static_cast<double>(report.different)));
  }
}

TEST(Identities, ASplitDependsOnTheNameAlone) {
  std::vector<int> counts(5);
  for (int person = 0; person < 1000; ++person) {
    const std::string name = "person " + std::to_string(person);
    EXPECT_EQ(split_of(name, 5), split_of(name, 5));
    ++counts[static_cast<std::size_t>(split_of(name, 5))];
  }
  for (const int count : counts) EXPECT_NEAR(count, 200, 60);
}

TEST(Identities, ClusteringOfTightPeopleIsPerfect) {
  const Crowd crowd(10, 5, 0.02F, 1);
  const Clustering tree = join_faces(crowd.faces(), 0.0001, 1);
  const ClusteringQuality best = measure_best_cut(crowd.faces(), tree);
  EXPECT_DOUBLE_EQ(best.bcubed.f(), 1);
  EXPECT_DOUBLE_EQ(best.pairwise.f(), 1);
  EXPECT_EQ(best.clusters, 10);
  const ClusteringQuality low = measure_cut(crowd.faces(), tree, 0.0001);
  EXPECT_LT(low.bcubed.recall, 0.5);
  EXPECT_DOUBLE_EQ(low.bcubed.precision, 1);
  // In a space of so few dimensions strangers are much alike.
  const ClusteringQuality rule =
      measure_rule(crowd.faces(), tree, scaled_joins(kReferenceJoins, 2, 2.5));
  EXPECT_DOUBLE_EQ(rule.bcubed.f(), 1);
  EXPECT_FALSE(rule.threshold);
}

TEST(Identities, NeedsPairsOfBothKinds) {
  const Crowd one(1, 5, 0.1F, 1);
  EXPECT_THAT([&] { verify_all_pairs(one.faces(), one.split, 1, {}, 1); },
              ThrowsMessage<Error>(HasSubstr("two people")));
}

}  // namespace
}  // namespace facenet
