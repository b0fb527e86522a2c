#pragma once

#include <cstdint>
#include <limits>

namespace facenet {

/// Rows of one matrix product: enough to keep it busy, few enough that the tile of products stays
/// in cache.
constexpr std::int64_t kTile = 512;

/// products[i * b_rows + j] = <row i of a, row j of b>, by the BLAS that FAISS links, on the
/// calling thread alone when parallel_for() made it. 15 to 45 % faster than FAISS's flat search at
/// dimensions of 512 to 128, the look at each product included. Internal to index/.
void inner_products(const float* a, std::int64_t a_rows, const float* b, std::int64_t b_rows,
                    int dimension, float* products);

/// Calls found(j) for each j with products[j] - half_norms[j] >= cut, ascending. What is rare costs
/// next to nothing: half the squared distance of two points is h_i + h_j - <i, j>.
template <class Found>
void look_at(const float* products, const float* half_norms, std::int64_t count, float cut,
             const Found& found) {
  constexpr std::int64_t kStep = 32;
  const auto visit = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t j = begin; j < end; ++j) {
      if (products[j] - half_norms[j] >= cut) found(j);
    }
  };
  std::int64_t begin = 0;
  for (; begin + kStep <= count; begin += kStep) {
    float largest = std::numeric_limits<float>::lowest();
    for (std::int64_t j = begin; j < begin + kStep; ++j) {
      const float value = products[j] - half_norms[j];
      largest = largest > value ? largest : value;
    }
    if (largest >= cut) visit(begin, begin + kStep);
  }
  visit(begin, count);
}

/// A cut through products, each less its offset.
struct ProductCut {
  const float* offsets;
  float least;

  bool takes(float product, std::int64_t j) const { return product - offsets[j] >= least; }
};

/// look_at() for two cuts at once: calls found(j) for each j that one of them takes.
template <class Found>
void look_at(const float* products, std::int64_t count, const ProductCut& a, const ProductCut& b,
             const Found& found) {
  constexpr std::int64_t kStep = 32;
  const auto visit = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t j = begin; j < end; ++j) {
      if (a.takes(products[j], j) || b.takes(products[j], j)) found(j);
    }
  };
  std::int64_t begin = 0;
  for (; begin + kStep <= count; begin += kStep) {
    float largest_a = std::numeric_limits<float>::lowest(), largest_b = largest_a;
    for (std::int64_t j = begin; j < begin + kStep; ++j) {
      const float of_a = products[j] - a.offsets[j], of_b = products[j] - b.offsets[j];
      largest_a = largest_a > of_a ? largest_a : of_a;
      largest_b = largest_b > of_b ? largest_b : of_b;
    }
    if (largest_a >= a.least || largest_b >= b.least) visit(begin, begin + kStep);
  }
  visit(begin, count);
}

/// How far |x|^2 + |y|^2 - 2<x, y>, computed in float32 by any order of summation, may be from the
/// truth. Each of three sums of d products lies within d + 2 roundings of the exact sum of
/// magnitudes (Higham's gamma), and those magnitudes add up to at most 4 max|x|^2; the further
/// roundings are those of means and of the comparison. The last term covers products that
/// underflow.
inline double rounding_margin(double largest_squared_norm, int dimension) {
  const double roundings = dimension + 12.0;
  return 4 * largest_squared_norm * roundings *
             static_cast<double>(std::numeric_limits<float>::epsilon()) +
         4 * roundings * static_cast<double>(std::numeric_limits<float>::min());
}

}  // namespace facenet
