#include "index/neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <random>
#include <stdexcept>

#include "base/distance.h"
#include "base/error.h"
#include "index/matrix_product.h"
#include "index/parallel.h"
#include "index/points.h"
#include "index/tile_products.h"

namespace facenet {
namespace {

using Id = std::int32_t;

/// Above this a squared distance could overflow float32.
constexpr double kLargestNorm = std::numeric_limits<float>::max() / 8;

/// Finds pairs that may lie within a radius, tile by tile of the matrix of products.
class CandidateSearch {
 public:
  /// Queries of a search are not longer than `longest`, a squared norm.
  CandidateSearch(const Points& points, double radius, double longest = 0)
      : points_(points),
        half_norm_(index(points.count)),
        largest_norm_(std::max(check_points(points), longest)) {
    const double margin = rounding_margin(largest_norm_, points.dimension);
    half_radius_ = static_cast<float>(
        std::min((radius + margin) / 2, static_cast<double>(std::numeric_limits<float>::max())));
    for (std::int64_t i = 0; i < points.count; ++i) {
      half_norm_[index(i)] = static_cast<float>(squared_norm(points.row(i)) / 2);
    }
  }

  /// Calls found(query - begin, second) for each candidate, queries of [begin, end) and second
  /// points from `from` on; those of one query ascend.
  template <class Found>
  void search(std::int64_t begin, std::int64_t end, std::int64_t from, const Found& found) const {
    search(points_.row(begin).data(), half_norm_.data() + begin, end - begin, from, found);
  }

  template <class Found>
  void search(const float* queries, const float* half_norms, std::int64_t count, std::int64_t from,
              const Found& found) const {
    TileProducts products(points_.dimension, largest_norm_);
    products.set_rows(queries, count);
    for (std::int64_t tile = from; tile < points_.count; tile += kTile) {
      products.multiply(points_.row(tile).data(), std::min(kTile, points_.count - tile));
      for (std::int64_t i = 0; i < count; ++i)
        products.look(i, half_norm_.data() + tile, half_norms[i] - half_radius_,
                      [&](std::int64_t j, float) { found(i, tile + j); });
    }
  }

  float half_norm(std::int64_t i) const { return half_norm_[index(i)]; }

