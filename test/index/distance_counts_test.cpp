#include "index/distance_counts.h"

#include <numeric>
#include <random>

#include <gtest/gtest.h>

namespace facenet {
namespace {

TEST(DistanceCounts, EveryPairIsInTheBinOfItsDistance) {
  // More than two tiles of the matrix product.
  constexpr std::int64_t kCount = 1100;
  constexpr int kDimension = 5;
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(kCount * kDimension);
  std::vector<std::int64_t> label(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    double square = 0;
    for (std::size_t d = 0; d < kDimension; ++d) {
      values[i * kDimension + d] = normal(random);
      square += std::pow(values[i * kDimension + d], 2);
    }
    for (std::size_t d = 0; d < kDimension; ++d) {
      values[i * kDimension + d] /= static_cast<float>(std::sqrt(square));
    }
    label[i] = static_cast<std::int64_t>(random() % 7);
  }
  // Cumulative counts by plain loops; a pair within rounding of a bin's edge may be on either side.
  const DistanceCounts one = count_distances({values, kCount, kDimension}, label, 1);
  const DistanceCounts two = count_distances({values, kCount, kDimension}, label, 2);
  EXPECT_EQ(one.same, two.same);
  EXPECT_EQ(one.different, two.different);
  for (const double limit : {0.1, 0.5, 1.0, 2.0, 3.5, 4.0}) {
    std::int64_t same = 0, different = 0, near = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        double distance = 0;
        for (std::size_t d = 0; d < kDimension; ++d) {
          distance += std::pow(values[i * kDimension + d] - values[j * kDimension + d], 2);
        }
        if (std::abs(distance - limit) < 1e-5) ++near;
        if (distance < limit || limit == 4.0) ++(label[i] == label[j] ? same : different);
      }
    }
    const auto bins = static_cast<std::ptrdiff_t>(limit / DistanceCounts::kBinWidth);
    EXPECT_NEAR(static_cast<double>(
                    std::accumulate(one.same.begin(), one.same.begin() + bins, std::int64_t{0})),
                static_cast<double>(same), static_cast<double>(near));
    EXPECT_NEAR(static_cast<double>(std::accumulate(one.different.begin(),
                                                    one.different.begin() + bins, std::int64_t{0})),
                static_cast<double>(different), static_cast<double>(near));
  }
}

TEST(DistanceCounts, WantsALabelForEachPoint) {
  const std::vector<float> values = {1, 0};
  EXPECT_THROW(count_distances({values, 1, 2}, {}, 1), std::invalid_argument);
}

}  // namespace
}  // namespace facenet
