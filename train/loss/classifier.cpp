#include "train/loss/classifier.h"

#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "base/error.h"

namespace facenet {

void ClassifierOptions::validate() const {
  if (!(scale > 0 && std::isfinite(scale)))
    fail<UsageError>("the scale of softmax must be above 0, not {}", scale);
  if (!(centre_weight >= 0 && std::isfinite(centre_weight))) {
    fail<UsageError>("--centre-weight must be 0 or more, not {}", centre_weight);
  }
  if (!(centre_rate > 0 && centre_rate <= 1)) {
    fail<UsageError>("the rate of centres must be above 0 and at most 1, not {}", centre_rate);
  }
}

Classifier::Classifier(std::int64_t people, std::int64_t dimension,
                       const ClassifierOptions& options, const at::TensorOptions& tensors)
    : options_(options),
      weight_(at::randn({people, dimension}, tensors).requires_grad_(true)),
      centres_(at::zeros({people, dimension}, tensors)) {
  options_.validate();
}

at::Tensor Classifier::loss(const at::Tensor& embeddings, const at::Tensor& labels) const {
  const at::Tensor directions = weight_ / weight_.norm(2, {1}, /*keepdim=*/true);
  const at::Tensor logits = options_.scale * embeddings.mm(directions.t());
  const at::Tensor softmax = at::cross_entropy_loss(logits, labels);
  const at::Tensor offset = embeddings - centres_.index({labels});
  return softmax + options_.centre_weight / 2 * offset.square().sum(1).mean();
}

void Classifier::move_centres(const at::Tensor& embeddings, const at::Tensor& labels) {
  const at::Tensor offset = centres_.index({labels}) - embeddings.detach();
  const at::Tensor sum = at::zeros_like(centres_).index_add(0, labels, offset);
  const at::Tensor images = at::bincount(labels, /*weights=*/{}, centres_.size(0)).unsqueeze(1);
  centres_ -= options_.centre_rate * sum / (1 + images);
}

std::map<std::string, at::Tensor> Classifier::state() const {
  return {{"weight", weight_.detach().clone()}, {"centres", centres_.clone()}};
}

void Classifier::restore(const std::map<std::string, at::Tensor>& state) {
  const c10::NoGradGuard no_graph;
  for (const auto& [name, tensor] :
       {std::pair("weight", weight_), std::pair("centres", centres_)}) {
    const auto found = state.find(name);
    if (found == state.end()) fail("the state of the classifier lacks \"{}\"", name);
    if (found->second.sizes() != tensor.sizes()) {
      fail("the classifier's \"{}\" is for other people or embeddings of another size", name);
    }
    tensor.copy_(found->second);
  }
}

}  // namespace facenet
