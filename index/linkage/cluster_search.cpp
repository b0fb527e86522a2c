#include "index/linkage/cluster_search.h"

#include <algorithm>
#include <atomic>
#include <compare>
#include <iterator>
#include <limits>
#include <mutex>
#include <utility>
#include <vector>

#include "index/matrix_product.h"
#include "index/parallel.h"
#include "index/points.h"
#include "index/tile_products.h"

namespace facenet {

struct ClusterSearch::Candidate {
  float half_distance;
  Id id;

  friend auto operator<=>(const Candidate&, const Candidate&) = default;
};

/// The kMost nearest so far; what is not among them is at least as far as the farthest of them.
class ClusterSearch::Best {
 public:
  explicit Best(float half_reach) : half_reach_(half_reach) { heap_.reserve(index(kMost)); }

  /// Candidates farther than this are of no use.
  float half_reach() const { return half_reach_; }
  bool is_full() const { return std::ssize(heap_) == kMost; }
  std::span<const Candidate> candidates() const { return heap_; }

  void add(const Candidate& candidate) {
    if (is_full()) {
      if (!(candidate < heap_.front())) return;
      std::ranges::pop_heap(heap_);
      heap_.pop_back();
    }
    heap_.push_back(candidate);
    std::ranges::push_heap(heap_);
    if (is_full()) half_reach_ = heap_.front().half_distance;
  }

  void add(const Best& other) {
    for (const Candidate& candidate : other.heap_) add(candidate);
  }

 private:
  float half_reach_;
  std::vector<Candidate> heap_;  ///< the farthest on top
};

ClusterSearch::ClusterSearch(const ClusterSet& clusters, double reach, int threads,
                             double largest_norm)
    : clusters_(clusters),
      reach_(reach),
      threads_(threads),
      largest_norm_(largest_norm),
      margin_(rounding_margin(largest_norm, clusters.dimension())) {}

/// Clusters of a tile.
struct ClusterSearch::Block {
  std::span<const Id> ids;
  std::vector<float> means;
  std::vector<float> half_norms;

  Block(const ClusterSet& clusters, std::span<const Id> of) : ids(of) {
    const auto dimension = static_cast<std::size_t>(clusters.dimension());
    means.resize(ids.size() * dimension);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      clusters.mean(ids[i], std::span(means).subspan(i * dimension, dimension));
      half_norms.push_back(static_cast<float>(clusters.mean_square(ids[i]) / 2));
    }
  }

  std::int64_t size() const { return std::ssize(ids); }
};

float ClusterSearch::half_reach() const {
  return static_cast<float>(
      std::min((reach_ + margin_) / 2, static_cast<double>(std::numeric_limits<float>::max())));
}

void ClusterSearch::search(std::span<const Id> queries, std::span<const Id> among,
                           const Take& take) {
  if (ids_.empty() && queries.size() == among.size()) return search_all(among, take);
  refresh(among);
  search_some(queries, take);
}

std::vector<ClusterSearch::Id> ClusterSearch::near(Id query, std::span<const Id> among) {
  refresh(among);
  constexpr std::int64_t kPiece = 16 * kTile;
  const Block rows(clusters_, std::span(&query, 1));
  const auto dimension = static_cast<std::size_t>(clusters_.dimension());
  std::vector<std::vector<Id>> found(index((std::ssize(ids_) + kPiece - 1) / kPiece));
  parallel_for_pieces(std::ssize(ids_), kPiece, threads_, [&](std::int64_t from, std::int64_t to) {
    std::vector<float> products(index(to - from));
    inner_products(rows.means.data(), 1, means_.data() + index(from) * dimension, to - from,
                   clusters_.dimension(), products.data());
    look_at(products.data(), half_norms_.data() + from, to - from,
            rows.half_norms[0] - half_reach(),
            [&](std::int64_t j) { found[index(from / kPiece)].push_back(ids_[index(from + j)]); });
  });
  std::vector<Id> all;
  for (const auto& piece : found) all.insert(all.end(), piece.begin(), piece.end());
  return all;
}

void ClusterSearch::join(Id first, Id second) {
  if (ids_.empty()) return;
  stale_.push_back(first);
  // The last row takes the place of the one that goes.
  const Id row = std::exchange(row_of_[index(second)], -1);
  if (row < 0) return;
  const auto dimension = static_cast<std::size_t>(clusters_.dimension());
  const Id moved = ids_.back();
  if (moved != second) {
    std::ranges::copy(std::span(means_).last(dimension),
                      means_.begin() + std::ptrdiff_t{row} * clusters_.dimension());
    ids_[index(row)] = moved;
    half_norms_[index(row)] = half_norms_.back();
    row_of_[index(moved)] = row;
  }
  ids_.pop_back();
  half_norms_.pop_back();
  means_.resize(ids_.size() * dimension);
}

