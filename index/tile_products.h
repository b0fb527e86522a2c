#pragma once

#include <cstdint>
#include <vector>

#include "index/bfloat16.h"
#include "index/matrix_product.h"

namespace facenet {

/// How TileProducts multiply: kBfloat16 where has_bfloat16_tiles(), else kFloat. kRoundedFloat does
/// what kBfloat16 does with floats, on any processor: for tests.
enum class ProductKind { kFloat, kBfloat16, kRoundedFloat };
ProductKind product_kind();
/// For tests and benchmarks, before any product is made.
void choose_product_kind(ProductKind kind);

/// Columns of products with several tiles of rows, rounded once for all of them. For one thread.
/// Internal to index/.
class TileColumns {
 public:
  /// The columns stay where they are until other ones are set.
  void set(const float* columns, std::int64_t count, int dimension);

  const float* values() const { return values_; }
  std::int64_t count() const { return count_; }
  const std::vector<Bfloat16>& rounded();

 private:
  const float* values_ = nullptr;
  std::int64_t count_ = 0;
  int dimension_ = 0;
  std::vector<Bfloat16> rounded_;  ///< empty: not wanted yet
};

/// The inner products of a tile, to find the few that are large. In Bfloat16 they are computed some
/// ten times as fast, but not as exactly, so each that may be large enough is computed again in
/// float: what is found is the same up to the rounding of floats. For one thread. Internal to
/// index/.
class TileProducts {
 public:
  /// No row or column has a larger squared norm.
  TileProducts(int dimension, double largest_squared_norm);

  /// Rows for the products that follow; they stay where they are until then.
  void set_rows(const float* rows, std::int64_t count);
  /// The same where the columns are rounded already.
  void set_rounded_rows(const float* rows, std::int64_t count);
  /// The rows' products with these columns, which stay where they are while they are looked at.
  void multiply(const float* columns, std::int64_t count);
  void multiply(TileColumns& columns);
  /// After set_rounded_rows().
  void multiply_rounded(const Bfloat16* columns, std::int64_t count);

  /// Calls found(j, product) for each column j with product - offsets[j] >= cut, ascending.
  template <class Found>
  void look(std::int64_t row, const float* offsets, float cut, const Found& found) const {
    look(
        row, offsets, cut, [this](std::int64_t j) { return columns_ + j * dimension_; }, found);
  }
  /// The same where only rounded columns are kept: column(j) points to the floats of one.
  template <class Column, class Found>
  void look(std::int64_t row, const float* offsets, float cut, Column&& column,
            const Found& found) const {
    const float* products = products_.data() + row * column_count_;
    if (!is_rounded_) {
      look_at(
          products, column_count_, [&](std::int64_t j) { found(j, products[j]); },
          ProductCut{offsets, cut});
      return;
    }
    look_at(
        products, column_count_,
        [&](std::int64_t j) {
          const float product = exact_product(row, column(j));
          if (product - offsets[j] >= cut) found(j, product);
        },
        ProductCut{offsets, cut - slack_});
  }
  /// Calls found(j, product) for each column j that one of the two cuts takes, or nearly so.
  template <class Found>
  void look(std::int64_t row, ProductCut a, ProductCut b, const Found& found) const {
    const float* products = products_.data() + row * column_count_;
    if (!is_rounded_) {
      look_at(
          products, column_count_, [&](std::int64_t j) { found(j, products[j]); }, a, b);
      return;
    }
    a.least -= slack_;
    b.least -= slack_;
    look_at(
        products, column_count_,
        [&](std::int64_t j) { found(j, exact_product(row, columns_ + j * dimension_)); }, a, b);
  }

 private:
  float exact_product(std::int64_t row, const float* column) const;
  void round_rows();

  int dimension_;
  float slack_;  ///< a rounded product is no farther than this from the one in float
  bool is_rounded_ = false;
  const float* rows_ = nullptr;
  const float* columns_ = nullptr;
  std::int64_t row_count_ = 0, column_count_ = 0;
  std::vector<Bfloat16> rounded_rows_;
  TileColumns own_columns_;
  std::vector<float> products_;
};

}  // namespace facenet
