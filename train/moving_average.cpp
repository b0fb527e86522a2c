#include "train/moving_average.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "base/error.h"

namespace facenet {

MovingAverage::MovingAverage(const std::vector<at::Tensor>& parameters, double decay)
    : decay_(decay) {
  if (!(decay >= 0 && decay < 1)) {
    fail<UsageError>("the decay of a moving average must be from 0 to below 1, not {}", decay);
  }
  for (const at::Tensor& parameter : parameters) values_.push_back(parameter.detach().clone());
}

void MovingAverage::update(const std::vector<at::Tensor>& parameters) {
  TORCH_CHECK(parameters.size() == values_.size(), "the parameters of a moving average changed");
  const auto step = static_cast<double>(updates_++);
  const double keep = std::min(decay_, (1 + step) / (10 + step));
  for (std::size_t i = 0; i < values_.size(); ++i) {
    values_[i].lerp_(parameters[i].detach(), 1 - keep);
  }
}

std::map<std::string, at::Tensor> MovingAverage::state() const {
  std::map<std::string, at::Tensor> result = {{"updates", at::full({1}, updates_, at::kLong)}};
  for (std::size_t i = 0; i < values_.size(); ++i)
    result[fmt::format("{}", i)] = values_[i].clone();
  return result;
}

void MovingAverage::restore(const std::map<std::string, at::Tensor>& state) {
  const auto find = [&](const std::string& name) {
    const auto found = state.find(name);
    if (found == state.end()) fail("the state of the moving average lacks \"{}\"", name);
    return found->second;
  };
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const at::Tensor value = find(fmt::format("{}", i));
    if (value.sizes() != values_[i].sizes()) {
      fail("number {} of the moving average does not have the shape of its parameter", i);
    }
    values_[i].copy_(value);
  }
  updates_ = find("updates").item<std::int64_t>();
}

}  // namespace facenet
