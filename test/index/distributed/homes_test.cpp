#include "index/distributed/homes.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "../linkage/samples.h"

namespace facenet {
namespace {

using namespace testing_index;

std::vector<std::int32_t> numbers(int count) {
  std::vector<std::int32_t> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

TEST(Homes, GroupsThatBondsHoldTogetherStayAtOneRank) {
  Random random(4);
  for (const int ranks : {1, 2, 3, 7}) {
    // Groups of 5 in any order, each a ring of near bonds; far bonds between some of them.
    const int count = 35 * ranks;
    std::vector<std::int32_t> order = numbers(count);
    std::ranges::shuffle(order, random);
    std::vector<Bond> bonds;
    for (int i = 0; i < count; ++i) {
      const int next = i / 5 * 5 + (i + 1) % 5;
      bonds.push_back(
          {0.5F, order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(next)]});
      bonds.push_back({0.9F, order[static_cast<std::size_t>(i)],
                       order[static_cast<std::size_t>(draw(random, 0, count - 1))]});
    }
    const std::vector<std::int32_t> size(static_cast<std::size_t>(count), 1);
    const auto owner = homes_by_bonds(numbers(count), size, bonds, ranks);
    std::vector<int> load(static_cast<std::size_t>(ranks));
    for (int i = 0; i < count; ++i) {
      const auto here = static_cast<std::size_t>(order[static_cast<std::size_t>(i)]);
      const auto first = static_cast<std::size_t>(order[static_cast<std::size_t>(i / 5 * 5)]);
      EXPECT_EQ(owner[here], owner[first]);
      ++load[static_cast<std::size_t>(owner[here])];
    }
    // The largest first, each where there are fewest: Graham's bound.
    for (const int points : load) EXPECT_LE(points, 35 * 4 / 3);
  }
}

TEST(Homes, LargeClustersCountByTheirPoints) {
  const std::vector<std::int32_t> clusters = {0, 5, 6, 9};
  std::vector<std::int32_t> size(10, 1);
  size[0] = 90;
  size[5] = size[6] = size[9] = 30;
  const auto owner = homes_by_bonds(clusters, size, {}, 2);
  EXPECT_EQ(owner[5], owner[6]);
  EXPECT_EQ(owner[5], owner[9]);
  EXPECT_NE(owner[5], owner[0]);
  EXPECT_EQ(owner[1], -1);
}

TEST(Homes, KnowSlotsAfterAMove) {
  const std::vector<std::int32_t> clusters = {0, 2, 3, 17, 40};
  std::vector<std::int32_t> owner(50, -1);
  owner[0] = owner[17] = owner[40] = 1;
  owner[2] = owner[3] = 0;
  for (const int rank : {0, 1}) {
    Homes homes(Deal(50, rank, 2));
    EXPECT_EQ(homes.owner(17), 1);
    EXPECT_EQ(homes.owner(40), 0);
    homes.move_to(clusters, owner);
    EXPECT_EQ(homes.owner(40), 1);
    EXPECT_EQ(homes.is_own(3), rank == 0);
    EXPECT_EQ(homes.own_count(), rank == 0 ? 2 : 3);
    EXPECT_EQ(homes.slot(2), 0);
    EXPECT_EQ(homes.slot(3), 1);
    EXPECT_EQ(homes.slot(0), 0);
    EXPECT_EQ(homes.slot(40), 2);
  }
}

}  // namespace
}  // namespace facenet
