#include "index/linkage/constraints.h"

#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "index/linkage/agglomerate.h"

namespace facenet {
namespace {

using testing::ElementsAre;

TEST(Separations, HoldWhateverJoins) {
  const std::vector<float> values{0, 1, 2, 3, 4};
  const std::vector<Separation> apart{{{0}, {4}}};
  // (0, 1) at 1, (2, 3) at 1, then 4 to (2, 3) at 2.5; those two would join at 6.5.
  EXPECT_THAT(agglomerate({values, 5, 1}, {.apart = apart}, {.threshold = 100}).cluster,
              ElementsAre(0, 0, 1, 1, 1));
}

TEST(Separations, GiveWayToABlockThatThenJoinsNeitherSide) {
  const std::vector<float> values{0, 0, 0, 0, 0};
  const std::vector<std::int64_t> block{1, 1, -1, -1, -1};
  const std::vector<Separation> apart{{{0, 2}, {1, 3}}};
  EXPECT_THAT(agglomerate({values, 5, 1}, {.block = block, .apart = apart}, {}).cluster,
              ElementsAre(0, 0, 1, 2, 0));
}

TEST(Separations, OfThousandsOnBothSides) {
  constexpr std::int64_t kSide = 3000;
  std::vector<float> values;
  Separation separation;
  for (std::int64_t i = 0; i < 2 * kSide; ++i) {
    values.push_back(static_cast<float>(i % 100) / 1000);
    (i % 2 == 0 ? separation.left : separation.right).push_back(i);
  }
  const std::vector<Separation> apart{separation};
  const auto result = agglomerate({values, 2 * kSide, 1}, {.apart = apart}, {.threshold = 1});
  ASSERT_EQ(result.clusters, 2);
  for (std::int64_t i = 0; i < 2 * kSide; ++i) {
    ASSERT_EQ(result.cluster[static_cast<std::size_t>(i)], i % 2);
  }
}

TEST(Separations, RefuseAPointThatDoesNotExist) {
  const std::vector<float> values{0, 1};
  const std::vector<Separation> apart{{{0}, {2}}};
  EXPECT_THROW(agglomerate({values, 2, 1}, {.apart = apart}, {}), std::invalid_argument);
}

}  // namespace
}  // namespace facenet
