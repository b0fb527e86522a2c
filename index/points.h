#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace facenet {

/// A number of a point or cluster as an index of a vector.
inline std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

/// n points of `dimension` floats each, row by row.
struct Points {
  std::span<const float> values;
  std::int64_t count = 0;
  int dimension = 0;

  std::span<const float> row(std::int64_t i) const {
    return values.subspan(static_cast<std::size_t>(i) * static_cast<std::size_t>(dimension),
                          static_cast<std::size_t>(dimension));
  }
};

}  // namespace facenet
