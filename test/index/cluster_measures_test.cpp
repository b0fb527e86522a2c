#include "index/cluster_measures.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace facenet {
namespace {

/// Point by point, by the definitions.
Agreement brute_bcubed(const std::vector<std::int64_t>& label,
                       const std::vector<std::int32_t>& cluster) {
  Agreement result;
  for (std::size_t i = 0; i < label.size(); ++i) {
    double both = 0, of_label = 0, of_cluster = 0;
    for (std::size_t j = 0; j < label.size(); ++j) {
      both += label[i] == label[j] && cluster[i] == cluster[j];
      of_label += label[i] == label[j];
      of_cluster += cluster[i] == cluster[j];
    }
    result.precision += both / of_cluster / static_cast<double>(label.size());
    result.recall += both / of_label / static_cast<double>(label.size());
  }
  return result;
}

Agreement brute_pairwise(const std::vector<std::int64_t>& label,
                         const std::vector<std::int32_t>& cluster) {
  double both = 0, same = 0, together = 0;
  for (std::size_t i = 0; i < label.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      both += label[i] == label[j] && cluster[i] == cluster[j];
      same += label[i] == label[j];
      together += cluster[i] == cluster[j];
    }
  }
  return {together > 0 ? both / together : 1, same > 0 ? both / same : 1};
}

TEST(ClusterMeasures, AgreeWithTheDefinitions) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::int64_t> label(1 + random() % 30);
    std::vector<std::int32_t> cluster(label.size());
    for (auto& value : label) value = random() % 6;
    for (auto& value : cluster) value = static_cast<std::int32_t>(random() % 6);
    const Agreement b = bcubed(label, cluster), brute_b = brute_bcubed(label, cluster);
    EXPECT_NEAR(b.precision, brute_b.precision, 1e-12);
    EXPECT_NEAR(b.recall, brute_b.recall, 1e-12);
    const Agreement p = pairwise(label, cluster), brute_p = brute_pairwise(label, cluster);
    EXPECT_NEAR(p.precision, brute_p.precision, 1e-12);
    EXPECT_NEAR(p.recall, brute_p.recall, 1e-12);
  }
}

TEST(ClusterMeasures, ByHand) {
  // aab|b
  const std::vector<std::int64_t> label = {0, 0, 1, 1};
  const std::vector<std::int32_t> cluster = {0, 0, 0, 1};
  EXPECT_DOUBLE_EQ(bcubed(label, cluster).precision, 2.0 / 3);
  EXPECT_DOUBLE_EQ(bcubed(label, cluster).recall, 3.0 / 4);
  EXPECT_DOUBLE_EQ(pairwise(label, cluster).precision, 1.0 / 3);
  EXPECT_DOUBLE_EQ(pairwise(label, cluster).recall, 1.0 / 2);
  EXPECT_DOUBLE_EQ(pairwise(label, cluster).f(), 0.4);
  EXPECT_DOUBLE_EQ(Agreement{}.f(), 0);
}

}  // namespace
}  // namespace facenet
