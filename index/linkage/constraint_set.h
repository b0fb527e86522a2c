#pragma once

#include <cstdint>
#include <vector>

#include "index/linkage/constraints.h"

namespace facenet {

/// The constraints of clusters that join, each named by one of its points. Internal to index/.
class ConstraintSet {
 public:
  using Id = std::int32_t;

  /// Each point alone. Throws std::invalid_argument when the spans do not fit `count` points.
  ConstraintSet(std::int64_t count, const Constraints& constraints);

  /// False when the two hold a photo in common, different labels, or the two sides of a separation.
  /// Once false it stays so, whatever the two join with.
  bool may_join(Id a, Id b) const;
  /// `second` becomes part of `first`, allowed or not.
  void join(Id first, Id second);

 private:
  using Marks = std::vector<std::int64_t>;  ///< sorted

  std::vector<Marks> photos_;  ///< none without this constraint, as are the next two
  std::vector<std::int64_t> label_;
  std::vector<Marks> sides_;  ///< 2 s for the left side of separation s, 2 s + 1 for its right
};

}  // namespace facenet
