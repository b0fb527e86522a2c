#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/points.h"

namespace facenet {

/// How many pairs of points lie how far apart, those of one label and those of two: a histogram of
/// squared distances, since n points have n (n - 1) / 2 of them.
struct DistanceCounts {
  /// Bin b counts distances from b to b + 1 times this; the last also all above. Wider than what
  /// float32 rounds by, narrower than any difference that matters.
  static constexpr double kBinWidth = 1.0 / 16384;
  static constexpr std::size_t kBins = 4 * 16384;  ///< of unit vectors, 0..4

  std::vector<std::int64_t> same = std::vector<std::int64_t>(kBins);
  std::vector<std::int64_t> different = std::vector<std::int64_t>(kBins);
};

/// Of all pairs of `points` with `label[i]` the label of point i, by blocks of a matrix product:
/// O(n^2 d) time, O(n) memory. Throws std::invalid_argument unless each point has a label.
DistanceCounts count_distances(const Points& points, std::span<const std::int64_t> label,
                               int threads);

}  // namespace facenet
