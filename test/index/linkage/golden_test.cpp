#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "golden_linkage.h"
#include "index/linkage/agglomerate.h"

namespace facenet {
namespace {

constexpr std::int64_t kCount = 80;
constexpr int kGoldenDimension = 12;
constexpr std::size_t kPeople = 13;

/// The generator of make_golden.py.
class Generator {
 public:
  std::uint64_t next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return state_ >> 33U;
  }

 private:
  std::uint64_t state_ = 20150612;
};

std::vector<float> golden_vectors() {
  Generator random;
  std::vector<float> centres(kPeople * kGoldenDimension);
  for (float& value : centres) value = static_cast<float>(random.next() % 30);
  std::vector<float> values;
  for (std::int64_t i = 0; i < kCount; ++i) {
    const std::size_t person = random.next() % kPeople;
    for (std::size_t k = 0; k < kGoldenDimension; ++k) {
      values.push_back(centres[person * kGoldenDimension + k] +
                       static_cast<float>(random.next() % 8192) / 1024);
    }
  }
  return values;
}

TEST(GoldenLinkage, FlatClustersAreThoseOfFastcluster) {
  const auto values = golden_vectors();
  for (const auto& [threshold, cluster] : golden::kCuts) {
    const auto result = agglomerate({values, kCount, kGoldenDimension}, {}, {threshold, 1});
    EXPECT_TRUE(
        std::equal(cluster.begin(), cluster.end(), result.cluster.begin(), result.cluster.end()))
        << "cut " << threshold;
  }
}

TEST(GoldenLinkage, HeightsAreThoseOfFastcluster) {
  const auto values = golden_vectors();
  const auto result = agglomerate({values, kCount, kGoldenDimension}, {}, {1e6, 1});
  ASSERT_EQ(result.merges.size(), golden::kHeights.size());
  for (std::size_t i = 0; i < golden::kHeights.size(); ++i) {
    EXPECT_NEAR(result.merges[i].height, golden::kHeights[i], 1e-9 * golden::kHeights[i]);
  }
}

}  // namespace
}  // namespace facenet
