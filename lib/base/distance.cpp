#include "base/distance.h"

#include <array>
#include <cstddef>
#include <stdexcept>

#include "base/vector_clones.h"

// Compiled with -ffp-contract=off.

namespace facenet {
namespace {

constexpr std::size_t kLanes = 8;

/// The sum of term(0) ... term(count - 1), always in the same order.
template <class Term>
[[gnu::always_inline]] inline double sum_of(std::size_t count, const Term& term) {
  std::array<double, kLanes> sum{};
  const std::size_t whole = count - count % kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sum[lane] += term(i + lane);
  }
  for (std::size_t i = whole; i < count; ++i) sum[i - whole] += term(i);
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

template <class A, class B>
[[gnu::always_inline]] inline double distance(const A* a, double scale_a, const B* b,
                                              double scale_b, std::size_t count) {
  return sum_of(
      count, [=](std::size_t i) __attribute__((always_inline)) {
        const double difference =
            static_cast<double>(a[i]) * scale_a - static_cast<double>(b[i]) * scale_b;
        return difference * difference;
      });
}

}  // namespace

FACENET_VECTOR_CLONES
double squared_distance(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) throw std::logic_error("vectors of different dimensions");
  return distance(a.data(), 1, b.data(), 1, a.size());
}

FACENET_VECTOR_CLONES
double scaled_squared_distance(std::span<const float> a, double scale_a, std::span<const double> b,
                               double scale_b) {
  return distance(a.data(), scale_a, b.data(), scale_b, a.size());
}

FACENET_VECTOR_CLONES
double scaled_squared_distance(std::span<const double> a, double scale_a, std::span<const double> b,
                               double scale_b) {
  return distance(a.data(), scale_a, b.data(), scale_b, a.size());
}

FACENET_VECTOR_CLONES
double squared_norm(std::span<const float> a) {
  const float* values = a.data();
  return sum_of(
      a.size(), [=](std::size_t i) __attribute__((always_inline)) {
        return static_cast<double>(values[i]) * static_cast<double>(values[i]);
      });
}

}  // namespace facenet
