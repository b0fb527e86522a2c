#include "index/linkage/merge_tree.h"

#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "index/linkage/agglomerate.h"

namespace facenet {
namespace {

using testing::ElementsAre;

constexpr double kNoHeight = std::numeric_limits<double>::infinity();

void expect_identical(const Clustering& actual, const Clustering& expected) {
  ASSERT_EQ(actual.cluster, expected.cluster);
  ASSERT_EQ(actual.clusters, expected.clusters);
  ASSERT_EQ(actual.merges.size(), expected.merges.size());
  for (std::size_t i = 0; i < actual.merges.size(); ++i) {
    ASSERT_EQ(actual.merges[i].first, expected.merges[i].first);
    ASSERT_EQ(actual.merges[i].second, expected.merges[i].second);
    ASSERT_EQ(actual.merges[i].height, expected.merges[i].height);
    ASSERT_EQ(actual.merges[i].size, expected.merges[i].size);
  }
}

TEST(Cut, EqualsAClusteringFromScratch) {
  std::mt19937 random(3);
  for (const Linkage linkage : {Linkage::kAverage, Linkage::kComplete, Linkage::kSingle}) {
    for (const bool grid : {false, true}) {
      // A grid has many joins of one height.
      std::vector<float> values;
      std::vector<std::int64_t> photo, block;
      for (int i = 0; i < 200; ++i) {
        for (int k = 0; k < 3; ++k) {
          values.push_back(grid ? static_cast<float>(random() % 5)
                                : std::normal_distribution<float>()(random));
        }
        photo.push_back(static_cast<std::int64_t>(random() % 80));
        block.push_back(static_cast<std::int64_t>(random() % 100) - 80);
      }
      const Points points{values, 200, 3};
      const Constraints constraints{photo, block};
      AgglomerateOptions options{.threshold = 50, .linkage = linkage};
      const Clustering whole = agglomerate(points, constraints, options);
      ASSERT_GT(whole.merges.size(), 50U);
      for (const double threshold :
           {0.0, 0.3, 1.0, 2.5, whole.merges[30].height, whole.merges[60].height, 50.0}) {
        options.threshold = threshold;
        expect_identical(cut(200, block, whole.merges, threshold),
                    agglomerate(points, constraints, options));
      }
    }
  }
}

TEST(Cut, OfNoPointsAndNoJoins) {
  EXPECT_TRUE(cut(0, {}, {}, 1).cluster.empty());
  const std::vector<std::int64_t> block{3, -1, 3};
  EXPECT_THAT(cut(3, block, {}, 1).cluster, ElementsAre(0, 1, 0));
}

TEST(Cut, StopsAtTheFirstJoinAboveTheThreshold) {
  // The second join needs the first, which rounding has put above it.
  const std::vector<Merge> merges{{0, 1, 1.25, 2}, {0, 2, 1, 3}};
  EXPECT_THAT(cut(3, {}, merges, 1).cluster, ElementsAre(0, 1, 2));
}

TEST(Cut, RefusesJoinsOfAnotherSet) {
  const std::vector<Merge> good{{0, 1, 1, 2}};
  EXPECT_THROW(cut(1, {}, good, 1), std::invalid_argument);
  const std::vector<Merge> twice{{0, 1, 1, 2}, {0, 1, 1, 2}};
  EXPECT_THROW(cut(3, {}, twice, 1), std::invalid_argument);
  const std::vector<Merge> reversed{{1, 0, 1, 2}};
  EXPECT_THROW(cut(3, {}, reversed, 1), std::invalid_argument);
  const std::vector<std::int64_t> block{0, 0, -1};
  EXPECT_THROW(cut(3, block, good, 1), std::invalid_argument);
}

TEST(ScipyLinkage, NumbersClustersByRowAndEndsInOne) {
  const std::vector<Merge> merges{{1, 3, 1, 2}, {1, 2, 6.5, 3}};
  EXPECT_THAT(scipy_linkage(5, merges), ElementsAre(1, 3, 1, 2,    //
                                                    2, 5, 6.5, 3,  //
                                                    0, 6, kNoHeight, 4, 4, 7, kNoHeight, 5));
  EXPECT_TRUE(scipy_linkage(0, {}).empty());
  EXPECT_TRUE(scipy_linkage(1, {}).empty());
}

}  // namespace
}  // namespace facenet
