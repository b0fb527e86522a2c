#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "index/linkage/search/near_source.h"
#include "index/points.h"

namespace facenet {

struct NearCandidate {
  float half_distance;
  std::int32_t id;

  friend auto operator<=>(const NearCandidate&, const NearCandidate&) = default;
};

/// A candidate of a query is no nearer than this.
inline double at_least(const NearCandidate& candidate, double margin) {
  return 2 * static_cast<double>(candidate.half_distance) - margin;
}

/// The NearSource::kMost clusters nearest to one, of those seen so far; what is not among them is
/// at least as far as the farthest of them. Internal to index/.
class NearFew {
 public:
  explicit NearFew(float half_reach) : half_reach_(half_reach) {
    heap_.reserve(index(NearSource::kMost));
  }

  /// Candidates farther than this are of no use.
  float half_reach() const { return half_reach_; }
  bool is_full() const { return std::ssize(heap_) == NearSource::kMost; }
  std::span<const NearCandidate> candidates() const { return heap_; }

  void add(const NearCandidate& candidate) {
    if (is_full()) {
      if (!(candidate < heap_.front())) return;
      std::ranges::pop_heap(heap_);
      heap_.pop_back();
    }
    heap_.push_back(candidate);
    std::ranges::push_heap(heap_);
    if (is_full()) half_reach_ = heap_.front().half_distance;
  }

  void add(std::span<const NearCandidate> candidates) {
    for (const NearCandidate& candidate : candidates) add(candidate);
  }

 private:
  float half_reach_;
  std::vector<NearCandidate> heap_;  ///< the farthest on top
};

}  // namespace facenet
