#include "index/neighbours.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <mutex>
#include <omp.h>
#include <stdexcept>
#include <thread>

#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/utils/distances.h>

#include "base/error.h"
#include "index/distance.h"

namespace facenet {
namespace {

/// Queries of one block: enough to keep a matrix product busy, few enough that a block's candidates
/// and FAISS's tile of distances stay small whatever n is.
constexpr std::int64_t kBlock = 512;

/// Above this a squared distance could overflow float32.
constexpr double kLargestNorm = std::numeric_limits<float>::max() / 8;

void check_shape(const Points& points) {
  if (points.count < 0 || (points.count > 0 && points.dimension < 1) ||
      points.values.size() !=
          static_cast<std::size_t>(points.count) * static_cast<std::size_t>(points.dimension)) {
    throw std::invalid_argument("Points: the values are not count x dimension");
  }
}

double squared_norm(std::span<const float> row) {
  double sum = 0;
  for (const float value : row) sum += static_cast<double>(value) * static_cast<double>(value);
  return sum;
}

double largest_squared_norm(const Points& points) {
  double largest = 0;
  for (std::int64_t i = 0; i < points.count; ++i) {
    const double norm = squared_norm(points.row(i));
    if (!std::isfinite(norm)) {
      fail("vector {} holds a value that is not a finite number; make the embeddings again", i);
    }
    if (norm > kLargestNorm) {
      fail("vector {} is too long for single precision; scale the vectors down", i);
    }
    largest = std::max(largest, norm);
  }
  return largest;
}

/// A float32 radius that no pair within the double `radius` can miss. FAISS computes
/// |x|^2 + |y|^2 - 2<x, y> from three sums of d products, each within d + 2 roundings of the exact
/// sum of magnitudes (Higham's gamma), and those magnitudes add up to at most 4 max|x|^2. The last
/// term covers products that underflow.
float candidate_radius(double radius, double largest_norm, int dimension) {
  const double roundings = dimension + 4.0;
  const double margin = 4 * largest_norm * roundings * std::numeric_limits<float>::epsilon() +
                        4 * roundings * static_cast<double>(std::numeric_limits<float>::min());
  const double widened = radius + margin;
  constexpr float kMax = std::numeric_limits<float>::max();
  if (widened >= static_cast<double>(kMax)) return kMax;
  return std::nextafter(static_cast<float>(widened), kMax);
}

/// The pairs whose first point lies in [begin, end), sorted.
std::vector<Pair> pairs_of_block(const Points& points, std::int64_t begin, std::int64_t end,
                                 double radius, float candidate_radius) {
  // Points before `begin` met these queries as part of their own blocks.
  const float* rows = points.row(begin).data();
  faiss::RangeSearchResult found(end - begin);
  faiss::range_search_L2sqr(
      rows, rows, static_cast<std::size_t>(points.dimension), static_cast<std::size_t>(end - begin),
      static_cast<std::size_t>(points.count - begin), candidate_radius, &found);

  std::vector<Pair> pairs;
  for (std::int64_t first = begin; first < end; ++first) {
    const auto query = static_cast<std::size_t>(first - begin);
    faiss::Index::idx_t* const labels = found.labels + found.lims[query];
    faiss::Index::idx_t* const labels_end = found.labels + found.lims[query + 1];
    std::sort(labels, labels_end);
    for (const auto* label = labels; label != labels_end; ++label) {
      const std::int64_t second = begin + *label;
      if (second <= first) continue;
      const double distance = scaled_squared_distance(points.row(first), 1, points.row(second), 1);
      if (distance <= radius) pairs.push_back({first, second, distance});
    }
  }
  return pairs;
}

/// Calls work(0) ... work(count - 1) on up to `threads` threads and rethrows the first exception.
/// Each worker keeps OpenMP to itself: many blocks at once scale with any BLAS, one block's matrix
/// product only with a threaded one.
template <class Work>
void for_each_block(std::int64_t count, int threads, const Work& work) {
  std::atomic<std::int64_t> next = 0;
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto worker = [&] {
    omp_set_num_threads(1);  // of this thread's own parallel regions
    try {
      for (std::int64_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(error_mutex);
      if (!error) error = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads && i < count; ++i) workers.emplace_back(worker);
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace

std::vector<Pair> pairs_within(const Points& points, double radius, int threads) {
  check_shape(points);
  if (std::isnan(radius)) throw std::invalid_argument("pairs_within: the radius is not a number");
  if (threads < 1) throw std::invalid_argument("pairs_within: threads must be 1 or more");
  const double largest_norm = largest_squared_norm(points);
  if (points.count < 2 || radius < 0) return {};
  const float candidates = candidate_radius(radius, largest_norm, points.dimension);

  const std::int64_t blocks = (points.count + kBlock - 1) / kBlock;
  std::vector<std::vector<Pair>> by_block(static_cast<std::size_t>(blocks));
  for_each_block(blocks, threads, [&](std::int64_t block) {
    const std::int64_t begin = block * kBlock;
    by_block[static_cast<std::size_t>(block)] =
        pairs_of_block(points, begin, std::min(begin + kBlock, points.count), radius, candidates);
  });

  std::size_t total = 0;
  for (const auto& pairs : by_block) total += pairs.size();
  std::vector<Pair> all;
  all.reserve(total);
  for (auto& pairs : by_block) {
    all.insert(all.end(), pairs.begin(), pairs.end());
    std::vector<Pair>().swap(pairs);
  }
  return all;
}

}  // namespace facenet
