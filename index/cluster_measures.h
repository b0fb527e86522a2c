#pragma once

#include <cstdint>
#include <span>

namespace facenet {

struct Agreement {
  double precision = 0, recall = 0;

  /// Harmonic mean; 0 when both are 0.
  double f() const;
};

/// B-cubed (Bagga and Baldwin 1998): the mean over points of the share of a point's cluster that
/// has its label, and of its label's points that are in its cluster. Zeros without points.
Agreement bcubed(std::span<const std::int64_t> label, std::span<const std::int32_t> cluster);

/// Over pairs of points: the share of pairs in one cluster that have one label, and of pairs of one
/// label that are in one cluster; 1 where there is no such pair.
Agreement pairwise(std::span<const std::int64_t> label, std::span<const std::int32_t> cluster);

}  // namespace facenet
