#include "index/neighbours.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace facenet {

namespace {

Points points_of(const std::vector<float>& values, int dimension) {
  return {values, static_cast<std::int64_t>(values.size()) / dimension, dimension};
}

std::vector<Pair> brute_force(const Points& points, double radius) {
  std::vector<Pair> pairs;
  for (std::int64_t i = 0; i < points.count; ++i) {
    for (std::int64_t j = i + 1; j < points.count; ++j) {
      double distance = 0;
      for (std::size_t k = 0; k < static_cast<std::size_t>(points.dimension); ++k) {
        distance += std::pow(double{points.row(i)[k]} - double{points.row(j)[k]}, 2);
      }
      if (distance <= radius) pairs.push_back({i, j, distance});
    }
  }
  return pairs;
}

void expect_same(const std::vector<Pair>& actual, const std::vector<Pair>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    ASSERT_EQ(actual[i].first, expected[i].first) << "pair " << i;
    ASSERT_EQ(actual[i].second, expected[i].second) << "pair " << i;
    ASSERT_NEAR(actual[i].distance, expected[i].distance, 1e-12 * (1 + expected[i].distance));
  }
}

std::vector<float> normal_values(std::int64_t count, int dimension, unsigned seed,
                                 float offset = 0) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(count * dimension));
  for (float& value : values) value = offset + normal(random);
  return values;
}

TEST(PairsAcross, EqualsBruteForceOverSeveralBlocks) {
  for (const int dimension : {3, 13}) {
    const auto first = normal_values(700, dimension, 1);
    const auto second = normal_values(600, dimension, 2, 0.2F);
    const Points queries = points_of(first, dimension);
    const Points points = points_of(second, dimension);
    const double radius = 0.5 * dimension;
    std::vector<float> all = first;
    all.insert(all.end(), second.begin(), second.end());
    std::vector<Pair> expected;
    for (Pair pair : brute_force(points_of(all, dimension), radius))
      if (pair.first < queries.count && pair.second >= queries.count)
        expected.push_back({pair.first, pair.second - queries.count, pair.distance});
    ASSERT_GT(expected.size(), 100U);
    for (const int threads : {1, 3})
      expect_same(pairs_across(queries, points, radius, threads), expected);
  }
}

TEST(PairsAcross, WithoutQueriesOrPointsThereAreNone) {
  const auto values = normal_values(5, 3, 1);
  const Points points = points_of(values, 3);
  EXPECT_TRUE(pairs_across({}, points, 4, 1).empty());
  EXPECT_TRUE(pairs_across(points, {}, 4, 1).empty());
  const auto other = normal_values(5, 2, 1);
  EXPECT_THROW(pairs_across(points, points_of(other, 2), 4, 1), std::invalid_argument);
}

TEST(NearestOthers, EqualBruteForceOverSeveralBlocks) {
  const auto values = normal_values(1100, 8, 3);
  const Points points = points_of(values, 8);
  std::vector<std::int64_t> expected(1100, -1);
  std::vector<double> best(1100, 1e9);
  for (const Pair& pair : brute_force(points, 1e9))
    for (const auto& [from, to] :
         {std::pair(pair.first, pair.second), std::pair(pair.second, pair.first)})
      if (pair.distance < best[static_cast<std::size_t>(from)]) {
        best[static_cast<std::size_t>(from)] = pair.distance;
        expected[static_cast<std::size_t>(from)] = to;
      }
  for (const int threads : {1, 3}) EXPECT_EQ(nearest_others(points, threads), expected);
  EXPECT_EQ(nearest_others(points_of({1, 2, 3, 4, 5, 6, 7, 8}, 8), 1),
            (std::vector<std::int64_t>{-1}));
}

