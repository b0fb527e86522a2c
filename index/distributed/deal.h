#pragma once

#include <algorithm>
#include <cstdint>

namespace facenet {

/// Points dealt out to ranks in turn, a few at a time, so that each has its share of every part of
/// them. A cluster is at the rank of its smallest point.
class Deal {
 public:
  Deal(std::int64_t count, int rank, int size) : count_(count), rank_(rank), size_(size) {}

  std::int64_t count() const { return count_; }
  int rank() const { return rank_; }
  int size() const { return size_; }

  int owner(std::int64_t point) const { return static_cast<int>(point / kHand % size_); }
  bool is_own(std::int64_t point) const { return owner(point) == rank_; }
  /// The place of a point among those of its owner.
  std::int64_t slot(std::int64_t point) const {
    return point / (kHand * size_) * kHand + point % kHand;
  }
  std::int64_t own_count() const {
    const std::int64_t rounds = count_ / (kHand * size_);
    const std::int64_t rest = count_ - rounds * kHand * size_ - kHand * rank_;
    return rounds * kHand + std::clamp<std::int64_t>(rest, 0, kHand);
  }

  /// Calls take(begin, end) for the runs of own points, ascending.
  template <class Take>
  void for_own_runs(const Take& take) const {
    for (std::int64_t begin = kHand * rank_; begin < count_; begin += kHand * size_) {
      take(begin, std::min(begin + kHand, count_));
    }
  }

 private:
  static constexpr std::int64_t kHand = 16;

  std::int64_t count_;
  int rank_, size_;
};

}  // namespace facenet