void ClusterSearch::refresh_row(std::size_t row) {
  const auto dimension = static_cast<std::size_t>(clusters_.dimension());
  clusters_.mean(ids_[row], std::span(means_).subspan(row * dimension, dimension));
  half_norms_[row] = static_cast<float>(clusters_.mean_square(ids_[row]) / 2);
}

/// Makes the matrix new where many of its rows have become of no use, else only what has changed.
void ClusterSearch::refresh(std::span<const Id> among) {
  if (ids_.empty() || 4 * among.size() < 3 * ids_.size()) {
    ids_.clear();
    std::ranges::copy_if(among, std::back_inserter(ids_),
                         [this](Id id) { return clusters_.is_cluster(id); });
    means_.resize(ids_.size() * static_cast<std::size_t>(clusters_.dimension()));
    means_.shrink_to_fit();
    half_norms_.resize(ids_.size());
    row_of_.assign(static_cast<std::size_t>(clusters_.count()), -1);
    for (std::size_t i = 0; i < ids_.size(); ++i) row_of_[index(ids_[i])] = static_cast<Id>(i);
    parallel_for_pieces(std::ssize(ids_), 256, threads_, [&](std::int64_t begin, std::int64_t end) {
      for (; begin < end; ++begin) refresh_row(index(begin));
    });
  } else {
    for (const Id cluster : stale_) {
      if (row_of_[index(cluster)] >= 0) refresh_row(index(row_of_[index(cluster)]));
    }
  }
  stale_.clear();
}

void ClusterSearch::look_among_rows(const Block& queries, std::size_t begin, std::size_t end,
                                    std::span<Best> best) const {
  const auto dimension = static_cast<std::size_t>(clusters_.dimension());
  TileProducts products(clusters_.dimension(), largest_norm_);
  products.set_rows(queries.means.data(), queries.size());
  for (; begin < end; begin += index(kTile)) {
    products.multiply(means_.data() + begin * dimension,
                      static_cast<std::int64_t>(std::min(index(kTile), end - begin)));
    const float* half_norms = half_norms_.data() + begin;
    for (std::size_t i = 0; i < queries.ids.size(); ++i) {
      const float half_norm = queries.half_norms[i];
      products.look(static_cast<std::int64_t>(i), half_norms, half_norm - best[i].half_reach(),
                    [&](std::int64_t j, float product) {
                      const Id id = ids_[begin + index(j)];
                      const float half_distance = half_norm - (product - half_norms[j]);
                      if (half_distance > best[i].half_reach() || id == queries.ids[i]) return;
                      if (clusters_.may_join(queries.ids[i], id)) best[i].add({half_distance, id});
                    });
    }
  }
}

void ClusterSearch::search_some(std::span<const Id> queries, const Take& take) {
  const std::int64_t blocks = (std::ssize(queries) + kTile - 1) / kTile;
  // Few queries: several threads share them, each over a part of the clusters, if that takes longer
  // than to start a thread.
  constexpr std::size_t kWorthThreads = std::size_t{1} << 22;
  const std::int64_t tiles = (std::ssize(ids_) + kTile - 1) / kTile;
  const std::int64_t parts = means_.size() * queries.size() < kWorthThreads
                                 ? 1
                                 : std::clamp<std::int64_t>(std::int64_t{2} * threads_ / blocks, 1,
                                                            std::max<std::int64_t>(tiles, 1));
  const auto part_size = index((tiles + parts - 1) / parts * kTile);
  std::vector<std::vector<Best>> best(index(blocks * parts));
  std::vector<std::atomic<std::int64_t>> parts_left(index(blocks));
  for (auto& left : parts_left) left = parts;

  parallel_for(blocks * parts, threads_, [&](std::int64_t task) {
    const std::int64_t block = task / parts;
    const auto first = index(block * kTile);
    const Block rows(clusters_,
                     queries.subspan(first, std::min(index(kTile), queries.size() - first)));
    const auto begin = std::min(index(task % parts) * part_size, ids_.size());
    best[index(task)].assign(rows.ids.size(), Best(half_reach()));
    look_among_rows(rows, begin, std::min(begin + part_size, ids_.size()), best[index(task)]);
    if (--parts_left[index(block)] > 0) return;

    auto& whole = best[index(block * parts)];
    for (std::int64_t p = 1; p < parts; ++p) {
      auto& other = best[index(block * parts + p)];
      for (std::size_t i = 0; i < whole.size(); ++i) whole[i].add(other[i]);
      std::vector<Best>().swap(other);
    }
    for (std::size_t i = 0; i < whole.size(); ++i) measure(rows.ids[i], whole[i], ids_, take);
    std::vector<Best>().swap(whole);
  });
}