TEST(PairsWithin, EqualsBruteForceOverSeveralBlocks) {
  for (const int dimension : {1, 3, 8, 13}) {
    const auto values = normal_values(1300, dimension, 7);
    const Points points = points_of(values, dimension);
    const double radius = 0.5 * dimension;
    const auto expected = brute_force(points, radius);
    ASSERT_GT(expected.size(), 100U);
    for (const int threads : {1, 3}) expect_same(pairs_within(points, radius, threads), expected);
  }
}

TEST(PairsWithin, IncludesPairsExactlyAtTheRadius) {
  // Small integers: every squared distance is an integer, and thousands are exactly 9.
  std::mt19937 random(3);
  std::uniform_int_distribution<int> integer(0, 4);
  std::vector<float> values(3600);
  for (float& value : values) value = static_cast<float>(integer(random));
  const Points points = points_of(values, 6);
  const auto pairs = pairs_within(points, 9, 2);
  expect_same(pairs, brute_force(points, 9));
  EXPECT_TRUE(std::ranges::any_of(pairs, [](const Pair& pair) { return pair.distance == 9; }));
  EXPECT_GT(pairs.size(), pairs_within(points, std::nextafter(9.0, 0.0), 2).size());
}

TEST(PairsWithin, FindsDuplicatesAtRadiusZero) {
  auto values = normal_values(40, 5, 11);
  std::copy_n(values.begin() + 15, 5, values.begin() + 145);  // point 29 is point 3
  const auto pairs = pairs_within(points_of(values, 5), 0, 1);
  ASSERT_EQ(pairs.size(), 1U);
  EXPECT_EQ(pairs[0].first, 3);
  EXPECT_EQ(pairs[0].second, 29);
  EXPECT_EQ(pairs[0].distance, 0.0);
}

TEST(PairsWithin, SurvivesCancellationFarFromTheOrigin) {
  // float32 cannot hold |x|^2 of these to better than the distances themselves.
  const auto values = normal_values(300, 16, 5, 1000);
  const Points points = points_of(values, 16);
  const auto expected = brute_force(points, 20);
  ASSERT_GT(expected.size(), 100U);
  expect_same(pairs_within(points, 20, 1), expected);
}

TEST(PairsWithin, SurvivesUnderflow) {
  const std::vector<float> values{0, 1e-30F, 3e-30F, 1};
  const auto pairs = pairs_within(points_of(values, 1), 2e-60, 1);
  ASSERT_EQ(pairs.size(), 1U);
  EXPECT_EQ(pairs[0].second, 1);
}

TEST(PairsWithin, TakesAnyRadius) {
  const auto values = normal_values(30, 4, 2);
  const Points points = points_of(values, 4);
  EXPECT_TRUE(pairs_within(points, -1, 1).empty());
  EXPECT_EQ(pairs_within(points, 1e300, 1).size(), 30U * 29U / 2U);
  EXPECT_EQ(pairs_within(points, std::numeric_limits<double>::infinity(), 1).size(), 435U);
  EXPECT_THROW(pairs_within(points, std::nan(""), 1), std::invalid_argument);
}

TEST(PairsWithin, TakesNoneAndOne) {
  EXPECT_TRUE(pairs_within({}, 4, 1).empty());
  const std::vector<float> one{1, 2};
  EXPECT_TRUE(pairs_within(points_of(one, 2), 4, 2).empty());
}

TEST(PairsWithin, RefusesWhatIsNoVector) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1e19F}) {
    auto values = normal_values(10, 4, 1);
    values[21] = bad;  // in vector 5
    try {
      pairs_within(points_of(values, 4), 1, 1);
      FAIL() << "took " << bad;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("vector 5 "));
    }
  }
}

TEST(PairsWithin, RefusesAWrongShape) {
  const std::vector<float> values(10);
  EXPECT_THROW(pairs_within({values, 3, 4}, 1, 1), std::invalid_argument);
  EXPECT_THROW(pairs_within({values, 5, 2}, 1, 0), std::invalid_argument);
}

}  // namespace
}  // namespace facenet
