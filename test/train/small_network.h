#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "train/loss/triplet_loss.h"

namespace facenet {

/// Two layers in float64, [n, 6] -> unit rows [n, 4], and a batch for them.
struct SmallNetwork {
  static constexpr std::int64_t kImages = 24;

  std::vector<at::Tensor> parameters;
  at::Tensor images;  ///< [24, 6]
  at::Tensor labels;  ///< [24]

  SmallNetwork() {
    at::manual_seed(1);
    parameters = {at::randn({6, 16}, at::kDouble).requires_grad_(true),
                  at::randn({16}, at::kDouble).requires_grad_(true),
                  at::randn({16, 4}, at::kDouble).requires_grad_(true)};
    images = at::randn({kImages, 6}, at::kDouble);
    labels = at::arange(kImages).remainder(5);
  }

  at::Tensor embed(const at::Tensor& batch, double dropout = 0) const {
    at::Tensor hidden = at::relu(batch.mm(parameters[0]) + parameters[1]);
    if (dropout > 0) hidden = at::dropout(hidden, dropout, /*train=*/true);
    const at::Tensor rows = hidden.mm(parameters[2]);
    return rows / (rows.square().sum(1, /*keepdim=*/true) + 1e-6).sqrt();
  }

  std::vector<at::Tensor> take_gradients() {
    std::vector<at::Tensor> gradients;
    for (at::Tensor& parameter : parameters) {
      gradients.push_back(parameter.grad());
      parameter.mutable_grad() = at::Tensor();
    }
    return gradients;
  }
};

}  // namespace facenet
