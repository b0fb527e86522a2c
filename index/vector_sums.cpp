#include "index/vector_sums.h"

#include <array>

#include "base/vector_clones.h"

// Compiled with -ffp-contract=off.

namespace facenet {

FACENET_VECTOR_CLONES
void add_to_sum(std::span<double> sum, std::span<const float> values) {
  double* const to = sum.data();
  const float* const from = values.data();
  for (std::size_t i = 0; i < sum.size(); ++i) to[i] += static_cast<double>(from[i]);
}

FACENET_VECTOR_CLONES
void add_to_sum(std::span<double> sum, std::span<const double> values) {
  double* const to = sum.data();
  const double* const from = values.data();
  for (std::size_t i = 0; i < sum.size(); ++i) to[i] += from[i];
}

FACENET_VECTOR_CLONES
void write_share(std::span<const double> sum, double share, std::span<float> result) {
  const double* const from = sum.data();
  float* const to = result.data();
  for (std::size_t i = 0; i < sum.size(); ++i) to[i] = static_cast<float>(from[i] * share);
}

FACENET_VECTOR_CLONES
float inner_product(std::span<const float> a, std::span<const float> b) {
  // So many sums side by side keep the widest registers busy, and still fit into the narrowest.
  constexpr std::size_t kLanes = 32;
  const float* const x = a.data();
  const float* const y = b.data();
  std::array<float, kLanes> sums{};
  std::size_t i = 0;
  for (; i + kLanes <= a.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += x[i + lane] * y[i + lane];
  }
  float sum = 0;
  for (; i < a.size(); ++i) sum += x[i] * y[i];
  for (std::size_t width = kLanes / 2; width > 0; width /= 2) {
    for (std::size_t lane = 0; lane < width; ++lane) sums[lane] += sums[lane + width];
  }
  return sum + sums[0];
}

}  // namespace facenet
