#include "index/linkage/search/mean_search.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <limits>
#include <memory>
#include <utility>

#include "index/matrix_product.h"
#include "index/parallel.h"
#include "index/tile_products.h"

namespace facenet {

MeanBlock::MeanBlock(const ClusterMeans& clusters, std::span<const std::int32_t> of)
    : ids(of.begin(), of.end()) {
  const auto dimension = static_cast<std::size_t>(clusters.dimension());
  means.resize(ids.size() * dimension);
  half_norms.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    clusters.mean(ids[i], std::span(means).subspan(i * dimension, dimension));
    half_norms.push_back(static_cast<float>(clusters.mean_square(ids[i]) / 2));
  }
}

std::span<const std::int32_t> tile_of(std::span<const std::int32_t> clusters, std::int64_t t) {
  const auto begin = index(t * kTile);
  return clusters.subspan(begin, std::min(index(kTile), clusters.size() - begin));
}

std::int64_t tiles_of(std::span<const std::int32_t> clusters) {
  return (std::ssize(clusters) + kTile - 1) / kTile;
}

MeanSearch::MeanSearch(const ClusterMeans& clusters, double reach, int threads, double largest_norm)
    : clusters_(clusters),
      reach_(reach),
      threads_(threads),
      largest_norm_(largest_norm),
      margin_(rounding_margin(largest_norm, clusters.dimension())),
      is_rounded_(product_kind() != ProductKind::kFloat) {}

float MeanSearch::half_reach() const {
  return static_cast<float>(
      std::min((reach_ + margin_) / 2, static_cast<double>(std::numeric_limits<float>::max())));
}

void MeanSearch::resize_rows(std::size_t count) {
  ids_.resize(count);
  half_norms_.resize(count);
  if (is_rounded_) {
    rounded_means_.resize(count * dimension());
  } else {
    means_.resize(count * dimension());
  }
}

void MeanSearch::join(Id first, Id second) {
  if (row_of_.empty()) return;
  stale_.push_back(first);
  // The last row takes the place of the one that goes.
  const Id row = std::exchange(row_of_[index(second)], -1);
  if (row < 0) return;
  const Id moved = ids_.back();
  if (moved != second) {
    const auto take_last = [&](auto& rows) {
      if (rows.empty()) return;
      std::ranges::copy(std::span(rows).last(dimension()),
                        rows.begin() + std::ptrdiff_t{row} * clusters_.dimension());
    };
    take_last(means_);
    take_last(rounded_means_);
    ids_[index(row)] = moved;
    half_norms_[index(row)] = half_norms_.back();
    row_of_[index(moved)] = row;
  }
  resize_rows(ids_.size() - 1);
}

void MeanSearch::refresh_row(std::size_t row) {
  half_norms_[row] = static_cast<float>(clusters_.mean_square(ids_[row]) / 2);
  if (!is_rounded_) {
    return clusters_.mean(ids_[row], std::span(means_).subspan(row * dimension(), dimension()));
  }
  thread_local std::vector<float> mean;
  mean.resize(dimension());
  clusters_.mean(ids_[row], mean);
  to_bfloat16(mean.data(), clusters_.dimension(), rounded_means_.data() + row * dimension());
}

/// Makes the matrix new where many of its rows have become of no use, else only what has changed.
void MeanSearch::refresh(std::span<const Id> among) {
  if (ids_.empty() || 4 * among.size() < 3 * ids_.size()) {
    ids_.clear();
    std::ranges::copy_if(among, std::back_inserter(ids_),
                         [this](Id id) { return clusters_.is_cluster(id); });
    resize_rows(ids_.size());
    means_.shrink_to_fit();
    rounded_means_.shrink_to_fit();
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

std::vector<std::vector<MeanSearch::Id>> MeanSearch::near(const MeanBlock& queries) const {
  constexpr std::int64_t kPiece = 16 * kTile;
  using Lists = std::vector<std::vector<Id>>;
  std::vector<Lists> found(index((std::ssize(ids_) + kPiece - 1) / kPiece),
                           Lists(queries.ids.size()));
  parallel_for_pieces(std::ssize(ids_), kPiece, threads_, [&](std::int64_t from, std::int64_t to) {
    look_among_rows(
        queries, index(from), index(to), [&](std::size_t) { return half_reach(); },
        [&](std::size_t query, Id id, float) { found[index(from / kPiece)][query].push_back(id); });
  });
  Lists all(queries.ids.size());
  for (const Lists& piece : found) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i].insert(all[i].end(), piece[i].begin(), piece[i].end());
    }
  }
  return all;
}

