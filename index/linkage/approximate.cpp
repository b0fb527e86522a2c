#include "index/linkage/approximate.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <utility>

#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>

#include "base/distance.h"
#include "index/matrix_product.h"
#include "index/parallel.h"
#include "index/points.h"
#include "index/tile_products.h"

namespace facenet {
namespace {

using Id = std::int32_t;

constexpr std::int64_t kNeighbours = 48;  ///< of a point, found by its own search
constexpr std::int64_t kCells = 48;       ///< that a search looks through
/// Points of a cell, in the mean, where there are many. The centroid of many people is near to none
/// of them, and their other faces come to lie in other cells.
constexpr std::int64_t kCellSize = 64;

std::vector<float> half_norms_of(const Points& points) {
  std::vector<float> result(index(points.count));
  for (std::int64_t i = 0; i < points.count; ++i) {
    result[index(i)] = static_cast<float>(squared_norm(points.row(i)) / 2);
  }
  return result;
}

/// The largest squared norm, or a little more: float32 has rounded the half.
double largest_of(const std::vector<float>& half_norms) {
  if (half_norms.empty()) return 0;
  return 2.000001 * static_cast<double>(std::ranges::max(half_norms));
}

float half_of(double radius) {
  return static_cast<float>(
      std::min(radius / 2, static_cast<double>(std::numeric_limits<float>::max())));
}

/// k-means on one thread: with more, FAISS's result depends on their number.
std::vector<float> centroids_of(const Points& points) {
  const auto few = static_cast<std::int64_t>(2 * std::sqrt(static_cast<double>(points.count)));
  const std::int64_t cells = std::max<std::int64_t>({1, few, points.count / kCellSize});
  std::vector<float> centroids;
  parallel_for(1, 1, [&](std::int64_t) {
    faiss::ClusteringParameters parameters;
    parameters.niter = 4;
    parameters.seed = 1;
    parameters.min_points_per_centroid = 1;
    parameters.max_points_per_centroid = 12;
    faiss::Clustering clustering(points.dimension, static_cast<int>(cells), parameters);
    faiss::IndexFlatL2 nearest(points.dimension);
    clustering.train(points.count, points.values.data(), nearest);
    centroids = std::move(clustering.centroids);
  });
  return centroids;
}

/// Rows of points, with half their squared norms.
struct Rows {
  std::vector<float> values;
  std::vector<float> half_norms;

  Rows(const Points& points, const std::vector<float>& all_half_norms, std::span<const Id> ids) {
    for (const Id id : ids) {
      const auto row = points.row(id);
      values.insert(values.end(), row.begin(), row.end());
      half_norms.push_back(all_half_norms[index(id)]);
    }
  }
};

/// The nearest few so far of each query of a tile.
class NearestFew {
 public:
  NearestFew(const Points& points, std::span<const Id> queries,
             const std::vector<float>& half_norms, double largest_norm, std::int64_t most,
             float half_reach)
      : queries_(queries),
        rows_(points, half_norms, queries),
        dimension_(points.dimension),
        products_(points.dimension, largest_norm),
        most_(most),
        heaps_(queries.size()),
        half_reach_(queries.size(), half_reach) {}

  /// Looks at columns that lie one behind the other; `name(query, j)` is what to call the j-th, or
  /// negative to pass over it.
  template <class Name>
  void look_at_all(const float* columns, const float* half_norms, std::int64_t count,
                   const Name& name) {
    products_.set_rows(rows_.values.data(), std::ssize(queries_));
    for (std::int64_t begin = 0; begin < count; begin += kTile) {
      products_.multiply(columns + begin * dimension_, std::min(kTile, count - begin));
      for (std::size_t i = 0; i < queries_.size(); ++i) {
        const float half_norm = rows_.half_norms[i];
        products_.look(static_cast<std::int64_t>(i), half_norms + begin, half_norm - half_reach_[i],
                       [&](std::int64_t j, float product) {
                         const Id id = name(i, begin + j);
                         if (id >= 0) add(i, half_norm - (product - half_norms[begin + j]), id);
                       });
      }
    }
  }

  /// Of a query, nearest first.
  std::vector<Id> of(std::size_t query) const {
    auto heap = heaps_[query];
    std::ranges::sort(heap);
    std::vector<Id> names;
    for (const auto& [distance, id] : heap) names.push_back(id);
    return names;
  }

