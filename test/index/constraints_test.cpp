#include "index/constraints.h"

#include <random>
#include <set>
#include <stdexcept>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "index/agglomerate.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

auto as_tuple(const Contradiction& contradiction) {
  return std::tuple(contradiction.separation, contradiction.left, contradiction.right);
}

TEST(Contradictions, NoneWithoutABlock) {
  const std::vector<std::int64_t> photo{1, 1, 2};
  const std::vector<std::int64_t> label{1, 2, -1};
  const std::vector<Separation> apart{{{0}, {1, 2}}};
  EXPECT_THAT(contradictions({}), IsEmpty());
  EXPECT_THAT(contradictions({.photo = photo, .label = label, .apart = apart}), IsEmpty());
}

TEST(Contradictions, APhotoTwiceInABlockIsNone) {
  const std::vector<std::int64_t> same{1, 1};
  EXPECT_THAT(contradictions({.photo = same, .block = same}), IsEmpty());
}

TEST(Contradictions, NamesTheFirstPointsOfEachBlockAndSeparation) {
  const std::vector<std::int64_t> block{4, 4, 4, 8, 8, -1};
  const std::vector<Separation> apart{
      {{5}, {0, 1, 2, 3, 4}},  // fits
      {{2, 1, 3}, {0, 4, 5}},  // broken by both blocks
      {{5, 0}, {5}},           // a point apart from itself
  };
  const auto found = contradictions({.block = block, .apart = apart});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(as_tuple(found[0]), std::tuple(1, 1, 0));
  EXPECT_EQ(as_tuple(found[1]), std::tuple(1, 3, 4));
  EXPECT_EQ(as_tuple(found[2]), std::tuple(2, 5, 5));
}

TEST(Contradictions, NamesEachFurtherLabelOfABlock) {
  const std::vector<std::int64_t> block{1, 1, 1, 1, 2, 2};
  const std::vector<std::int64_t> label{-1, 7, 8, 7, 9, 9};
  const auto found = contradictions({.block = block, .label = label});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(as_tuple(found[0]), std::tuple(-1, 1, 2));
}

TEST(Contradictions, AreFoundExactlyWhereBruteForceFindsThem) {
  std::mt19937 random(5);
  const auto draw = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  for (int round = 0; round < 200; ++round) {
    const int count = draw(1, 12);
    std::vector<std::int64_t> block;
    for (int i = 0; i < count; ++i) block.push_back(draw(-1, 4));
    std::vector<Separation> apart(static_cast<std::size_t>(draw(0, 3)));
    for (auto& [left, right] : apart) {
      for (int i = draw(1, 4); i > 0; --i) left.push_back(draw(0, count - 1));
      for (int i = draw(1, 4); i > 0; --i) right.push_back(draw(0, count - 1));
    }
    // (separation, block, or a point's own number where it has none)
    std::set<std::tuple<std::int64_t, std::int64_t>> expected, actual;
    const auto unit = [&](std::int64_t point) {
      const std::int64_t of_point = block[static_cast<std::size_t>(point)];
      return of_point < 0 ? 100 + point : of_point;
    };
    for (std::int64_t s = 0; s < std::ssize(apart); ++s) {
      for (const std::int64_t left : apart[static_cast<std::size_t>(s)].left) {
        for (const std::int64_t right : apart[static_cast<std::size_t>(s)].right) {
          if (unit(left) == unit(right)) expected.emplace(s, unit(left));
        }
      }
    }
    const auto found = contradictions({.block = block, .apart = apart});
    for (const Contradiction& one : found) {
      EXPECT_EQ(unit(one.left), unit(one.right));
      actual.emplace(one.separation, unit(one.left));
    }
    ASSERT_EQ(actual, expected);
    ASSERT_EQ(actual.size(), found.size());
  }
}

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