 private:
  const Points& points_;
  std::vector<float> half_norm_;
  double largest_norm_;  ///< squared
  float half_radius_ = 0;
};

/// A block of queries against all points from its own first on: points before met these queries as
/// part of their own blocks.
template <class Take>
void for_each_block(const Points& points, int threads, const Take& take) {
  parallel_for((points.count + kTile - 1) / kTile, threads, [&](std::int64_t block) {
    take(block * kTile, std::min((block + 1) * kTile, points.count));
  });
}

/// Second points of candidates, for each first point of a block.
using CandidateLists = std::vector<std::vector<Id>>;

CandidateLists candidates_of_block(const CandidateSearch& search, std::int64_t begin,
                                   std::int64_t end) {
  CandidateLists rows(index(end - begin));
  search.search(begin, end, begin, [&](std::int64_t query, std::int64_t second) {
    if (second > begin + query) rows[index(query)].push_back(static_cast<Id>(second));
  });
  return rows;
}

}  // namespace

double check_points(const Points& points) {
  if (points.count < 0 || (points.count > 0 && points.dimension < 1) ||
      points.values.size() != index(points.count) * static_cast<std::size_t>(points.dimension)) {
    throw std::invalid_argument("Points: the values are not count x dimension");
  }
  if (points.count > std::numeric_limits<Id>::max()) {
    fail("{} vectors are more than can be clustered at once; split them", points.count);
  }
  double largest = 0;
  for (std::int64_t i = 0; i < points.count; ++i) {
    largest = std::max(largest, check_point(points.row(i), i));
  }
  return largest;
}

double check_point(std::span<const float> row, std::int64_t number) {
  const double norm = squared_norm(row);
  if (!std::isfinite(norm)) {
    fail("vector {} holds a value that is not a finite number; make the embeddings again", number);
  }
  if (norm > kLargestNorm) {
    fail("vector {} is too long for single precision; scale the vectors down", number);
  }
  return norm;
}

void for_pairs_within(const Points& points, double radius, int threads,
                      const std::function<void(std::vector<Pair>&&)>& take) {
  if (std::isnan(radius)) throw std::invalid_argument("pairs_within: the radius is not a number");
  if (threads < 1) throw std::invalid_argument("pairs_within: threads must be 1 or more");
  const CandidateSearch search(points, radius);
  if (points.count < 2 || radius < 0) return;
  std::mutex mutex;
  for_each_block(points, threads, [&](std::int64_t begin, std::int64_t end) {
    std::vector<Pair> pairs;
    const CandidateLists rows = candidates_of_block(search, begin, end);
    for (std::int64_t first = begin; first < end; ++first) {
      for (const Id second : rows[index(first - begin)]) {
        const double distance = squared_distance(points.row(first), points.row(second));
        if (distance <= radius) pairs.push_back({first, second, distance});
      }
    }
    const std::lock_guard lock(mutex);
    take(std::move(pairs));
  });
}

std::vector<Pair> pairs_within(const Points& points, double radius, int threads) {
  std::vector<std::vector<Pair>> by_block;
  for_pairs_within(points, radius, threads, [&](std::vector<Pair>&& pairs) {
    if (!pairs.empty()) by_block.push_back(std::move(pairs));
  });
  std::ranges::sort(by_block, {}, [](const auto& pairs) { return pairs.front().first; });
  std::vector<Pair> all;
  all.reserve(std::transform_reduce(by_block.begin(), by_block.end(), std::size_t{0}, std::plus<>(),
                                    [](const auto& pairs) { return pairs.size(); }));
  for (auto& pairs : by_block) {
    all.insert(all.end(), pairs.begin(), pairs.end());
    std::vector<Pair>().swap(pairs);
  }
  return all;
}

std::vector<Pair> pairs_across(const Points& queries, const Points& points, double radius,
                               int threads) {
  if (std::isnan(radius)) throw std::invalid_argument("pairs_across: the radius is not a number");
  if (threads < 1) throw std::invalid_argument("pairs_across: threads must be 1 or more");
  if (queries.count > 0 && points.count > 0 && queries.dimension != points.dimension)
    throw std::invalid_argument("pairs_across: vectors of two dimensions");
  const double largest = check_points(queries);
  if (queries.count == 0 || points.count == 0 || radius < 0) return {};
  const CandidateSearch search(points, radius, largest);
  std::vector<std::vector<Pair>> by_block(index((queries.count + kTile - 1) / kTile));
  parallel_for(std::ssize(by_block), threads, [&](std::int64_t block) {
    const std::int64_t begin = block * kTile;
    const std::int64_t count = std::min(kTile, queries.count - begin);
    std::vector<float> half_norms;
    for (std::int64_t i = 0; i < count; ++i)
      half_norms.push_back(static_cast<float>(squared_norm(queries.row(begin + i)) / 2));
    std::vector<Pair>& pairs = by_block[index(block)];
    search.search(queries.row(begin).data(), half_norms.data(), count, 0,
                  [&](std::int64_t query, std::int64_t second) {
                    const double distance =
                        squared_distance(queries.row(begin + query), points.row(second));
                    if (distance <= radius) pairs.push_back({begin + query, second, distance});
                  });
  });
  std::vector<Pair> all;
  for (const auto& pairs : by_block) all.insert(all.end(), pairs.begin(), pairs.end());
  std::ranges::sort(all, {}, [](const Pair& pair) { return std::pair(pair.first, pair.second); });
  return all;
}

std::vector<std::int64_t> nearest_others(const Points& points, int threads) {
  check_points(points);
  std::vector<float> half_norms;
  for (std::int64_t i = 0; i < points.count; ++i)
    half_norms.push_back(static_cast<float>(squared_norm(points.row(i)) / 2));
  std::vector<std::int64_t> nearest(index(points.count), -1);
  for_each_block(points, threads, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> products(index(kTile * kTile));
    std::vector<float> best(index(end - begin), std::numeric_limits<float>::lowest());
    for (std::int64_t tile = 0; tile < points.count; tile += kTile) {
      const std::int64_t width = std::min(kTile, points.count - tile);
      inner_products(points.row(begin).data(), end - begin, points.row(tile).data(), width,
                     points.dimension, products.data());
      for (std::int64_t i = begin; i < end; ++i)
        for (std::int64_t j = tile; j < tile + width; ++j) {
          const float nearness =
              products[index((i - begin) * width + j - tile)] - half_norms[index(j)];
          if (i == j || !(nearness > best[index(i - begin)])) continue;
          best[index(i - begin)] = nearness;
          nearest[index(i)] = j;
        }
    }
  });
  return nearest;
}

