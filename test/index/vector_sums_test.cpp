#include "index/vector_sums.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace facenet {
namespace {

template <class Number>
std::vector<Number> draw_vector(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<Number> value(-1, 1);
  std::vector<Number> vector(size);
  for (Number& one : vector) one = value(random);
  return vector;
}

TEST(VectorSums, AreThoseOfEachNumberAtEveryLength) {
  for (std::size_t size = 0; size <= 70; ++size) {
    const auto a = draw_vector<float>(size, 1);
    const auto b = draw_vector<double>(size, 2);
    std::vector<double> sum = b;
    add_to_sum(sum, a);
    add_to_sum(sum, b);
    std::vector<float> shares(size);
    write_share(sum, 1.0 / 3, shares);
    for (std::size_t i = 0; i < size; ++i) {
      EXPECT_EQ(sum[i], b[i] + static_cast<double>(a[i]) + b[i]);
      EXPECT_EQ(shares[i], static_cast<float>(sum[i] * (1.0 / 3)));
    }
  }
}

TEST(VectorSums, InnerProductTakesEveryLengthAndEitherOrder) {
  for (std::size_t size = 0; size <= 70; ++size) {  // the partial sums are 32
    const auto a = draw_vector<float>(size, 1), b = draw_vector<float>(size, 2);
    double expected = 0;
    for (std::size_t i = 0; i < size; ++i) expected += static_cast<double>(a[i]) * b[i];
    EXPECT_NEAR(inner_product(a, b), expected, 1e-5) << size;
    EXPECT_EQ(inner_product(a, b), inner_product(b, a)) << size;
  }
}

}  // namespace
}  // namespace facenet
