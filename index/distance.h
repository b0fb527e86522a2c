#pragma once

#include <span>

namespace facenet {

/// |a * scale_a - b * scale_b|^2 in double, the same bits for either order of the two and on every
/// processor: eight partial sums, and no fused multiply-add, so that the compiler may use whatever
/// vector instructions there are. Internal to index/, as is the next.
double scaled_squared_distance(std::span<const float> a, double scale_a, std::span<const float> b,
                               double scale_b);
double scaled_squared_distance(std::span<const float> a, double scale_a, std::span<const double> b,
                               double scale_b);
double scaled_squared_distance(std::span<const double> a, double scale_a, std::span<const double> b,
                               double scale_b);
inline double scaled_squared_distance(std::span<const double> a, double scale_a,
                                      std::span<const float> b, double scale_b) {
  return scaled_squared_distance(b, scale_b, a, scale_a);
}

/// |a|^2 in double.
double squared_norm(std::span<const float> a);

}  // namespace facenet
