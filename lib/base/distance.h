#pragma once

#include <span>

namespace facenet {

// All in double and the same bits on every processor: eight partial sums, and no fused
// multiply-add, so that the compiler may use whatever vector instructions there are.

/// ||a - b||^2: 0..4 of unit vectors, up to their rounding. The same bits for either order of the
/// two. Throws std::logic_error when the vectors differ in length.
double squared_distance(std::span<const float> a, std::span<const float> b);

/// ||scale_a a - scale_b b||^2, likewise; of vectors of one length.
double scaled_squared_distance(std::span<const float> a, double scale_a, std::span<const double> b,
                               double scale_b);
double scaled_squared_distance(std::span<const double> a, double scale_a, std::span<const double> b,
                               double scale_b);
inline double scaled_squared_distance(std::span<const double> a, double scale_a,
                                      std::span<const float> b, double scale_b) {
  return scaled_squared_distance(b, scale_b, a, scale_a);
}

/// ||a||^2.
double squared_norm(std::span<const float> a);

}  // namespace facenet