 private:
  void add(std::size_t query, float half_distance, Id id) {
    auto& heap = heaps_[query];
    const std::pair candidate(half_distance, id);
    if (std::ssize(heap) == most_) {
      if (!(candidate < heap.front())) return;
      std::ranges::pop_heap(heap);
      heap.pop_back();
    }
    heap.push_back(candidate);
    std::ranges::push_heap(heap);
    if (std::ssize(heap) == most_) half_reach_[query] = heap.front().first;
  }

  std::span<const Id> queries_;
  Rows rows_;
  int dimension_;
  TileProducts products_;
  std::int64_t most_;
  std::vector<std::vector<std::pair<float, Id>>> heaps_;  ///< the farthest on top
  std::vector<float> half_reach_;
};

/// Points by their nearest centroid, and for each centroid the nearest cells.
struct Cells {
  std::vector<std::vector<Id>> points;
  std::vector<std::vector<Id>> near;  ///< nearest first, itself among them
};

/// The nearest `most` centroids of each point, nearest first: take(point, centroids).
template <class Take>
void nearest_centroids(const Points& points, const std::vector<float>& half_norms,
                       const Points& centroids, const std::vector<float>& centroid_half_norms,
                       std::int64_t most, int threads, const Take& take) {
  const double largest = std::max(largest_of(half_norms), largest_of(centroid_half_norms));
  parallel_for_pieces(points.count, kTile, threads, [&](std::int64_t begin, std::int64_t end) {
    std::vector<Id> queries(index(end - begin));
    std::iota(queries.begin(), queries.end(), static_cast<Id>(begin));
    NearestFew nearest(points, queries, half_norms, largest, most,
                       std::numeric_limits<float>::max());
    nearest.look_at_all(centroids.values.data(), centroid_half_norms.data(), centroids.count,
                        [](std::size_t, std::int64_t j) { return static_cast<Id>(j); });
    for (std::size_t i = 0; i < queries.size(); ++i) take(queries[i], nearest.of(i));
  });
}

Cells cells_of(const Points& points, const std::vector<float>& half_norms, int threads,
               const std::vector<bool>& out) {
  const std::vector<float> values = centroids_of(points);
  const Points centroids{values, std::ssize(values) / points.dimension, points.dimension};
  const std::vector<float> centroid_half_norms = half_norms_of(centroids);
  std::vector<Id> cell(index(points.count));
  nearest_centroids(points, half_norms, centroids, centroid_half_norms, 1, threads,
                    [&](Id point, const auto& nearest) { cell[index(point)] = nearest.front(); });

  Cells cells{std::vector<std::vector<Id>>(index(centroids.count)),
              std::vector<std::vector<Id>>(index(centroids.count))};
  for (Id i = 0; i < points.count; ++i) {
    if (out.empty() || !out[index(i)]) cells.points[index(cell[index(i)])].push_back(i);
  }
  nearest_centroids(
      centroids, centroid_half_norms, centroids, centroid_half_norms, kCells, threads,
      [&](Id centroid, auto nearest) { cells.near[index(centroid)] = std::move(nearest); });
  return cells;
}

class CellSearch {
 public:
  CellSearch(const Points& points, double radius, int threads, const std::vector<bool>& out)
      : points_(points),
        half_norms_(half_norms_of(points)),
        largest_norm_(largest_of(half_norms_)),
        half_reach_(half_of(radius)),
        threads_(threads),
        cells_(cells_of(points, half_norms_, threads, out)),
        found_(index(points.count)) {}

  /// For each point the points that its search found.
  std::vector<std::vector<Id>> run() && {
    parallel_for(std::ssize(cells_.points), threads_, [this](std::int64_t cell) {
      std::span<const Id> queries = cells_.points[index(cell)];
      while (!queries.empty()) {
        const auto count = std::min(queries.size(), index(kTile));
        search(queries.first(count), cells_.near[index(cell)]);
        queries = queries.subspan(count);
      }
    });
    return std::move(found_);
  }

