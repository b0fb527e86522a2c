#include "index/tile_products.h"

#include <array>
#include <bit>
#include <cmath>
#include <fstream>
#include <limits>
#include <random>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace facenet {
namespace {

float to_float(Bfloat16 rounded) {
  return std::bit_cast<float>(std::uint32_t{rounded} << 16);
}

TEST(Bfloat16, IsTheNearest) {
  std::mt19937 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const float value = std::ldexp(static_cast<float>(random()) / 4e9F - 0.5F,
                                   static_cast<int>(random() % 100) - 50);
    Bfloat16 rounded = 0;
    to_bfloat16(&value, 1, &rounded);
    const float error = std::abs(to_float(rounded) - value);
    ASSERT_LE(error, std::abs(value) * static_cast<float>(kBfloat16Rounding));
    for (const int step : {-1, 1})
      ASSERT_LE(error, std::abs(to_float(static_cast<Bfloat16>(rounded + step)) - value));
  }
  const float one_and_a_half_bits = 1 + 1.5F / 128;
  Bfloat16 rounded = 0;
  to_bfloat16(&one_and_a_half_bits, 1, &rounded);
  EXPECT_EQ(to_float(rounded), 1 + 2.0F / 128) << "ties go to the even one";
}

TEST(Bfloat16, ProductsAreThoseOfTheRoundedFactors) {
  if (!has_bfloat16_tiles()) GTEST_SKIP() << "this processor has no tiles for them";
  std::mt19937 random(2);
  std::normal_distribution<float> normal;
  for (const auto& [rows, columns, dimension] :
       {std::array{3, 5, 7}, std::array{512, 512, 512}, std::array{40, 17, 128},
        std::array{64, 17, 32}, std::array{17, 64, 32}, std::array{1, 512, 512}}) {
    const auto make = [&](int count) {
      std::vector<Bfloat16> rounded;
      for (int i = 0; i < count * dimension; ++i) {
        const float value = normal(random);
        to_bfloat16(&value, 1, &rounded.emplace_back());
      }
      return rounded;
    };
    const auto a = make(rows);
    const auto b = make(columns);
    std::vector<float> products(static_cast<std::size_t>(rows * columns));
    bfloat16_products(a.data(), rows, b.data(), columns, dimension, products.data());
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < columns; ++j) {
        double sum = 0;
        for (int k = 0; k < dimension; ++k)
          sum += double{to_float(a[static_cast<std::size_t>(i * dimension + k)])} *
                 double{to_float(b[static_cast<std::size_t>(j * dimension + k)])};
        ASSERT_NEAR(products[static_cast<std::size_t>(i * columns + j)], sum, 1e-4 * dimension);
      }
    }
  }
}

std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// oneDNN compiles code for each shape, which once took 20 GB for the cells of a million vectors.
TEST(Bfloat16, ProductsOfManyShapesTakeLittleMemory) {
  if (!has_bfloat16_tiles()) GTEST_SKIP() << "this processor has no tiles for them";
  constexpr std::int64_t kMost = 50;
  constexpr int kDimension = 8;
  const std::vector<Bfloat16> factors(static_cast<std::size_t>(kMost * kDimension));
  std::vector<float> products(static_cast<std::size_t>(kMost * kMost));
  const std::size_t before = resident_bytes();
  for (std::int64_t rows = 1; rows <= kMost; ++rows) {
    for (std::int64_t columns = 1; columns <= kMost; ++columns) {
      bfloat16_products(factors.data(), rows, factors.data(), columns, kDimension, products.data());
    }
  }
  EXPECT_LT(resident_bytes(), before + (std::size_t{20} << 20));
}

class TileProductsTest : public testing::TestWithParam<ProductKind> {
 protected:
  void SetUp() override {
    if (GetParam() == ProductKind::kBfloat16 && !has_bfloat16_tiles())
      GTEST_SKIP() << "this processor has no tiles for them";
    choose_product_kind(GetParam());
  }
  void TearDown() override { choose_product_kind(before_); }

 private:
  const ProductKind before_ = product_kind();
};

/// Rows of vectors that lie close together, so that many products are near any cut.
TEST_P(TileProductsTest, FindWhatDoubleFindsButForTheRoundingOfFloats) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  for (const float scale : {1.0F, 1e-12F, 1e12F}) {
    constexpr int kDimension = 48;
    constexpr std::int64_t kRows = 60;
    constexpr std::int64_t kColumns = 90;
    std::vector<float> values(static_cast<std::size_t>((kRows + kColumns) * kDimension));
    double largest = 0;
    for (std::size_t i = 0; i < values.size(); i += kDimension) {
      double square = 0;
      for (std::size_t k = 0; k < kDimension; ++k) {
        values[i + k] = scale * (1 + 0.05F * normal(random));
        square += double{values[i + k]} * double{values[i + k]};
      }
      largest = std::max(largest, square);
    }
    const float* columns = values.data() + kRows * kDimension;
    std::vector<float> offsets(static_cast<std::size_t>(kColumns));
    for (float& offset : offsets) offset = scale * scale * normal(random);

    TileProducts products(kDimension, largest);
    products.set_rows(values.data(), kRows);
    products.multiply(columns, kColumns);
    const double margin = rounding_margin(largest, kDimension);
    std::int64_t found = 0;
    for (std::int64_t i = 0; i < kRows; ++i) {
      const auto exact = [&](std::int64_t j) {
        double sum = 0;
        for (std::int64_t k = 0; k < kDimension; ++k)
          sum += double{values[static_cast<std::size_t>(i * kDimension + k)]} *
                 double{columns[j * kDimension + k]};
        return sum;
      };
      const auto cut = static_cast<float>(exact(0));
      std::vector<bool> is_found(static_cast<std::size_t>(kColumns));
      std::int64_t last = -1;
      products.look(i, offsets.data(), cut, [&](std::int64_t j, float product) {
        EXPECT_GT(j, last);
        last = j;
        is_found[static_cast<std::size_t>(j)] = true;
        EXPECT_NEAR(product, exact(j), margin);
      });
      for (std::int64_t j = 0; j < kColumns; ++j) {
        const double over = exact(j) - double{offsets[static_cast<std::size_t>(j)]} - double{cut};
        const bool is = is_found[static_cast<std::size_t>(j)];
        if (std::abs(over) > margin) {
          EXPECT_EQ(is, over > 0);
        }
        found += is ? 1 : 0;
      }
    }
    EXPECT_GT(found, kRows * kColumns / 10);
    EXPECT_LT(found, kRows * kColumns * 9 / 10);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, TileProductsTest,
                         testing::Values(ProductKind::kFloat, ProductKind::kBfloat16,
                                         ProductKind::kRoundedFloat));

}  // namespace
}  // namespace facenet
