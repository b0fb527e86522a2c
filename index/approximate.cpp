#include "index/approximate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <thread>
#include <utility>

#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>

#include "index/distance.h"
#include "index/matrix_product.h"
#include "index/parallel.h"

namespace facenet {
namespace {

using Id = std::int32_t;

constexpr std::int64_t kNeighbours = 48;  ///< of a point, found by its own search
constexpr std::int64_t kCells = 24;       ///< that a search looks through

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

std::vector<float> half_norms_of(const Points& points) {
  std::vector<float> result(index(points.count));
  for (std::int64_t i = 0; i < points.count; ++i) {
    result[index(i)] = static_cast<float>(squared_norm(points.row(i)) / 2);
  }
  return result;
}

/// k-means on one thread: with more, FAISS's result depends on their number.
std::vector<float> centroids_of(const Points& points) {
  const auto cells = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(2 * std::sqrt(static_cast<double>(points.count))));
  std::vector<float> centroids;
  parallel_for(1, 1, [&](std::int64_t) {
    faiss::ClusteringParameters parameters;
    parameters.niter = 5;
    parameters.seed = 1;
    parameters.min_points_per_centroid = 1;
    parameters.max_points_per_centroid = 40;
    faiss::Clustering clustering(points.dimension, static_cast<int>(cells), parameters);
    faiss::IndexFlatL2 nearest(points.dimension);
    clustering.train(points.count, points.values.data(), nearest);
    centroids = std::move(clustering.centroids);
  });
  return centroids;
}

/// The columns of largest <row, column> - half_norm(column): the nearest. Calls
/// take(row, columns, nearest first) for rows of [begin, end).
template <class Take>
void nearest_of(const Points& rows, std::int64_t begin, std::int64_t end, const Points& columns,
                const std::vector<float>& half_norms, std::int64_t most, const Take& take) {
  std::vector<float> products(index((end - begin) * columns.count));
  inner_products(rows.row(begin).data(), end - begin, columns.values.data(), columns.count,
                 rows.dimension, products.data());
  std::vector<std::pair<float, Id>> order(index(columns.count));
  most = std::min(most, columns.count);
  for (std::int64_t i = begin; i < end; ++i) {
    const float* row = products.data() + (i - begin) * columns.count;
    for (Id j = 0; j < columns.count; ++j) {
      order[index(j)] = {half_norms[index(j)] - row[j], j};
    }
    std::ranges::partial_sort(order, order.begin() + most);
    take(i, std::span(order).first(index(most)));
  }
}

/// Points by their nearest centroid, and for each centroid the nearest cells.
struct Cells {
  std::vector<std::vector<Id>> points;
  std::vector<std::vector<Id>> near;  ///< nearest first, itself among them
};

Cells cells_of(const Points& points, int threads, const std::vector<bool>& out) {
  const std::vector<float> values = centroids_of(points);
  const Points centroids{values, std::ssize(values) / points.dimension, points.dimension};
  const std::vector<float> half_norms = half_norms_of(centroids);
  std::vector<Id> cell(index(points.count));
  parallel_for_pieces(points.count, kTile, threads, [&](std::int64_t begin, std::int64_t end) {
    nearest_of(points, begin, end, centroids, half_norms, 1,
               [&](std::int64_t i, auto nearest) { cell[index(i)] = nearest[0].second; });
  });

  Cells cells{std::vector<std::vector<Id>>(index(centroids.count)),
              std::vector<std::vector<Id>>(index(centroids.count))};
  for (Id i = 0; i < points.count; ++i) {
    if (out.empty() || !out[index(i)]) cells.points[index(cell[index(i)])].push_back(i);
  }
  parallel_for_pieces(centroids.count, kTile, threads, [&](std::int64_t begin, std::int64_t end) {
    nearest_of(centroids, begin, end, centroids, half_norms, kCells,
               [&](std::int64_t i, auto nearest) {
                 for (const auto& [distance, j] : nearest) cells.near[index(i)].push_back(j);
               });
  });
  return cells;
}

/// Rows of some points, one behind the other.
struct Rows {
  std::vector<float> values;
  std::vector<float> half_norms;

