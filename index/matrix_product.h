#pragma once

#include <algorithm>
#include <array>
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

/// A cut through products, each less its offset.
struct ProductCut {
  const float* offsets;
  float least;

  bool takes(float product, std::int64_t j) const { return product - offsets[j] >= least; }
};

/// Products that are looked at together.
constexpr std::int64_t kProductBlock = 64;

/// Sets any[i] where a cut takes one of the products of block i, of `blocks` whole ones.
void blocks_taken(const float* products, std::int64_t blocks, const ProductCut& cut,
                  std::uint8_t* any);
/// The same of either of two cuts.
void blocks_taken(const float* products, std::int64_t blocks, const ProductCut& a,
                  const ProductCut& b, std::uint8_t* any);

/// Calls found(j) for each j that one of the cuts takes, ascending. What is rare costs next to
/// nothing: half the squared distance of two points is h_i + h_j - <i, j>.
template <class Found, class... Cuts>
void look_at(const float* products, std::int64_t count, const Found& found, const Cuts&... cuts) {
  std::array<std::uint8_t, kTile / kProductBlock> any;
  for (std::int64_t begin = 0; begin < count; begin += kTile) {
    const std::int64_t size = std::min(count - begin, kTile), blocks = size / kProductBlock;
    blocks_taken(products + begin, blocks, ProductCut{cuts.offsets + begin, cuts.least}...,
                 any.data());
    const auto visit = [&](std::int64_t j, std::int64_t end) {
      for (; j < end; ++j) {
        if ((cuts.takes(products[j], j) || ...)) found(j);
      }
    };
    for (std::int64_t i = 0; i < blocks; ++i) {
      if (any[static_cast<std::size_t>(i)] == 0) continue;
      visit(begin + i * kProductBlock, begin + (i + 1) * kProductBlock);
    }
    visit(begin + blocks * kProductBlock, begin + size);
  }
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