/// Every cluster is a query: half of the products are enough, each seen from both sides.
void ClusterSearch::search_all(std::span<const Id> clusters, const Take& take) const {
  const std::int64_t tiles = (std::ssize(clusters) + kTile - 1) / kTile;
  const auto tile = [&](std::int64_t t) {
    const auto begin = index(t * kTile);
    return clusters.subspan(begin, std::min(index(kTile), clusters.size() - begin));
  };
  std::vector<Best> best(clusters.size(), Best(half_reach()));
  std::vector<std::mutex> mutex(index(tiles));

  struct Meeting {
    std::size_t of;  ///< place in the tile
    Candidate candidate;
  };
  const auto add = [&](std::int64_t t, std::span<const Meeting> meetings) {
    const std::lock_guard lock(mutex[index(t)]);
    for (const auto& [of, candidate] : meetings) best[index(t * kTile) + of].add(candidate);
  };
  const auto reaches = [&](std::int64_t t) {
    const std::lock_guard lock(mutex[index(t)]);
    std::vector<float> result;
    for (std::size_t i = 0; i < tile(t).size(); ++i) {
      result.push_back(best[index(t * kTile) + i].half_reach());
    }
    return result;
  };

  parallel_for(tiles, threads_, [&](std::int64_t t) {
    const Block rows(clusters_, tile(t));
    TileProducts products(clusters_.dimension(), largest_norm_);
    products.set_rows(rows.means.data(), rows.size());
    for (std::int64_t u = t; u < tiles; ++u) {
      const Block columns(clusters_, tile(u));
      products.multiply(columns.means.data(), columns.size());
      const std::vector<float> row_reach = reaches(t);
      std::vector<float> column_cut = reaches(u);
      for (std::size_t j = 0; j < column_cut.size(); ++j) {
        column_cut[j] = columns.half_norms[j] - column_cut[j];
      }
      std::vector<Meeting> of_rows, of_columns;
      for (std::size_t i = 0; i < rows.ids.size(); ++i) {
        const float half_norm = rows.half_norms[i];
        const auto meet = [&](std::int64_t j, float product, std::vector<Meeting>& meetings,
                              bool of_row) {
          const Id other = columns.ids[index(j)];
          if (rows.ids[i] >= other || !clusters_.may_join(rows.ids[i], other)) return;
          const float half_distance = half_norm - (product - columns.half_norms[index(j)]);
          meetings.push_back(of_row ? Meeting{i, {half_distance, other}}
                                    : Meeting{index(j), {half_distance, rows.ids[i]}});
        };
        const auto row = static_cast<std::int64_t>(i);
        products.look(row, columns.half_norms.data(), half_norm - row_reach[i],
                      [&](std::int64_t j, float product) { meet(j, product, of_rows, true); });
        products.look(row, column_cut.data(), half_norm,
                      [&](std::int64_t j, float product) { meet(j, product, of_columns, false); });
      }
      add(t, of_rows);
      add(u, of_columns);
    }
  });
  parallel_for_pieces(std::ssize(clusters), 64, threads_,
                      [&](std::int64_t begin, std::int64_t end) {
                        for (; begin < end; ++begin) {
                          measure(clusters[index(begin)], best[index(begin)], clusters, take);
                        }
                      });
}

/// The nearest of the list in double. Near ties at the end of a full list can hide it.
void ClusterSearch::measure(Id query, const Best& best, std::span<const Id> among,
                            const Take& take) const {
  Found found;
  found.bound = best.is_full() ? 2 * static_cast<double>(best.half_reach()) - margin_
                               : std::numeric_limits<double>::infinity();
  std::vector<Candidate> candidates(best.candidates().begin(), best.candidates().end());
  std::ranges::sort(candidates);
  std::vector<NearCluster> list;
  ClusterSet::Probe probe(clusters_, query);
  for (const auto& [half_distance, id] : candidates) {
    double at_least = 2 * static_cast<double>(half_distance) - margin_;
    if (at_least <= found.nearest.height) {
      at_least = probe.distance_to(id);
      if (at_least <= reach_) found.nearest.update(at_least, id);
    }
    if (at_least <= reach_) list.push_back({id, rounded_down(at_least)});
  }
  if (best.is_full() && found.bound <= reach_ && found.nearest.height >= found.bound) {
    return take_nearest(clusters_, query, among, reach_, take);
  }
  found.list = list;
  take(query, found);
}

}  // namespace facenet
