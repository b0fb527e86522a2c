#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/ATen.h>

namespace facenet {

/// Embeddings with labels to train on.
struct Batch {
  at::Tensor embeddings;  ///< [N, D] float64, unit rows
  at::Tensor labels;      ///< [N] int64
};

inline at::Tensor unit_rows(const at::Tensor& rows) {
  return rows / rows.norm(2, 1, /*keepdim=*/true);
}

/// People whose images lie around a point of their own, near enough to each other for semi-hard
/// negatives. Person i has images[i] of them; those of one image give negatives alone.
inline Batch random_batch(std::uint64_t seed, const std::vector<std::int64_t>& images,
                          std::int64_t dimension) {
  at::manual_seed(seed);
  std::vector<at::Tensor> rows, labels;
  for (std::size_t person = 0; person < images.size(); ++person) {
    const at::Tensor centre = at::randn({1, dimension}, at::kDouble);
    rows.push_back(centre + 0.8 * at::randn({images[person], dimension}, at::kDouble));
    labels.push_back(at::full({images[person]}, static_cast<std::int64_t>(person), at::kLong));
  }
  const at::Tensor order = at::randperm(at::cat(labels).size(0));
  return {unit_rows(at::cat(rows)).index({order}), at::cat(labels).index({order})};
}

/// The largest difference between the gradient of `loss` at `x` [...] float64 and its central
/// finite differences.
inline double gradient_error(const std::function<at::Tensor(const at::Tensor&)>& loss,
                             const at::Tensor& x) {
  constexpr double kStep = 1e-6;
  at::Tensor point = x.detach().clone().requires_grad_(true);
  loss(point).backward();
  const at::Tensor gradient = point.grad().flatten();
  double worst = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const auto at_offset = [&](double offset) {
      at::Tensor moved = x.detach().clone();
      moved.view(-1)[i] += offset;
      return loss(moved).item<double>();
    };
    const double slope = (at_offset(kStep) - at_offset(-kStep)) / (2 * kStep);
    worst = std::max(worst, std::abs(slope - gradient[i].item<double>()));
  }
  return worst;
}

}  // namespace facenet