namespace {

/// The means of a tile of clusters, each made when it is first asked for. For one thread.
class TileMeans {
 public:
  explicit TileMeans(const ClusterMeans& clusters)
      : clusters_(clusters),
        dimension_(static_cast<std::size_t>(clusters.dimension())),
        means_(std::make_unique_for_overwrite<float[]>(index(kTile) * dimension_)) {}

  void set(std::span<const std::int32_t> ids) {
    ids_ = ids;
    is_made_.fill(false);
  }
  const float* operator()(std::int64_t j) {
    float* const mean = means_.get() + index(j) * dimension_;
    if (!std::exchange(is_made_[index(j)], true)) {
      clusters_.mean(ids_[index(j)], {mean, dimension_});
    }
    return mean;
  }

 private:
  const ClusterMeans& clusters_;
  std::size_t dimension_;
  std::unique_ptr<float[]> means_;
  std::span<const std::int32_t> ids_;
  std::array<bool, kTile> is_made_{};
};

}  // namespace

/// Calls found(query's number, id, half distance) for the clusters of the rows that are no farther
/// than cut(query's number), also for the query itself.
template <class Cut, class Found>
void MeanSearch::look_among_rows(const MeanBlock& queries, std::size_t begin, std::size_t end,
                                 const Cut& cut, const Found& found) const {
  TileProducts products(clusters_.dimension(), largest_norm_);
  if (is_rounded_) {
    products.set_rounded_rows(queries.means.data(), queries.size());
  } else {
    products.set_rows(queries.means.data(), queries.size());
  }
  TileMeans means(clusters_);
  for (; begin < end; begin += index(kTile)) {
    const auto count = static_cast<std::int64_t>(std::min(index(kTile), end - begin));
    if (is_rounded_) {
      products.multiply_rounded(rounded_means_.data() + begin * dimension(), count);
    } else {
      products.multiply(means_.data() + begin * dimension(), count);
    }
    const float* half_norms = half_norms_.data() + begin;
    means.set(std::span(ids_).subspan(begin, index(count)));
    for (std::size_t i = 0; i < queries.ids.size(); ++i) {
      const float half_norm = queries.half_norms[i];
      products.look(static_cast<std::int64_t>(i), half_norms, half_norm - cut(i), means,
                    [&](std::int64_t j, float product) {
                      const float half_distance = half_norm - (product - half_norms[j]);
                      if (half_distance <= cut(i)) found(i, ids_[begin + index(j)], half_distance);
                    });
    }
  }
}

void MeanSearch::search(std::int64_t blocks, const MakeBlock& make, const TakeBlock& take) const {
  if (blocks == 0) return;
  // Few queries: several threads share them, each over a part of the clusters, if that takes longer
  // than to start a thread.
  constexpr std::size_t kWorthThreads = std::size_t{1} << 13;
  const std::int64_t tiles = (std::ssize(ids_) + kTile - 1) / kTile;
  const std::int64_t parts = blocks == 1 && ids_.size() < kWorthThreads
                                 ? 1
                                 : std::clamp<std::int64_t>(std::int64_t{2} * threads_ / blocks, 1,
                                                            std::max<std::int64_t>(tiles, 1));
  const auto part_size = index((tiles + parts - 1) / parts * kTile);
  std::vector<std::vector<NearFew>> best(index(blocks * parts));
  std::vector<std::atomic<std::int64_t>> parts_left(index(blocks));
  for (auto& left : parts_left) left = parts;

  parallel_for(blocks * parts, threads_, [&](std::int64_t task) {
    const std::int64_t block = task / parts;
    const MeanBlock queries = make(block);
    const auto begin = std::min(index(task % parts) * part_size, ids_.size());
    best[index(task)].assign(queries.ids.size(), NearFew(half_reach()));
    look_among_rows(
        queries, begin, std::min(begin + part_size, ids_.size()),
        [&](std::size_t i) { return best[index(task)][i].half_reach(); },
        [&](std::size_t i, Id id, float half_distance) {
          if (id == queries.ids[i] || !clusters_.may_join(queries.ids[i], id)) return;
          best[index(task)][i].add({half_distance, id});
        });
    if (--parts_left[index(block)] > 0) return;

    auto& whole = best[index(block * parts)];
    for (std::int64_t p = 1; p < parts; ++p) {
      auto& other = best[index(block * parts + p)];
      for (std::size_t i = 0; i < whole.size(); ++i) whole[i].add(other[i].candidates());
      std::vector<NearFew>().swap(other);
    }
    take(block, queries, whole);
    std::vector<NearFew>().swap(whole);
  });
}

}  // namespace facenet
