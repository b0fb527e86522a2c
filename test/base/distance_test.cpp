#include "base/distance.h"

#include <random>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace facenet {
namespace {

std::vector<float> random_vector(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(-1, 1);
  std::vector<float> vector(size);
  for (float& one : vector) one = value(random);
  return vector;
}

TEST(SquaredDistance, IsThatOfThePaper) {
  const std::vector<float> a = {1, 0};
  const std::vector<float> b = {0, 1};
  const std::vector<float> c = {-1, 0};
  EXPECT_DOUBLE_EQ(squared_distance(a, a), 0);
  EXPECT_DOUBLE_EQ(squared_distance(a, b), 2);
  EXPECT_DOUBLE_EQ(squared_distance(a, c), 4);
  EXPECT_THROW(squared_distance(a, std::vector<float>{1}), std::logic_error);
}

TEST(SquaredDistance, TakesEveryLengthAndEitherOrder) {
  for (std::size_t size = 0; size <= 35; ++size) {  // the partial sums are eight
    const std::vector<float> a = random_vector(size, 1), b = random_vector(size, 2);
    double sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
      sum += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
    }
    EXPECT_NEAR(squared_distance(a, b), sum, 1e-13) << size;
    EXPECT_EQ(squared_distance(a, b), squared_distance(b, a)) << size;
    EXPECT_EQ(squared_norm(a), squared_distance(a, std::vector<float>(size))) << size;
  }
}

TEST(SquaredDistance, OfScaledVectorsIsThatOfTheirProducts) {
  const std::vector<float> a = random_vector(21, 1), b = random_vector(21, 2);
  const std::vector<double> a_double(a.begin(), a.end()), b_double(b.begin(), b.end());
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += (3 * a_double[i] - 2 * b_double[i]) * (3 * a_double[i] - 2 * b_double[i]);
  }
  const double scaled = scaled_squared_distance(a, 3, b_double, 2);
  EXPECT_NEAR(scaled, sum, 1e-12);
  EXPECT_EQ(scaled, scaled_squared_distance(b_double, 2, a, 3));
  EXPECT_EQ(scaled, scaled_squared_distance(a_double, 3, b_double, 2));
  EXPECT_EQ(squared_distance(a, b), scaled_squared_distance(a, 1, b_double, 1));
}

}  // namespace
}  // namespace facenet