  void fetch(const Points& points, const std::vector<float>& all_half_norms,
             std::span<const Id> ids) {
    values.clear();
    half_norms.clear();
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
  NearestFew(std::size_t queries, float half_reach)
      : heaps_(queries), half_reach_(queries, half_reach) {}

  float half_reach(std::size_t query) const { return half_reach_[query]; }

  void add(std::size_t query, float half_distance, Id id) {
    auto& heap = heaps_[query];
    const std::pair candidate(half_distance, id);
    if (std::ssize(heap) == kNeighbours) {
      if (!(candidate < heap.front())) return;
      std::ranges::pop_heap(heap);
      heap.pop_back();
    }
    heap.push_back(candidate);
    std::ranges::push_heap(heap);
    if (std::ssize(heap) == kNeighbours) half_reach_[query] = heap.front().first;
  }

  const std::vector<std::pair<float, Id>>& of(std::size_t query) const { return heaps_[query]; }

 private:
  std::vector<std::vector<std::pair<float, Id>>> heaps_;  ///< the farthest on top
  std::vector<float> half_reach_;
};

class CellSearch {
 public:
  CellSearch(const Points& points, double radius, int threads, const std::vector<bool>& out)
      : points_(points),
        half_norms_(half_norms_of(points)),
        half_reach_(static_cast<float>(
            std::min(radius / 2, static_cast<double>(std::numeric_limits<float>::max())))),
        threads_(threads),
        cells_(cells_of(points, threads, out)),
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
    Rows rows, columns;
    rows.fetch(points_, half_norms_, queries);
    NearestFew nearest(queries.size(), half_reach_);
    std::vector<float> products(queries.size() * index(kTile));
    for (const Id cell : cells) {
      std::span<const Id> others = cells_.points[index(cell)];
      while (!others.empty()) {
        const auto tile = others.first(std::min(others.size(), index(kTile)));
        columns.fetch(points_, half_norms_, tile);
        inner_products(rows.values.data(), std::ssize(queries), columns.values.data(),
                       std::ssize(tile), points_.dimension, products.data());
        for (std::size_t i = 0; i < queries.size(); ++i) {
          const float* row = products.data() + i * tile.size();
          const float half_norm = rows.half_norms[i];
          look_at(row, columns.half_norms.data(), std::ssize(tile),
                  half_norm - nearest.half_reach(i), [&](std::int64_t j) {
                    const Id id = tile[index(j)];
                    if (id == queries[i]) return;
                    nearest.add(i, half_norm - (row[j] - columns.half_norms[index(j)]), id);
                  });
        }
        others = others.subspan(tile.size());
      }
    }
    for (std::size_t i = 0; i < queries.size(); ++i) {
      for (const auto& [distance, id] : nearest.of(i)) found_[index(queries[i])].push_back(id);
      std::ranges::sort(found_[index(queries[i])]);
    }
  }

  const Points& points_;
  std::vector<float> half_norms_;
  float half_reach_;
  int threads_;
  Cells cells_;
  std::vector<std::vector<Id>> found_;
};

/// Whether `a` has found `b`.
bool has(const std::vector<std::vector<Id>>& found, std::int64_t a, std::int64_t b) {
  return std::ranges::binary_search(found[index(a)], static_cast<Id>(b));
}

double recall_of(const Points& points, double radius, int threads, const std::vector<bool>& out,
                 const std::vector<std::vector<Id>>& found) {
  constexpr std::int64_t kSample = 512;
  constexpr std::int64_t kNearest = 10;
  std::vector<std::int64_t> every, sample;
  for (std::int64_t i = 0; i < points.count; ++i) {
    if (out.empty() || !out[index(i)]) every.push_back(i);
  }
  std::ranges::sample(every, std::back_inserter(sample), kSample, std::mt19937_64(2));
  std::vector<std::pair<std::int64_t, std::int64_t>> held_of(sample.size());
  parallel_for(std::ssize(sample), threads, [&](std::int64_t s) {
    const std::int64_t query = sample[index(s)];
    std::vector<std::pair<double, std::int64_t>> near;
    for (const std::int64_t other : every) {
      const double distance = scaled_squared_distance(points.row(query), 1, points.row(other), 1);
      if (other != query && distance <= radius) near.emplace_back(distance, other);
    }
    const auto most = std::min(kNearest, std::ssize(near));
    std::ranges::partial_sort(near, near.begin() + most);
    auto& [held, all] = held_of[index(s)];
    all = most;
    held = std::count_if(near.begin(), near.begin() + most, [&](const auto& neighbour) {
      return has(found, query, neighbour.second) || has(found, neighbour.second, query);
    });
  });
  std::int64_t held = 0;
  std::int64_t all = 0;
  for (const auto& [of_one, out_of] : held_of) {
    held += of_one;
    all += out_of;
  }
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
