#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "index/points.h"

namespace facenet {

/// A pair of points, first < second, with its squared Euclidean distance in double.
struct Pair {
  std::int64_t first, second;
  double distance;
};

/// Throws Error for a vector that is not finite or too long for single precision,
/// std::invalid_argument for values that are not count x dimension. Returns the largest squared
/// norm.
double check_points(const Points& points);
/// The same of one vector, with the number that messages call it: its squared norm.
double check_point(std::span<const float> row, std::int64_t number);

/// Gives every pair at squared distance <= `radius` to `take`, in pieces that are sorted by (first,
/// second) and come in no particular order, one at a time. Candidates come from a matrix product in
/// float32 with a margin for its rounding and are measured again in double, so the pairs are exact
/// and the same for any number of threads.
void for_pairs_within(const Points& points, double radius, int threads,
                      const std::function<void(std::vector<Pair>&&)>& take);

/// All of them, sorted by (first, second).
std::vector<Pair> pairs_within(const Points& points, double radius, int threads);

/// All pairs of a query (`first`) and a point (`second`) at squared distance <= `radius`, sorted,
/// and as exact.
std::vector<Pair> pairs_across(const Points& queries, const Points& points, double radius,
                               int threads);

/// For each point the nearest other one, as far as float32 tells; the first of equals. -1 where
/// there is no other.
std::vector<std::int64_t> nearest_others(const Points& points, int threads);

/// For each point a row of other points: row i is neighbours[offsets[i]] up to
/// neighbours[offsets[i + 1]], ascending.
struct NearGraph {
  std::vector<std::int64_t> offsets;
  std::vector<std::int32_t> neighbours;
};

/// Every pair at squared distance <= `radius`, in both rows, and some that lie beyond it by no more
/// than float32 rounds; none with a point that is left `out` (empty, or one entry a point). Takes 8
/// bytes a pair, and 4 more while it is made.
NearGraph near_graph(const Points& points, double radius, int threads,
                     const std::vector<bool>& out);

/// How many pairs near_graph() will find, from the neighbours of a random sample of the points: the
/// same for the same points.
double predicted_pairs(const Points& points, double radius, int threads);

}  // namespace facenet
