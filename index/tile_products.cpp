#include "index/tile_products.h"

#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <span>

#include "index/vector_sums.h"

namespace facenet {
namespace {

/// Rounding so many columns takes as long as their products with a few rows save.
constexpr std::int64_t kFewRows = 16;

std::atomic<ProductKind>& chosen_kind() {
  static std::atomic<ProductKind> kind =
      has_bfloat16_tiles() ? ProductKind::kBfloat16 : ProductKind::kFloat;
  return kind;
}

std::vector<float> to_float(std::span<const Bfloat16> rounded) {
  std::vector<float> values(rounded.size());
  for (std::size_t i = 0; i < rounded.size(); ++i)
    values[i] = std::bit_cast<float>(std::uint32_t{rounded[i]} << 16);
  return values;
}

/// With u the rounding of a factor, each product of two is within 2u + u^2 of itself, and those
/// magnitudes add up to at most the product of the norms (Cauchy and Schwarz). The rest covers the
/// roundings of both sums and of the cut, and factors so small that tiles take them for zero.
float slack_of(double largest_squared_norm, int dimension) {
  constexpr double kRounding = 2 * kBfloat16Rounding + kBfloat16Rounding * kBfloat16Rounding;
  return std::nextafter(static_cast<float>(largest_squared_norm * kRounding +
                                           rounding_margin(largest_squared_norm, dimension)),
                        std::numeric_limits<float>::infinity());
}

}  // namespace

ProductKind product_kind() {
  return chosen_kind();
}

void choose_product_kind(ProductKind kind) {
  chosen_kind() = kind;
}

void TileColumns::set(const float* columns, std::int64_t count, int dimension) {
  values_ = columns;
  count_ = count;
  dimension_ = dimension;
  rounded_.clear();
}

const std::vector<Bfloat16>& TileColumns::rounded() {
  if (rounded_.empty()) {
    rounded_.resize(static_cast<std::size_t>(count_ * dimension_));
    to_bfloat16(values_, count_ * dimension_, rounded_.data());
  }
  return rounded_;
}

TileProducts::TileProducts(int dimension, double largest_squared_norm)
    : dimension_(dimension), slack_(slack_of(largest_squared_norm, dimension)) {}

void TileProducts::set_rows(const float* rows, std::int64_t count) {
  rows_ = rows;
  row_count_ = count;
  is_rounded_ = product_kind() == ProductKind::kRoundedFloat ||
                (product_kind() == ProductKind::kBfloat16 && count > kFewRows);
  if (is_rounded_) round_rows();
}

void TileProducts::set_rounded_rows(const float* rows, std::int64_t count) {
  rows_ = rows;
  row_count_ = count;
  is_rounded_ = true;
  round_rows();
}

void TileProducts::round_rows() {
  rounded_rows_.resize(static_cast<std::size_t>(row_count_ * dimension_));
  to_bfloat16(rows_, row_count_ * dimension_, rounded_rows_.data());
}

void TileProducts::multiply(const float* columns, std::int64_t count) {
  own_columns_.set(columns, count, dimension_);
  multiply(own_columns_);
}

void TileProducts::multiply(TileColumns& columns) {
  columns_ = columns.values();
  column_count_ = columns.count();
  products_.resize(static_cast<std::size_t>(row_count_ * column_count_));
  if (is_rounded_) {
    multiply_rounded(columns.rounded().data(), column_count_);
  } else {
    inner_products(rows_, row_count_, columns_, column_count_, dimension_, products_.data());
  }
}

void TileProducts::multiply_rounded(const Bfloat16* columns, std::int64_t count) {
  column_count_ = count;
  products_.resize(static_cast<std::size_t>(row_count_ * count));
  if (product_kind() == ProductKind::kBfloat16) {
    bfloat16_products(rounded_rows_.data(), row_count_, columns, count, dimension_,
                      products_.data());
  } else {
    inner_products(to_float(rounded_rows_).data(), row_count_,
                   to_float({columns, static_cast<std::size_t>(count * dimension_)}).data(), count,
                   dimension_, products_.data());
  }
}

float TileProducts::exact_product(std::int64_t row, const float* column) const {
  const auto dimension = static_cast<std::size_t>(dimension_);
  return inner_product({rows_ + row * dimension_, dimension}, {column, dimension});
}

}  // namespace facenet
