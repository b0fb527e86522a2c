#include "index/linkage/search/near_list.h"

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "samples.h"

namespace facenet {
namespace {

using namespace testing_index;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Distances of one cluster to all others, and a list that knows some of them.
struct Known {
  std::vector<double> distance;
  std::vector<NearCluster> list;
  double bound = kInfinity;
  std::int64_t size = 1;
};

Known draw_known(Random& random, int others, double reach) {
  Known known;
  known.size = draw(random, 1, 50);
  std::uniform_real_distribution<double> distance(0, 1.5 * reach);
  for (int i = 0; i < others; ++i) known.distance.push_back(distance(random));
  if (draw(random, 0, 3) > 0) known.bound = std::uniform_real_distribution<>(0, reach)(random);
  for (int i = 0; i < others; ++i) {
    const double truth = known.distance[static_cast<std::size_t>(i)];
    if (truth > std::min(known.bound, reach)) continue;
    const double share = draw(random, 0, 1) == 0 ? 1 : 0.9;
    known.list.push_back({i, rounded_down(share * truth)});
  }
  return known;
}

TEST(NearList, OfTwoIsTrueOfTheirAverageDistances) {
  Random random(3);
  for (int i = 0; i < 300; ++i) {
    const double reach = 1;
    const Known a = draw_known(random, 40, reach), b = draw_known(random, 40, reach);
    std::vector<NearCluster> joined;
    const double bound =
        join_lists({a.list, a.bound, a.size}, {b.list, b.bound, b.size}, reach, joined);
    EXPECT_TRUE(std::ranges::is_sorted(joined, {}, &NearCluster::id));
    for (int other = 0; other < 40; ++other) {
      const auto o = static_cast<std::size_t>(other);
      const auto of_a = static_cast<double>(a.size), of_b = static_cast<double>(b.size);
      const double truth = (of_a * a.distance[o] + of_b * b.distance[o]) / (of_a + of_b);
      const auto near = std::ranges::find(joined, other, &NearCluster::id);
      if (near == joined.end()) {
        EXPECT_GE(truth, std::min(bound, reach));
      } else {
        EXPECT_LE(static_cast<double>(near->at_least), truth);
      }
    }
  }
}

TEST(NearList, OfTwoKnowsDistancesThatBothKnow) {
  const std::vector<NearCluster> a = {{3, 0.25F}, {7, 0.5F}}, b = {{7, 1.0F}, {9, 0.125F}};
  std::vector<NearCluster> joined;
  EXPECT_NEAR(join_lists({a, 0.75, 3}, {b, kInfinity, 1}, 2, joined), (3 * 0.75 + 2) / 4, 1e-9);
  ASSERT_EQ(joined.size(), 3U);
  EXPECT_EQ(joined[0].id, 3);
  EXPECT_NEAR(joined[0].at_least, (3 * 0.25 + 2) / 4, 1e-6);  // beyond the other's reach
  EXPECT_EQ(joined[1].id, 7);
  EXPECT_NEAR(joined[1].at_least, (3 * 0.5 + 1) / 4, 1e-6);
  EXPECT_EQ(joined[2].id, 9);
  EXPECT_NEAR(joined[2].at_least, (3 * 0.75 + 0.125) / 4, 1e-6);
}

TEST(NearList, OfTwoIsCompleteWhereBothAre) {
  std::vector<NearCluster> joined;
  EXPECT_EQ(join_lists({{}, kInfinity, 2}, {{}, kInfinity, 5}, 1, joined), kInfinity);
  EXPECT_TRUE(joined.empty());
}

struct Names {
  static std::int32_t find(std::int32_t point) { return point / 10; }
  static bool may_join(std::int32_t, std::int32_t other) { return other != 4; }
};

TEST(NearList, HasEachClusterOnceTheNearestFirst) {
  std::vector<NearCluster> list = {{31, 0.5F}, {12, 0.75F}, {35, 0.25F}, {44, 0.1F}, {20, 0.3F}};
  update_names(Names(), 2, list);
  ASSERT_EQ(list.size(), 2U);  // neither itself nor what it may not join
  EXPECT_EQ(list[0].id, 3);
  EXPECT_EQ(list[0].at_least, 0.25F);
  EXPECT_EQ(list[1].id, 1);
}

}  // namespace
}  // namespace facenet