 private:
  void search(std::span<const Id> queries, std::span<const Id> cells) {
    NearestFew nearest(points_, queries, half_norms_, largest_norm_, kNeighbours, half_reach_);
    for (const Id cell : cells) {
      const std::vector<Id>& others = cells_.points[index(cell)];
      const Rows columns(points_, half_norms_, others);
      nearest.look_at_all(columns.values.data(), columns.half_norms.data(), std::ssize(others),
                          [&](std::size_t i, std::int64_t j) {
                            const Id id = others[index(j)];
                            return id == queries[i] ? -1 : id;
                          });
    }
    for (std::size_t i = 0; i < queries.size(); ++i) {
      auto& found = found_[index(queries[i])] = nearest.of(i);
      std::ranges::sort(found);
    }
  }

  const Points& points_;
  std::vector<float> half_norms_;
  double largest_norm_;  ///< squared
  float half_reach_;
  int threads_;
  Cells cells_;
  std::vector<std::vector<Id>> found_;
};

/// Whether `a` has found `b`.
bool has(const std::vector<std::vector<Id>>& found, std::int64_t a, std::int64_t b) {
  return std::ranges::binary_search(found[index(a)], static_cast<Id>(b));
}

/// Of a sample of points, the share of the ten nearest within the radius that are in the graph.
double recall_of(const Points& points, double radius, int threads, const std::vector<bool>& out,
                 const std::vector<std::vector<Id>>& found) {
  constexpr std::int64_t kSample = 512;
  constexpr std::int64_t kNearest = 10;
  std::vector<Id> every, sample;
  for (Id i = 0; i < points.count; ++i) {
    if (out.empty() || !out[index(i)]) every.push_back(i);
  }
  std::ranges::sample(every, std::back_inserter(sample), kSample, std::mt19937_64(2));
  const std::vector<float> half_norms = half_norms_of(points);
  const double largest = largest_of(half_norms);
  std::atomic<std::int64_t> held = 0, all = 0;
  parallel_for_pieces(std::ssize(sample), 64, threads, [&](std::int64_t begin, std::int64_t end) {
    const auto queries = std::span(sample).subspan(index(begin), index(end - begin));
    NearestFew nearest(points, queries, half_norms, largest, kNearest, half_of(radius));
    nearest.look_at_all(points.values.data(), half_norms.data(), points.count,
                        [&](std::size_t i, std::int64_t j) {
                          const bool passed = j == queries[i] || (!out.empty() && out[index(j)]);
                          return passed ? -1 : static_cast<Id>(j);
                        });
    for (std::size_t i = 0; i < queries.size(); ++i) {
      const std::vector<Id> near = nearest.of(i);
      all += std::ssize(near);
      held += std::ranges::count_if(
          near, [&](Id id) { return has(found, queries[i], id) || has(found, id, queries[i]); });
    }
  });
  return all == 0 ? 1 : static_cast<double>(held) / static_cast<double>(all);
}

/// Each pair in both rows.
NearGraph both_ways(std::vector<std::vector<Id>> found) {
  NearGraph graph;
  graph.offsets.assign(found.size() + 1, 0);
  const auto for_each_pair = [&](const auto& take) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      for (const Id j : found[i]) {
        const auto a = static_cast<Id>(i);
        if (a < j || !has(found, j, a)) take(a, j);  // once, also when both have found each other
      }
    }
  };
  for_each_pair([&](Id a, Id b) {
    ++graph.offsets[index(a) + 1];
    ++graph.offsets[index(b) + 1];
  });
  for (std::size_t i = 1; i < graph.offsets.size(); ++i) graph.offsets[i] += graph.offsets[i - 1];
  graph.neighbours.resize(index(graph.offsets.back()));
  std::vector<std::int64_t> end(graph.offsets.begin(), graph.offsets.end() - 1);
  for_each_pair([&](Id a, Id b) {
    graph.neighbours[index(end[index(a)]++)] = b;
    graph.neighbours[index(end[index(b)]++)] = a;
  });
  return graph;
}

}  // namespace

ApproximateGraph approximate_graph(const Points& points, double radius, int threads,
                                   const std::vector<bool>& out) {
  ApproximateGraph result;
  if (points.count == 0) {
    result.graph.offsets = {0};
    return result;
  }
  auto found = CellSearch(points, radius, threads, out).run();
  result.recall = recall_of(points, radius, threads, out, found);
  result.graph = both_ways(std::move(found));
  return result;
}

}  // namespace facenet
