#include "index/linkage/search/mean_search.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <limits>
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
      margin_(rounding_margin(largest_norm, clusters.dimension())) {}

float MeanSearch::half_reach() const {
  return static_cast<float>(
      std::min((reach_ + margin_) / 2, static_cast<double>(std::numeric_limits<float>::max())));
}

void MeanSearch::join(Id first, Id second) {
  if (row_of_.empty()) return;
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

void MeanSearch::refresh_row(std::size_t row) {
  const auto dimension = static_cast<std::size_t>(clusters_.dimension());
  clusters_.mean(ids_[row], std::span(means_).subspan(row * dimension, dimension));
  half_norms_[row] = static_cast<float>(clusters_.mean_square(ids_[row]) / 2);
}

/// Makes the matrix new where many of its rows have become of no use, else only what has changed.
void MeanSearch::refresh(std::span<const Id> among) {
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

std::vector<MeanSearch::Id> MeanSearch::near(const MeanBlock& query) const {
  constexpr std::int64_t kPiece = 16 * kTile;
  const auto dimension = static_cast<std::size_t>(clusters_.dimension());
  std::vector<std::vector<Id>> found(index((std::ssize(ids_) + kPiece - 1) / kPiece));
  parallel_for_pieces(std::ssize(ids_), kPiece, threads_, [&](std::int64_t from, std::int64_t to) {
    std::vector<float> products(index(to - from));
    inner_products(query.means.data(), 1, means_.data() + index(from) * dimension, to - from,
                   clusters_.dimension(), products.data());
    look_at(products.data(), half_norms_.data() + from, to - from,
            query.half_norms[0] - half_reach(),
            [&](std::int64_t j) { found[index(from / kPiece)].push_back(ids_[index(from + j)]); });
  });
  std::vector<Id> all;
  for (const auto& piece : found) all.insert(all.end(), piece.begin(), piece.end());
  return all;
}

void MeanSearch::look_among_rows(const MeanBlock& queries, std::size_t begin, std::size_t end,
                                 std::span<NearFew> best) const {
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
    look_among_rows(queries, begin, std::min(begin + part_size, ids_.size()), best[index(task)]);
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
