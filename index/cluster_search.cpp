#include "index/cluster_search.h"

#include <algorithm>
#include <compare>
#include <limits>

#include "index/matrix_product.h"
#include "index/parallel.h"

namespace facenet {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

}  // namespace

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
      margin_(rounding_margin(largest_norm, clusters.dimension())) {}

void ClusterSearch::fetch(std::span<const Id> clusters, std::vector<float>& means,
                          std::vector<float>& half_norms) const {
  const auto dimension = static_cast<std::size_t>(clusters_.dimension());
  means.resize(clusters.size() * dimension);
  half_norms.resize(clusters.size());
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    half_norms[i] = clusters_.mean(clusters[i], std::span(means).subspan(i * dimension, dimension));
  }
}

void ClusterSearch::search_part(std::span<const Id> queries, std::span<const Id> among,
                                std::span<Best> best) const {
  std::vector<float> query_means, query_norms, means, norms;
  std::vector<float> products(queries.size() * index(kTile));
  fetch(queries, query_means, query_norms);
  while (!among.empty()) {
    const auto tile = among.first(std::min(among.size(), index(kTile)));
    fetch(tile, means, norms);
    inner_products(query_means.data(), std::ssize(queries), means.data(), std::ssize(tile),
                   clusters_.dimension(), products.data());
    for (std::size_t i = 0; i < queries.size(); ++i) {
      const float* row = products.data() + i * tile.size();
      const float cut = query_norms[i] - best[i].half_reach();
      look_at(row, norms.data(), std::ssize(tile), cut, [&](std::int64_t j) {
        const Id id = tile[index(j)];
        const float half_distance = query_norms[i] - (row[j] - norms[index(j)]);
        if (half_distance > best[i].half_reach() || id == queries[i]) return;
        if (clusters_.may_join(queries[i], id)) best[i].add({half_distance, id});
      });
    }
    among = among.subspan(tile.size());
  }
}

void ClusterSearch::search(std::span<const Id> queries, std::span<const Id> among,
                           const Take& take) const {
  const auto half_reach = static_cast<float>(
      std::min((reach_ + margin_) / 2, static_cast<double>(std::numeric_limits<float>::max())));
  const std::int64_t blocks = (std::ssize(queries) + kTile - 1) / kTile;
  // Few queries: several threads share them, each over a part of the clusters.
  const std::int64_t tiles = (std::ssize(among) + kTile - 1) / kTile;
  const std::int64_t parts = std::clamp<std::int64_t>(2 * threads_ / blocks, 1, tiles);
  const auto part_size = index((tiles + parts - 1) / parts * kTile);
  std::vector<std::vector<Best>> best(index(blocks * parts));
  std::vector<std::atomic<std::int64_t>> parts_left(index(blocks));
  for (auto& left : parts_left) left = parts;

  parallel_for(blocks * parts, threads_, [&](std::int64_t task) {
    const std::int64_t block = task / parts;
    const auto begin = index(block * kTile);
    const auto block_queries =
        queries.subspan(begin, std::min(index(kTile), queries.size() - begin));
    const auto part_begin = std::min(index(task % parts) * part_size, among.size());
    const auto part = among.subspan(part_begin, std::min(part_size, among.size() - part_begin));
    best[index(task)].assign(block_queries.size(), Best(half_reach));
    search_part(block_queries, part, best[index(task)]);
    if (--parts_left[index(block)] > 0) return;

    auto& whole = best[index(block * parts)];
    for (std::int64_t p = 1; p < parts; ++p) {
      auto& other = best[index(block * parts + p)];
      for (std::size_t i = 0; i < whole.size(); ++i) whole[i].add(other[i]);
      std::vector<Best>().swap(other);
    }
    for (std::size_t i = 0; i < whole.size(); ++i) measure(block_queries[i], whole[i], among, take);
    std::vector<Best>().swap(whole);
  });
}

/// The list, in double. Near ties at the end of a full list can hide the nearest.
void ClusterSearch::measure(Id query, Best& best, std::span<const Id> among,
                            const Take& take) const {
  Found found;
  found.bound = best.is_full() ? 2 * static_cast<double>(best.half_reach()) - margin_ : kInfinity;
  std::vector<Id> list;
  ClusterSet::Probe probe(clusters_, query);
  for (const Candidate& candidate : best.candidates()) {
    const double height = probe.distance_to(candidate.id);
    if (height > reach_) continue;
    list.push_back(candidate.id);
    found.nearest.update(height, candidate.id);
  }
  if (best.is_full() && found.bound <= reach_ && found.nearest.height >= found.bound) {
    return measure_all(query, among, take);
  }
  found.list = list;
  take(query, found);
}

void ClusterSearch::measure_all(Id query, std::span<const Id> among, const Take& take) const {
  std::vector<std::pair<double, Id>> near;
  ClusterSet::Probe probe(clusters_, query);
  for (const Id id : among) {
    if (id == query || !clusters_.may_join(query, id)) continue;
    const double height = probe.distance_to(id);
    if (height <= reach_) near.emplace_back(height, id);
  }
  std::ranges::sort(near);
  Found found;
  found.bound = kInfinity;
  if (std::ssize(near) > kMost) {
    found.bound = near[index(kMost)].first;
    near.resize(index(kMost));
  }
  std::vector<Id> list;
  for (const auto& [height, id] : near) {
    list.push_back(id);
    found.nearest.update(height, id);
  }
  found.list = list;
  take(query, found);
}

}  // namespace facenet