NearGraph near_graph(const Points& points, double radius, int threads,
                     const std::vector<bool>& out) {
  const CandidateSearch search(points, radius);
  const auto is_out = [&](std::int64_t i) { return !out.empty() && out[index(i)]; };
  /// The later neighbours of a block's points, one after the other.
  std::vector<std::vector<Id>> later(index((points.count + kTile - 1) / kTile));
  std::vector<Id> later_count(index(points.count), 0);
  for_each_block(points, threads, [&](std::int64_t begin, std::int64_t end) {
    CandidateLists rows = candidates_of_block(search, begin, end);
    auto& block = later[index(begin / kTile)];
    std::size_t total = 0;
    for (std::int64_t i = begin; i < end; ++i) {
      auto& row = rows[index(i - begin)];
      if (is_out(i)) row.clear();
      std::erase_if(row, is_out);
      later_count[index(i)] = static_cast<Id>(row.size());
      total += row.size();
    }
    block.reserve(total);
    for (const auto& row : rows) block.insert(block.end(), row.begin(), row.end());
  });

  NearGraph graph;
  graph.offsets.assign(index(points.count) + 1, 0);
  for (const auto& block : later) {
    for (const Id second : block) ++graph.offsets[index(second) + 1];
  }
  for (std::int64_t i = 0; i < points.count; ++i) {
    graph.offsets[index(i) + 1] += graph.offsets[index(i)] + later_count[index(i)];
  }
  graph.neighbours.resize(index(graph.offsets.back()));
  // By ascending first points, so that the earlier neighbours of each point ascend, then its later.
  std::vector<std::int64_t> end(graph.offsets.begin(), graph.offsets.end() - 1);
  std::int64_t first = 0;
  for (auto& block : later) {
    auto second = block.cbegin();
    const std::int64_t block_end = std::min(first + kTile, points.count);
    for (; first < block_end; ++first) {
      for (Id k = 0; k < later_count[index(first)]; ++k, ++second) {
        graph.neighbours[index(end[index(first)]++)] = *second;
        graph.neighbours[index(end[index(*second)]++)] = static_cast<Id>(first);
      }
    }
    std::vector<Id>().swap(block);
  }
  return graph;
}

double predicted_pairs(const Points& points, double radius, int threads) {
  constexpr std::int64_t kSample = 1024;
  const CandidateSearch search(points, radius);
  std::vector<std::int64_t> every(index(points.count)), sample;
  std::iota(every.begin(), every.end(), std::int64_t{0});
  std::ranges::sample(every, std::back_inserter(sample), kSample, std::mt19937_64(1));
  std::vector<float> rows, half_norms;
  for (const std::int64_t i : sample) {
    rows.insert(rows.end(), points.row(i).begin(), points.row(i).end());
    half_norms.push_back(search.half_norm(i));
  }
  std::atomic<std::int64_t> found = 0;
  parallel_for_pieces(std::ssize(sample), 128, threads, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t count = 0;
    search.search(rows.data() + begin * points.dimension, half_norms.data() + begin, end - begin, 0,
                  [&](std::int64_t query, std::int64_t other) {
                    if (other != sample[index(begin + query)]) ++count;
                  });
    found += count;
  });
  if (sample.empty()) return 0;
  return static_cast<double>(found.load()) / 2 * static_cast<double>(points.count) /
         static_cast<double>(sample.size());
}

}  // namespace facenet
