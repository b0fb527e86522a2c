#include "index/distance_counts.h"

#include <algorithm>
#include <mutex>
#include <stdexcept>

#include "index/matrix_product.h"
#include "index/parallel.h"

namespace facenet {
namespace {

class Counter {
 public:
  Counter(const Points& points, std::span<const std::int64_t> label)
      : points_(points), label_(label) {
    for (std::int64_t i = 0; i < points.count; ++i) {
      double square = 0;
      for (const float value : points.row(i)) square += static_cast<double>(value) * value;
      square_.push_back(static_cast<float>(square));
    }
  }

  /// The pairs of one tile of rows with itself and all rows behind it.
  DistanceCounts count(std::int64_t tile) const {
    DistanceCounts counts;
    std::vector<float> products(static_cast<std::size_t>(kTile * kTile));
    const std::int64_t begin = tile * kTile, end = std::min(begin + kTile, points_.count);
    for (std::int64_t other = begin; other < points_.count; other += kTile) {
      const std::int64_t other_end = std::min(other + kTile, points_.count);
      inner_products(points_.row(begin).data(), end - begin, points_.row(other).data(),
                     other_end - other, points_.dimension, products.data());
      for (std::int64_t i = begin; i < end; ++i) {
        const float* row = products.data() + (i - begin) * (other_end - other);
        for (std::int64_t j = std::max(other, i + 1); j < other_end; ++j) {
          add(counts, i, j, row[j - other]);
        }
      }
    }
    return counts;
  }

 private:
  void add(DistanceCounts& counts, std::int64_t i, std::int64_t j, float product) const {
    const auto at = [](std::int64_t k) { return static_cast<std::size_t>(k); };
    const float distance = square_[at(i)] + square_[at(j)] - 2 * product;
    const auto bin = static_cast<std::size_t>(std::max(distance, 0.0F) *
                                              static_cast<float>(1 / DistanceCounts::kBinWidth));
    auto& bins = label_[at(i)] == label_[at(j)] ? counts.same : counts.different;
    ++bins[std::min(bin, DistanceCounts::kBins - 1)];
  }

  const Points& points_;
  std::span<const std::int64_t> label_;
  std::vector<float> square_;
};

}  // namespace

DistanceCounts count_distances(const Points& points, std::span<const std::int64_t> label,
                               int threads) {
  if (std::ssize(label) != points.count) throw std::invalid_argument("a label for each point");
  const Counter counter(points, label);
  DistanceCounts sum;
  std::mutex mutex;
  parallel_for((points.count + kTile - 1) / kTile, threads, [&](std::int64_t tile) {
    const DistanceCounts counts = counter.count(tile);
    const std::lock_guard lock(mutex);
    for (std::size_t bin = 0; bin < DistanceCounts::kBins; ++bin) {
      sum.same[bin] += counts.same[bin];
      sum.different[bin] += counts.different[bin];
    }
  });
  return sum;
}

}  // namespace facenet
