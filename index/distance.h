#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace facenet {

/// |a * scale_a - b * scale_b|^2 in double, the same bits for either order of the two. The eight
/// partial sums are fixed, so that the compiler may use vector instructions without changing the
/// result.
template <class A, class B>
double scaled_squared_distance(std::span<const A> a, double scale_a, std::span<const B> b,
                               double scale_b) {
  constexpr std::size_t kLanes = 8;
  std::array<double, kLanes> sum{};
  const std::size_t whole = a.size() - a.size() % kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double difference =
          static_cast<double>(a[i + lane]) * scale_a - static_cast<double>(b[i + lane]) * scale_b;
      sum[lane] += difference * difference;
    }
  }
  for (std::size_t i = whole; i < a.size(); ++i) {
    const double difference =
        static_cast<double>(a[i]) * scale_a - static_cast<double>(b[i]) * scale_b;
    sum[i - whole] += difference * difference;
  }
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

/// |a|^2 in double.
template <class A>
double squared_norm(std::span<const A> a) {
  constexpr std::size_t kLanes = 8;
  std::array<double, kLanes> sum{};
  const std::size_t whole = a.size() - a.size() % kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const auto value = static_cast<double>(a[i + lane]);
      sum[lane] += value * value;
    }
  }
  for (std::size_t i = whole; i < a.size(); ++i) {
    const auto value = static_cast<double>(a[i]);
    sum[i - whole] += value * value;
  }
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

}  // namespace facenet
